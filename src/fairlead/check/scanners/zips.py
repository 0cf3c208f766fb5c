"""Zip archives: torch's, NumPy's and Keras' files, and any other. Every file in one is scanned as what it is."""

from __future__ import annotations

import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from fairlead.check.scanners.base import Place, Problem
from fairlead.check.scanners.compressed import BrokenArchiveError, deflated, zip_lzma
from fairlead.check.scanners.feed import Feed
from fairlead.check.scanners.paths import path_problem
from fairlead.check.scanners.scan import scan_content
from fairlead.check.scanners.zip_index import Entry, ZipError, entries

__all__ = ["scan"]

_MEND = "fetch or pack the archive again; do not load it as it is"
_ENCRYPTED = 0x01 | 0x40 | 0x2000
_STORED = 0
_LZMA = 14
_METHODS = {8: "deflate", 12: "bzip2", _LZMA: "lzma"}


def scan(feed: Feed, place: Place) -> Iterator[Problem]:
    """The archive's own structure first, then what is in it."""
    with feed.spooled() as file:
        size = file.seek(0, 2)
        try:
            found = entries(file, size, place.budget)
        except ZipError as error:
            yield Problem(error.rule, f"`{place.label}`: {error}", _MEND)
            return
        yield from _judge_names(found, place)
        for entry, begin in found.items():
            yield from _scan_entry(file, entry, begin, place)


def _judge_names(found: Iterable[Entry], place: Place) -> Iterator[Problem]:
    names: set[str] = set()
    for entry in found:
        problem = path_problem(entry.name, place)
        if problem:
            yield problem
        if entry.name in names:
            message = f"`{place.label}` holds a file twice under one name, and readers differ in which they take"
            yield Problem("scan/archive-mismatch", message, _MEND)
            return
        names.add(entry.name)


def _scan_entry(file: BinaryIO, entry: Entry, begin: int, place: Place) -> Iterator[Problem]:
    inner = place.member(entry.name, entry.size)
    if entry.flags & _ENCRYPTED:
        message = f"`{inner.label}` is encrypted, or says so: nobody can tell what it is"
        yield Problem("scan/archive-encrypted", message, "pack it without a password")
    elif stat.S_ISLNK(entry.mode):
        message = f"`{inner.label}` is a link, not a file"
        yield Problem("scan/archive-path", message, "pack the file itself in its place")
    elif entry.method != _STORED and entry.method not in _METHODS:
        message = f"`{inner.label}` is packed by method {entry.method}, which is not read here"
        yield Problem("scan/cannot-tell", message, "pack it with deflate, or not at all")
    else:
        yield from _scan_bytes(file, entry, begin, inner)


def _scan_bytes(file: BinaryIO, entry: Entry, begin: int, inner: Place) -> Iterator[Problem]:
    raw = Feed(_span(file, begin, entry.packed))
    try:
        counted = _Counted(raw if entry.method == _STORED else _unpacked(raw, entry, inner))
        yield from scan_content(counted.feed, inner)
        for _ in counted.feed.chunks():
            pass
    except BrokenArchiveError as error:
        yield Problem("scan/archive-broken", f"`{inner.label}`: {error}", _MEND)
        return
    if (counted.crc, counted.size) != (entry.crc, entry.size):
        # torch reads it all the same, other readers stop here: what they see differs.
        yield Problem("scan/archive-broken", f"`{inner.label}`: its checksum or size is wrong", _MEND)


def _unpacked(raw: Feed, entry: Entry, inner: Place) -> Feed:
    if entry.method == _LZMA:
        return zip_lzma(raw, inner.budget)
    return deflated(raw, _METHODS[entry.method], inner.budget)


def _span(file: BinaryIO, begin: int, length: int) -> Callable[[int], bytes]:
    """Reads a part of the archive, wherever others have moved the file to in between."""
    done = 0

    def read(count: int) -> bytes:
        nonlocal done
        file.seek(begin + done)
        data = file.read(min(count, length - done))
        done += len(data)
        return data

    return read


class _Counted:
    """Sums up what passes."""

    def __init__(self, inner: Feed) -> None:
        self._inner = inner
        self.crc = self.size = 0
        self.feed = Feed(self._pass)

    def _pass(self, count: int) -> bytes:
        data = self._inner.read(count)
        self.crc, self.size = zlib.crc32(data, self.crc), self.size + len(data)
        return data

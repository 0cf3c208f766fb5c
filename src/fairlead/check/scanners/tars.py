"""Tar archives, block by block: every file in one is scanned as what it is.

Source: POSIX.1-2017, `pax` (ustar and pax headers); GNU tar's manual, "Basic Tar Format" (long names, large numbers).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairlead.check.scanners.base import Place, Problem, shown
from fairlead.check.scanners.feed import CutError, Feed
from fairlead.check.scanners.paths import below_link, link_problem, path_problem
from fairlead.check.scanners.scan import scan_content

__all__ = ["scan"]

_BLOCK = 512
_FILES, _LINKS, _DEVICES, _FOLDER = {b"0", b"7", b"\x00"}, {b"1", b"2"}, {b"3", b"4", b"6"}, b"5"
_MAX_EXTENDED = 1 << 20
_MEND = "pack the archive again; do not unpack it as it is"


class _TarError(Exception):
    """A block is not what a packer writes."""


@dataclass(slots=True)
class _Member:
    """One file as its header, and the headers before it, describe it."""

    name: str
    size: int
    kind: bytes
    link: str


def scan(feed: Feed, place: Place) -> Iterator[Problem]:
    """Every member in turn; then the end, behind which nothing may stand."""
    try:
        links: set[str] = set()
        for member in _members(feed, place):
            if below_link(member.name, links):
                message = f"`{place.label}`: `{shown(member.name)}` in it would be unpacked through a link"
                yield Problem("scan/archive-path", message, _MEND)
            yield from _scan_member(feed, member, place, links)
    except (_TarError, CutError) as error:
        yield Problem("scan/archive-broken", f"`{place.label}`: {error}", _MEND)
        return
    if any(chunk.strip(b"\x00") for chunk in feed.chunks()):
        message = f"`{place.label}` goes on behind its end, where some readers still read"
        yield Problem("scan/archive-hidden", message, _MEND)


def _members(feed: Feed, place: Place) -> Iterator[_Member]:
    """Members whose content the caller takes from the feed, in full."""
    extended: dict[str, str] = {}
    while feed.peek(1):
        block = feed.take(_BLOCK)
        if not block.strip(b"\x00"):
            return
        place.budget.spend_member()
        member = _header(block)
        if member.kind in {b"x", b"g", b"L", b"K"}:
            extended |= _extension(feed, member)
            continue
        yield _extended(member, extended)
        extended = {}


def _header(block: bytes) -> _Member:
    if _number(block[148:156]) != sum(block[:148]) + 8 * 32 + sum(block[156:]):
        raise _TarError("the checksum of a header is wrong")
    name, link = _text(block[:100]), _text(block[157:257])
    if block[257:263] == b"ustar\x00" and block[345]:
        name = f"{_text(block[345:500])}/{name}"
    return _Member(name, _number(block[124:136]), block[156:157], link)


def _text(field: bytes) -> str:
    return field.split(b"\x00", 1)[0].decode("utf-8", "surrogateescape")


def _number(field: bytes) -> int:
    """Octal digits; or, where the first bit is set, the rest of the bits."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") - (field[0] << 8 * (len(field) - 1))
        if field[0] != 0x80:  # noqa: PLR2004 - a negative number
            raise _TarError("a size is negative")
        return value
    digits = field.strip(b" \x00")
    if not all(each in b"01234567" for each in digits):
        raise _TarError("a number in a header is none")
    return int(digits or b"0", 8)


def _extension(feed: Feed, member: _Member) -> dict[str, str]:
    """A pax header's records, or GNU's long name or link."""
    if member.size > _MAX_EXTENDED:
        raise _TarError("a header of it is longer than any name")
    data = feed.take(member.size)
    feed.skip(-member.size % _BLOCK)
    if member.kind in b"LK":
        return {"path" if member.kind == b"L" else "linkpath": _text(data)}
    found = {}
    while data:
        length, _, _ = data.partition(b" ")
        if not length.isdigit() or not len(length) < int(length) <= len(data):
            raise _TarError("a pax header is broken")
        record, data = data[len(length) + 1 : int(length)], data[int(length) :]
        key, _, value = record.removesuffix(b"\n").decode("utf-8", "surrogateescape").partition("=")
        found[key] = value
    return found


def _extended(member: _Member, extended: dict[str, str]) -> _Member:
    size = extended.get("size", str(member.size))
    if not size.isdecimal() or not size.isascii() or any(key.startswith("GNU.sparse") for key in extended):
        raise _TarError("a file in it has no certain size")
    return _Member(extended.get("path", member.name), int(size), member.kind, extended.get("linkpath", member.link))


def _scan_member(feed: Feed, member: _Member, place: Place, links: set[str]) -> Iterator[Problem]:
    inner = place.member(member.name, member.size)
    problem = path_problem(member.name, place)
    if problem:
        yield problem
    if member.kind in _FILES:
        part = _Part(feed, member.size)
        yield from scan_content(Feed(part.read), inner)
        feed.skip(part.left + -member.size % _BLOCK)
    elif member.kind in _LINKS:
        problem = link_problem(member.name, member.link, links, place, hard=member.kind == b"1")
        if problem:
            yield problem
    elif member.kind in _DEVICES:
        message = f"`{inner.label}` is a device or a pipe, not a file"
        yield Problem("scan/archive-path", message, "pack the archive again with files only")
    elif member.kind != _FOLDER:
        raise _TarError(f"a file in it is of kind {member.kind!r}, which is not read here")


class _Part:
    """The bytes of one member."""

    def __init__(self, feed: Feed, size: int) -> None:
        self._feed = feed
        self.left = size

    def read(self, count: int) -> bytes:
        """What comes next, up to the member's end."""
        data = self._feed.read(min(count, self.left))
        if not data and self.left:
            raise CutError(f"{self.left} bytes are missing", self.left)
        self.left -= len(data)
        return data

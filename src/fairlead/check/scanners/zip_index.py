"""The two indices of a zip archive, which must agree: readers trust the directory at the end, or each file's header.

Source: PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.4. Nothing may stand between, before or behind what is listed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from fairlead.check.scanners.base import Budget

__all__ = ["Entry", "ZipError", "entries"]

_END, _END64, _LOCATOR = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_CENTRAL, _LOCAL, _DESCRIPTOR = b"PK\x01\x02", b"PK\x03\x04", b"PK\x07\x08"
_END_SIZE, _END64_SIZE, _LOCATOR_SIZE = 22, 56, 20
_MAX_COMMENT = 1 << 16
_MAX16, _MAX32 = 0xFFFF, 0xFFFFFFFF
_ZIP64 = 1
_DEFERRED, _UTF8 = 0x08, 0x0800


class ZipError(Exception):
    """The archive's structure is not what a packer writes. `rule` is the finding's."""

    def __init__(self, message: str, rule: str = "scan/archive-broken") -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as the directory at the end lists it. `start` is the offset of its own header."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int
    mode: int


def entries(file: BinaryIO, size: int, budget: Budget) -> dict[Entry, int]:
    """Files of the archive in the order of their headers, each with the offset of its bytes.

    ZipError where the directory leaves a doubt, or a file's own header says otherwise.
    """
    begin, end, count = _directory(file, size)
    found = sorted(_central(file, begin, end, count, budget), key=lambda entry: entry.start)
    edges = [*(entry.start for entry in found), begin]
    if edges[0] != 0:
        raise ZipError("bytes stand before its first file", "scan/archive-hidden")
    return {entry: _pass_header(file, entry, edges[number + 1]) for number, entry in enumerate(found)}


def _directory(file: BinaryIO, size: int) -> tuple[int, int, int]:
    """Begin and end of the central directory, and the number of its entries."""
    file.seek(max(0, size - _MAX_COMMENT - _END_SIZE))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or at + _END_SIZE > len(tail):
        raise ZipError("its directory is missing")
    *_, count, length, begin, comment = struct.unpack("<4s4H2LH", tail[at : at + _END_SIZE])
    if at + _END_SIZE + comment != len(tail):
        raise ZipError("something stands behind its end", "scan/archive-hidden")
    end = size - len(tail) + at
    if end >= _LOCATOR_SIZE + _END64_SIZE:
        file.seek(end - _LOCATOR_SIZE - _END64_SIZE)
        large = file.read(_LOCATOR_SIZE + _END64_SIZE)
        if large[_END64_SIZE:].startswith(_LOCATOR):
            end -= _LOCATOR_SIZE + _END64_SIZE
            count, length, begin = _directory64(large, end, (count, length, begin))
    if begin + length != end:
        raise ZipError("its directory is not where its end says", "scan/archive-hidden")
    return begin, end, count


def _directory64(large: bytes, at: int, small: tuple[int, int, int]) -> tuple[int, int, int]:
    told_at = int.from_bytes(large[_END64_SIZE + 8 : _END64_SIZE + 16], "little")
    if not large.startswith(_END64) or told_at != at:
        raise ZipError("its large directory is not where its end says", "scan/archive-hidden")
    values: tuple[int, int, int] = struct.unpack("<3Q", large[32:_END64_SIZE])
    for value, narrow, limit in zip(values, small, (_MAX16, _MAX32, _MAX32), strict=True):
        if narrow not in {limit, value}:
            raise ZipError("its two directories differ", "scan/archive-mismatch")
    return values


def _central(file: BinaryIO, begin: int, end: int, count: int, budget: Budget) -> Iterator[Entry]:
    file.seek(begin)
    seen, at = 0, begin
    while at < end:
        budget.spend_member()
        head = file.read(46)
        if len(head) < 46 or not head.startswith(_CENTRAL):  # noqa: PLR2004 - the record's fixed part
            raise ZipError("its directory is broken")
        flags, method, _, crc, packed, size, *lengths, _, _, outside, start = struct.unpack("<2HL3L5H2L", head[8:46])
        raw, extra, _ = (file.read(length) for length in lengths)
        at += 46 + sum(lengths)
        size, packed, start = _wide(extra, size, packed, start)
        yield Entry(_decoded(raw, flags), raw, flags, method, crc, packed, size, start, outside >> 16)
        seen += 1
    if at != end or seen != count:
        raise ZipError("its directory lists another number of files than its end says", "scan/archive-mismatch")


def _decoded(raw: bytes, flags: int) -> str:
    return raw.decode("utf-8" if flags & _UTF8 else "cp437", "surrogateescape")


def _wide(extra: bytes, *values: int) -> tuple[int, ...]:
    """Size, packed size and start, from the ZIP64 field where they do not fit."""
    if _MAX32 not in values:
        return values
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == _ZIP64:
            wide = (int.from_bytes(extra[i : i + 8], "little") for i in range(at + 4, at + 4 + length, 8))
            return tuple(next(wide, -1) if value == _MAX32 else value for value in values)
        at += 4 + length
    raise ZipError("a size of it is missing")


def _pass_header(file: BinaryIO, entry: Entry, following: int) -> int:
    """Where the bytes of `entry` begin, once its own header agrees. `following` is where the next thing stands."""
    file.seek(entry.start)
    head = file.read(30)
    if len(head) < 30 or not head.startswith(_LOCAL):  # noqa: PLR2004 - the record's fixed part
        raise ZipError("the header of a file is broken")
    flags, method, _, crc, packed, size, name_size, extra_size = struct.unpack("<2HL3L2H", head[6:30])
    raw, extra = file.read(name_size), file.read(extra_size)
    if (raw, method, flags & 1) != (entry.raw_name, entry.method, entry.flags & 1):
        raise ZipError("a file has two names, or is packed in two ways", "scan/archive-mismatch")
    begin: int = entry.start + 30 + name_size + extra_size
    deferred = bool(flags & _DEFERRED)
    told = (crc, *_wide(extra, size, packed))
    if told != (entry.crc, entry.size, entry.packed) and not (deferred and not any(told)):
        raise ZipError("a file has two sizes or checksums", "scan/archive-mismatch")
    _judge_gap(file, entry, begin + entry.packed, following, deferred=deferred)
    return begin


def _judge_gap(file: BinaryIO, entry: Entry, at: int, following: int, *, deferred: bool) -> None:
    """Behind a file's bytes stands nothing, or its descriptor, which must agree as well."""
    if at == following:
        return
    if not deferred or not 0 < following - at <= 24:  # noqa: PLR2004 - the longest descriptor
        raise ZipError(f"bytes between its files are listed nowhere, at {at}", "scan/archive-hidden")
    file.seek(at)
    descriptor = file.read(following - at).removeprefix(_DESCRIPTOR)
    forms = {struct.pack(form, entry.crc, entry.packed, entry.size) for form in ("<LQQ", "<LLL") if _fits(entry, form)}
    if descriptor not in forms:
        raise ZipError("a file has two sizes or checksums", "scan/archive-mismatch")


def _fits(entry: Entry, form: str) -> bool:
    return form == "<LQQ" or max(entry.packed, entry.size) <= _MAX32

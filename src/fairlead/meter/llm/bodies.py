"""Bodies out of a file, one after the other: an object, an array of them, or JSON lines. Memory holds one at a time.

What one entry does wrong costs that entry only: it comes as a BrokenBody, and the next one is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import BinaryIO, NoReturn

from fairlead.meter.llm.paths import Json

__all__ = ["MOST_BYTES", "BrokenBody", "bodies"]

MOST_BYTES = 16 * 1024 * 1024
"""Bytes of one body; answers with pictures in them are some MB."""

_CHUNK = 64 * 1024
_BOM = b"\xef\xbb\xbf"
_TOKEN = re.compile(rb'\\.|["{}\[\],]', re.DOTALL)
"""What may end an entry. An escaped character is a token of its own, so that an escaped quote ends no text."""


@dataclass(frozen=True, slots=True)
class BrokenBody:
    """An entry that is no JSON, and why."""

    reason: str


def bodies(stream: BinaryIO, most: int = MOST_BYTES) -> Iterator[Json]:
    """Each entry of `stream`: what its JSON says, or a BrokenBody. Entries beyond `most` bytes are broken."""
    first = _first(stream, most)
    if first.startswith(b"["):
        yield from _array(stream, first[1:], most)
        return
    whole = _whole(stream, first, most)
    if whole is not None:
        yield whole
        return
    yield from _lines(stream, first, most)


def _first(stream: BinaryIO, most: int) -> bytes:
    """The first line that is not empty, without byte-order mark and space before it."""
    line = stream.readline(most + 1).removeprefix(_BOM)
    while line and not line.strip():
        line = stream.readline(most + 1)
    return line.lstrip()


def _whole(stream: BinaryIO, first: bytes, most: int) -> Json:
    """An object that is laid out over several lines, where that is all there is; else None, the stream where it was."""
    if not stream.seekable() or not isinstance(_parsed(first), BrokenBody):
        return None
    here = stream.tell()
    found = _parsed(first + stream.read(most))
    if isinstance(found, BrokenBody) or stream.read(1):
        stream.seek(here)
        return None
    return found


def _lines(stream: BinaryIO, first: bytes, most: int) -> Iterator[Json]:
    line = first
    while line:
        if len(line) > most and not line.endswith(b"\n"):
            while (rest := stream.readline(_CHUNK)) and not rest.endswith(b"\n"):
                pass
            yield _too_large()
        elif line.strip():
            yield _parsed(line)
        line = stream.readline(most + 1)


def _array(stream: BinaryIO, first: bytes, most: int) -> Iterator[Json]:
    """Entries of an array. What stands behind its end is one broken entry, and so is one that never ends."""
    cutter = _Cutter(most)
    chunk = _unbroken(stream, first)
    while chunk and not cutter.ended:
        yield from map(_parsed_or_too_large, cutter.cut(chunk))
        chunk = _unbroken(stream, stream.read(_CHUNK))
    if not cutter.ended:
        yield BrokenBody("the array is not closed: the file is cut off, or an entry in it is broken")
    elif chunk.strip():
        yield BrokenBody("something stands behind the array")


def _unbroken(stream: BinaryIO, chunk: bytes) -> bytes:
    """`chunk`, and what an escape at its end still wants."""
    while chunk.endswith(b"\\") and (more := stream.read(1)):
        chunk += more
    return chunk


class _Cutter:
    """Cuts an array's text at the commas between its entries, whatever stands inside of them."""

    def __init__(self, most: int) -> None:
        self.ended = False
        self._most = most
        self._kept = bytearray()
        self._size = 0
        self._depth = 0
        self._quoted = False

    def cut(self, chunk: bytes) -> Iterator[bytes | None]:
        """Entries that end in `chunk`; None for one that is too large."""
        begin = 0
        for token in _TOKEN.finditer(chunk):
            if not self._ends(token[0]):
                continue
            self._keep(chunk[begin : token.start()])
            begin = token.end()
            if self._size > self._most or self._kept.strip():
                yield None if self._size > self._most else bytes(self._kept)
            self._kept.clear()
            self._size = 0
            if self.ended:
                return
        self._keep(chunk[begin:])

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self._most:
            self._kept += part

    def _ends(self, token: bytes) -> bool:
        """Whether an entry ends before this token, which may be an escaped character."""
        if self._quoted:
            if token == b'"':
                self._quoted = False
        elif token == b'"':
            self._quoted = True
        elif token in b"{[":
            self._depth += 1
        elif token in b"}]" and self._depth:
            self._depth -= 1
        elif token == b"]" or (token == b"," and not self._depth):
            self.ended = token == b"]"
            return True
        return False


def _parsed_or_too_large(entry: bytes | None) -> Json:
    return _too_large() if entry is None else _parsed(entry)


def _parsed(entry: bytes) -> Json:
    try:
        return json.loads(entry, parse_float=Decimal, parse_constant=_refuse)
    except UnicodeDecodeError:
        return BrokenBody("this is no UTF-8")
    except ValueError as error:
        return BrokenBody(f"this is no JSON: {error}")
    except RecursionError:
        return BrokenBody("this is nested deeper than anybody reads")


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number in JSON")


def _too_large() -> BrokenBody:
    return BrokenBody("this is larger than any body may be")

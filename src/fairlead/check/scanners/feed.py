"""Bytes on their way through a scanner: forward only, counted, and never more of them in memory than asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

__all__ = ["CutError", "EndlessLineError", "Feed"]

_CHUNK = 1 << 18
_IN_MEMORY = 8 << 20


class CutError(Exception):
    """The bytes end before what they announce; `missing` of them are not there."""

    def __init__(self, message: str, missing: int = 1) -> None:
        super().__init__(message)
        self.missing = missing


class EndlessLineError(Exception):
    """A line is longer than its reader takes."""


class Feed:
    """Reads a stream once. `offset` counts the bytes taken; `read` has the meaning that it has for a raw stream."""

    __slots__ = ("_at", "_before", "_buffer", "_read")

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._buffer = b""
        self._at = 0
        self._before = 0

    @property
    def offset(self) -> int:
        """Bytes taken so far."""
        return self._before + self._at

    def peek(self, count: int) -> bytes:
        """Up to `count` of the next bytes, without taking them: they stay in memory."""
        while len(self._buffer) - self._at < count and self._fill():
            pass
        return self._buffer[self._at : self._at + count]

    def byte(self) -> int:
        """The next byte; -1 at the end."""
        if self._at == len(self._buffer) and not self._fill():
            return -1
        value = self._buffer[self._at]
        self._at += 1
        return value

    def take(self, count: int) -> bytes:
        """Exactly the next `count` bytes. Callers bound `count`; CutError where fewer are left."""
        end = self._at + count
        while end > len(self._buffer):
            if not self._fill():
                raise CutError(f"{end - len(self._buffer)} bytes are missing", end - len(self._buffer))
            end = self._at + count
        data = self._buffer[self._at : end]
        self._at = end
        return data

    def skip(self, count: int) -> None:
        """Pass over exactly `count` bytes."""
        while (here := len(self._buffer) - self._at) < count:
            count -= here
            self._at = len(self._buffer)
            if not self._fill():
                raise CutError(f"{count} bytes are missing", count)
        self._at += count

    def line(self, limit: int) -> bytes:
        """Up to and without the next newline; EndlessLineError where none comes within `limit` bytes."""
        end = self._buffer.find(b"\n", self._at, self._at + limit)
        if end < 0:
            self.peek(limit)
            end = self._buffer.find(b"\n", self._at, self._at + limit)
        if end < 0 and len(self._buffer) - self._at >= limit:
            raise EndlessLineError(f"a line is longer than {limit} bytes")
        if end < 0:
            raise CutError("a line has no end")
        line = self._buffer[self._at : end]
        self._at = end + 1
        return line

    def read(self, count: int = -1) -> bytes:
        """Up to `count` bytes, empty at the end."""
        if self._at == len(self._buffer) and not self._fill():
            return b""
        size = len(self._buffer) if count < 0 else count
        data = self._buffer[self._at : self._at + size]
        self._at += len(data)
        return data

    def chunks(self) -> Iterator[bytes]:
        """What is left, in pieces."""
        while data := self.read(_CHUNK):
            yield data

    @contextmanager
    def spooled(self) -> Iterator[BinaryIO]:
        """What is left, in a temporary file that is gone afterwards: for formats that are read from their end."""
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            for chunk in self.chunks():
                file.write(chunk)
            file.seek(0)
            yield cast("BinaryIO", file)

    def _fill(self) -> bool:
        """Fetch more; what was taken is let go of."""
        data = self._read(_CHUNK)
        if not data:
            return False
        self._before += self._at
        self._buffer = self._buffer[self._at :] + data if self._at < len(self._buffer) else data
        self._at = 0
        return True

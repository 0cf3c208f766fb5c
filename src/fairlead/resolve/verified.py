"""Bytes on their way past the digest: whoever reads them, all of them are compared with the lock in the end."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from typing import Any

from fairlead.domain.lock import LockedFile
from fairlead.ports import Progress

__all__ = ["VerifiedStream"]


class VerifiedStream(io.RawIOBase):
    """A stream over chunks of a locked file. What nobody read is still digested by `matches`."""

    def __init__(self, chunks: Iterable[bytes], file: LockedFile, progress: Progress) -> None:
        super().__init__()
        self._chunks = iter(chunks)
        self._file = file
        self._progress = progress
        self._digest = hashlib.sha256()
        self._left = memoryview(b"")
        self._done = 0

    def readable(self) -> bool:
        """It is read only."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer; Python 3.11 has no name for it
        """Copy what comes next; 0 at the end."""
        while not self._left and self._next():
            pass
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def matches(self) -> bool:
        """Read to the end; whether size and digest are those of the lock. More bytes than locked are not awaited."""
        while self._done <= self._file.size and self._next():
            pass
        return self._done == self._file.size and self._digest.hexdigest() == self._file.sha256

    def _next(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._digest.update(chunk)
        self._left = memoryview(chunk)
        self._done += len(chunk)
        self._progress(self._done, self._file.size, self._file.path)
        return True

"""Log files, read from their end: newest line first, and then what is appended.

Reading costs what is asked for, not what is kept. A line that has no end yet is not read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

__all__ = ["Tail", "newest_first"]

_BLOCK = 64 * 1024

_LONGEST = 1 << 20
"""A line that is longer is left out; nothing of ours writes such a line."""

_AT_ONCE = 4 << 20
"""Bytes that a tail takes at most at a time."""


def newest_first(paths: Sequence[Path], ends: Mapping[int, int] | None = None) -> Iterator[bytes]:
    """Lines of the files, the last of the first file first, without line breaks.

    A file that was turned over meanwhile is read once. `ends` bounds files (by inode) to their first bytes.
    """
    with ExitStack() as stack:
        files: dict[int, BinaryIO] = {}
        for path in paths:
            try:
                file: BinaryIO = stack.enter_context(path.open("rb"))
            except FileNotFoundError:
                continue
            files.setdefault(os.fstat(file.fileno()).st_ino, file)
        for inode, opened in files.items():
            size = opened.seek(0, os.SEEK_END)
            yield from _backwards(opened, min(size, (ends or {}).get(inode, size)))


def _backwards(file: BinaryIO, at: int) -> Iterator[bytes]:
    held = b""  # the end of a line whose beginning is still to be read
    ended = False  # whether what is held has its line break; an endless line is dropped as well
    while at:
        step = min(_BLOCK, at)
        at -= step
        file.seek(at)
        first, *lines = (file.read(step) + held).split(b"\n")
        if not ended and not lines:
            continue
        if not ended:
            lines.pop()
        yield from reversed(lines)
        held, ended = (first, True) if len(first) <= _LONGEST else (b"", False)
    if ended:
        yield held


class Tail:
    """What is appended to a log, across turns of its file. Starts behind the last whole line, or at the beginning."""

    def __init__(self, path: Path, *, at_end: bool) -> None:
        self._path = path
        self._rest = b""
        self._file = _opened(path)
        if self._file and at_end:
            self._file.seek(_last_line_end(self._file))

    @property
    def position(self) -> tuple[int, int]:
        """Inode and offset of what comes next; (0, 0) where there is no file yet."""
        return (os.fstat(self._file.fileno()).st_ino, self._file.tell() - len(self._rest)) if self._file else (0, 0)

    def lines(self) -> list[bytes]:
        """Whole lines that came since the last call, oldest first; a call takes a bounded number of bytes."""
        self._file = self._file or _opened(self._path)
        data = self._file.read(_AT_ONCE) if self._file else b""
        if self._file and not data and self._was_turned(self._file):
            self._file.close()
            self._file, self._rest = _opened(self._path), b""
            data = self._file.read(_AT_ONCE) if self._file else b""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest if len(rest) <= _LONGEST else b""
        return lines

    def close(self) -> None:
        """Let go of the file."""
        if self._file:
            self._file.close()

    def _was_turned(self, file: BinaryIO) -> bool:
        try:
            return self._path.stat().st_ino != os.fstat(file.fileno()).st_ino
        except FileNotFoundError:
            return False


def _opened(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


def _last_line_end(file: BinaryIO) -> int:
    """Offset behind the last line break; a line that is longer than a block counts as ended."""
    end = file.seek(0, os.SEEK_END)
    start = file.seek(max(0, end - _BLOCK))
    found = file.read(end - start).rfind(b"\n")
    return start + found + 1 if found >= 0 or not start else end

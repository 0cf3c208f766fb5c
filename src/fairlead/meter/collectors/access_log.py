"""The first step of metering: whole lines out of the gateway's log and its rotated files, from a committed position.

Memory stays constant: one chunk at a time. Nothing is remembered here; the position travels with each batch and is
committed together with the usage that it gave.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["MAX_LINE", "AccessLog", "Batch", "LogFile", "LogPosition", "parse_lines"]

MAX_LINE = 1 << 18
"""Bytes of a chunk, and so of the longest line that is read; a longer one is skipped and counted. Envoy takes request
headers of 60 KiB at most, so none of its lines is."""

_HEAD = 256
_ROTATED = re.compile(r"[a-z]+\.(\d+)\.log")


@dataclass(frozen=True, slots=True)
class LogPosition:
    """A place between two lines: the file by inode and the sha256 of its first `head_size` bytes, and an offset."""

    inode: int = 0
    head: str = ""
    head_size: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file of the log as it was listed."""

    path: Path
    inode: int
    size: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Whole lines that follow one another, each with its line feed, and where they begin.

    `skipped` counts damaged or over-long lines that were passed over before the position, `lost` says that the
    file of the committed position is gone.
    """

    position: LogPosition
    data: bytes
    skipped: int = 0
    lost: bool = False

    def after(self, lines: int) -> LogPosition:
        """The position behind the first `lines` lines."""
        length = sum(map(len, self.data.split(b"\n", lines)[:lines])) + lines
        behind = replace(self.position, offset=self.position.offset + length)
        if self.position.offset or not length:
            return behind
        head = self.data[: min(_HEAD, length)]
        return replace(behind, head=hashlib.sha256(head).hexdigest(), head_size=len(head))


class AccessLog:
    """`access.log` in a folder, and `access.<n>.log` that were rotated away, smallest n first.

    `name` is `access`, or that of another log of the same form: `shadow` for copies.
    """

    def __init__(self, folder: Path, name: str = "access") -> None:
        self._folder = folder
        self._name = name

    def files(self) -> list[LogFile]:
        """All files in the order in which they were written.

        The current file is looked at first: one that is rotated away meanwhile is then seen twice, never missed.
        """
        current = _files([self._folder / f"{self._name}.log"])
        rotated = sorted((path for path in self._folder.glob(f"{self._name}.*.log") if _number(path)), key=_number)
        older = _files(rotated)
        known = {file.inode for file in older}
        return older + [file for file in current if file.inode not in known]

    def batches(self, start: LogPosition) -> Iterator[Batch]:
        """Everything whole that stands behind `start`, oldest first; a half-written last line is left for later."""
        files = self.files()
        first = _place(files, start)
        if first is None and start.inode:
            if _names(self.files()) != _names(files):
                return  # rotated while we looked: seen in order next time
            yield Batch(LogPosition(), b"", lost=True)
        for place in range(first or 0, len(files)):
            offset = start.offset if place == first else 0
            try:
                file = files[place].path.open("rb")
            except FileNotFoundError:
                return  # rotated a moment ago: found under its new name next time
            with file:
                if os.fstat(file.fileno()).st_ino != files[place].inode:
                    return
                yield from _read(file, files[place].inode, offset, ended=place + 1 < len(files))

    def end(self) -> LogPosition:
        """The position behind the last whole line that is there now."""
        for file in reversed(self.files()):
            with suppress(FileNotFoundError), file.path.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                stream.seek(max(0, size - MAX_LINE))
                whole = stream.read().rfind(b"\n") + 1
                if whole:
                    return _at(stream, file.inode, max(0, size - MAX_LINE) + whole)
        return LogPosition()

    def remove_spent(self, committed: LogPosition) -> list[Path]:
        """Delete the files that lie wholly before `committed`; the files that went."""
        files = self.files()
        spent = [file.path for file in files[: _place(files, committed) or 0]]
        for path in spent:
            path.unlink()
        return spent


def _number(path: Path) -> int:
    match = _ROTATED.fullmatch(path.name)
    return int(match[1]) if match else 0


def _names(files: list[LogFile]) -> list[tuple[Path, int]]:
    return [(file.path, file.inode) for file in files]


def _files(paths: list[Path]) -> list[LogFile]:
    found = []
    for path in paths:
        with suppress(FileNotFoundError):
            status = path.stat()
            found.append(LogFile(path, status.st_ino, status.st_size))
    return found


def _place(files: list[LogFile], position: LogPosition) -> int | None:
    """Index of the position's file; a shorter or different file of the same inode is another file."""
    for place, file in enumerate(files):
        if file.inode == position.inode and file.size >= position.offset:
            with suppress(FileNotFoundError), file.path.open("rb") as stream:
                if _digest(stream, position.head_size) == position.head:
                    return place
    return None


def _digest(file: BinaryIO, size: int) -> str:
    return hashlib.sha256(file.read(size)).hexdigest()


def _at(file: BinaryIO, inode: int, offset: int) -> LogPosition:
    """A position whose fingerprint covers only what is written for good: bytes before the offset."""
    size = min(_HEAD, offset)
    file.seek(0)
    return LogPosition(inode, _digest(file, size), size, offset)


def _read(file: BinaryIO, inode: int, offset: int, *, ended: bool) -> Iterator[Batch]:
    """Batches of one file. `ended`: a newer file exists, so that what has no line feed will never get one."""
    file.seek(offset)
    while chunk := file.read(MAX_LINE):
        whole = chunk.rfind(b"\n") + 1
        if whole:
            yield Batch(_at(file, inode, offset), chunk[:whole])
            offset += whole
        elif len(chunk) == MAX_LINE or ended:
            behind = _line_end(file, offset)
            if behind is None and not ended:
                return
            offset = file.tell() if behind is None else behind
            yield Batch(_at(file, inode, offset), b"", skipped=1)
        else:
            return
        file.seek(offset)


def _line_end(file: BinaryIO, offset: int) -> int | None:
    """Offset behind the next line feed from `offset` on; None where there is none yet."""
    file.seek(offset)
    while chunk := file.read(MAX_LINE):
        found = chunk.find(b"\n")
        if found >= 0:
            return offset + found + 1
        offset += len(chunk)
    return None


def parse_lines(data: bytes) -> list[Any]:
    """One JSON value per line of `data`; None for a line that holds none.

    All lines are parsed as one array, which is twice as fast as one by one. The line feed kept between them ends
    any open string, so that two broken lines cannot pass as one; then each line is looked at by itself.
    """
    text = data.decode("utf-8", "replace")
    count = text.count("\n")
    try:
        values: list[Any] = json.loads(f"[{text[:-1].replace(chr(10), ',' + chr(10))}]")
    except (ValueError, RecursionError):
        values = []
    return values if len(values) == count else [_parse(line) for line in text.split("\n")[:-1]]


def _parse(line: str) -> Any:  # noqa: ANN401 - parsed JSON
    """The line's value; of a line that a killed writer left half and another wrote on, the other's whole object."""
    for begin in {0, max(0, line.rfind('{"'))}:
        try:
            return json.loads(line[begin:])
        except (ValueError, RecursionError):
            continue
    return None

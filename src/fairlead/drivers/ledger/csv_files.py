"""Files of CSV before they are read: packed or not, whole or broken off, and what their first line names."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from fairlead.kernel.errors import UsageError

__all__ = ["csv_header", "is_gzip", "opened", "read_through"]

_HEADER = 1 << 20
_CHUNK = 1 << 22
_SEPARATORS = ",;\t|"


def read_through(path: Path) -> None:
    """The engine takes half a packed file for a whole one, in silence: so it is unpacked to its end once before."""
    with opened(path) as file:
        while file.read(_CHUNK):
            pass


def csv_header(path: Path) -> tuple[Sequence[str], str]:
    """Names of the columns, and what stands between them: the sign that parts the first line most often."""
    with opened(path) as file:
        start = file.read(_HEADER).decode("utf-8-sig", errors="replace")
    rows = [(_first_row(start, separator), separator) for separator in _SEPARATORS]
    names, separator = max(rows, key=lambda row: len(row[0]))
    if not any(name.strip() for name in names):
        raise UsageError("the first line is empty", where=str(path), mend="the first line must name the columns")
    return names, separator


def _first_row(start: str, separator: str) -> Sequence[str]:
    try:
        return next(csv.reader(io.StringIO(start, newline=""), delimiter=separator), [])
    except csv.Error:
        return []


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked. UsageError where what is packed is damaged, or breaks off."""
    try:
        with cast("BinaryIO", gzip.open(path, "rb")) if is_gzip(path) else path.open("rb") as file:
            yield file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UsageError(f"the gzip file is damaged: {error}", where=str(path), mend="fetch it again") from error


def is_gzip(path: Path) -> bool:
    """Whether the file is packed, by its first bytes."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"

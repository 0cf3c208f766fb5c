"""From a file's bytes to lines of text: unpacked, in whatever encoding it was written, with a bound on each line."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from fairlead.kernel.errors import UsageError

__all__ = ["LONGEST_LINE", "delimiter_of", "open_lines"]

LONGEST_LINE = 1 << 20
"""Characters of a line; a longer one is no line of a CSV file."""

_GZIP = b"\x1f\x8b"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ",;\t|"


@contextmanager
def open_lines(path: Path) -> Iterator[tuple[Iterator[str], IO[bytes]]]:
    """Yield the lines, and the file as it lies on the disk, whose position tells how far they have come.

    Gzip is unpacked. Text is UTF-8, or UTF-16 by its byte order mark; what is neither is replaced, so that one odd
    letter does not cost the answer. `UsageError` where it cannot be opened or unpacked.
    """
    try:
        with path.open("rb") as stored:
            plain = cast("IO[bytes]", gzip.GzipFile(fileobj=stored)) if stored.peek(2)[:2] == _GZIP else stored
            buffered = io.BufferedReader(cast("io.RawIOBase", plain))
            encoding = "utf-16" if buffered.peek(2)[:2] in _WIDE else "utf-8-sig"
            text = io.TextIOWrapper(buffered, encoding=encoding, errors="replace", newline="")
            yield _lines(text), stored
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot be read: {reason}", where=str(path), mend="give a CSV file") from error


def _lines(text: IO[str]) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise csv.Error(f"a line has more than {LONGEST_LINE:,} characters")
        yield line


def delimiter_of(header: str) -> str:
    """The delimiter that stands most often in the header; a comma where none does."""
    return max(_DELIMITERS, key=header.count)

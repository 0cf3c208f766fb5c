"""Rows of a CSV file by line number, with a bound on each line: the way into every list that is a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TextIO

from fairlead.plan.price_lists.base import UnreadableListError

__all__ = ["csv_rows", "with_header"]

_LONGEST = 1 << 20
"""Letters of one line."""


def csv_rows(text: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row that is not empty. UnreadableListError for what is no CSV."""
    reader = csv.reader(_lines(text), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise UnreadableListError(reader.line_num, f"this is no CSV: {error}") from error


def with_header(rows: Iterator[tuple[int, list[str]]], needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows as mappings, by the names of the first one. A row that is too short lacks the names at its end.

    UnreadableListError where one of `needed` is not among the names.
    """
    line, names = next(rows, (1, []))
    names = [each.strip() for each in names]
    missing = [each for each in needed if each not in names]
    if missing:
        raise UnreadableListError(line, f"there is no column {', '.join(missing)}; there are {', '.join(names[:20])}")
    for number, row in rows:
        yield number, dict(zip(names, row, strict=False))


def _lines(text: TextIO) -> Iterator[str]:
    number = 0
    while line := text.readline(_LONGEST + 1):
        number += 1
        if len(line) > _LONGEST:
            raise UnreadableListError(number, f"the line is longer than {_LONGEST} letters")
        if "\0" in line:
            raise UnreadableListError(number, "the line holds a zero byte: this is no text")
        yield line

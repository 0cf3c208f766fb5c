"""A CSV file, chunk by chunk, into one array per series: bounded time and about 60 bytes of memory per row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.reading.cells import read_times, read_values, time_form
from fairlead.foresee.reading.columns import MEASURED, Places, Wanted, find_places
from fairlead.foresee.reading.oddities import cleaned, oddities
from fairlead.foresee.reading.text import delimiter_of, open_lines
from fairlead.foresee.series import UNKNOWN_TIME, Note, NoteKind, Series, TimeForm
from fairlead.kernel.errors import UsageError

__all__ = ["Reading", "read_file", "read_lines", "stem_of"]

_CHUNK_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file held: its series by first appearance, what was odd, and the value column's name."""

    series: tuple[Series, ...]
    notes: tuple[Note, ...]
    value_name: str


@dataclass(slots=True)
class _Columns:
    """Grows while chunks are read; `codes` number the series by first appearance."""

    stem: str
    form: TimeForm | None = None
    names: dict[str, int] = field(default_factory=dict)
    codes: list[NDArray[np.int32]] = field(default_factory=list)
    times: list[NDArray[np.int64]] = field(default_factory=list)
    values: list[NDArray[np.float64]] = field(default_factory=list)
    spreads: list[NDArray[np.float64]] = field(default_factory=list)
    unreadable: int = 0

    def add(self, chunk: list[list[str]], places: Places, *, decimal_comma: bool) -> None:
        """Read a chunk's cells."""
        times = _cells(chunk, places.time)
        self.form = self.form or time_form(times)
        unknown = np.full(len(chunk), UNKNOWN_TIME)
        self.times.append(read_times(times, self.form) if self.form else unknown)
        values, unreadable = read_values(_cells(chunk, places.value), decimal_comma=decimal_comma)
        self.values.append(values)
        self.unreadable += unreadable
        if places.spread is not None:
            self.spreads.append(read_values(_cells(chunk, places.spread), decimal_comma=decimal_comma)[0])
        if places.series is None:
            self.names.setdefault(self.stem, 0)
            self.codes.append(np.zeros(len(chunk), dtype=np.int32))
            return
        codes = (self.names.setdefault(key, len(self.names)) for key in _cells(chunk, places.series))
        self.codes.append(np.fromiter(codes, dtype=np.int32, count=len(chunk)))


def read_file(path: Path, *, wanted: Wanted = MEASURED, chosen: Mapping[str, str] | None = None) -> Reading:
    """Read a CSV file; a file without a series column is one series with the name of the file's stem.

    Raises `UsageError` where a column is missing, the text is no CSV, or no value at all can be read.
    """
    with open_lines(path) as (lines, _):
        return read_lines(lines, stem=stem_of(path), where=str(path), wanted=wanted, chosen=chosen)


def stem_of(path: Path) -> str:
    """What a file's lone series is called: its name without `.csv` and `.gz`."""
    return Path(path.name.removesuffix(".gz")).stem


def read_lines(
    lines: Iterable[str],
    *,
    stem: str,
    where: str,
    wanted: Wanted = MEASURED,
    chosen: Mapping[str, str] | None = None,
) -> Reading:
    """Read the lines of a CSV, header first; as `read_file`. The delimiter is taken from the header."""
    counted = _Counted(lines)
    try:
        columns, places = _gathered(counted, stem, where, wanted, chosen or {})
    except csv.Error as error:
        raise UsageError(f"no CSV: {error}", where=f"{where}:{counted.number}", mend="mend the line") from error
    if not any(bool(np.isfinite(part).any()) for part in columns.values):
        raise UsageError("no value can be read", where=where, mend=f"is {places.value_name} the right --value-col?")
    return _reading(columns, places.value_name)


def _gathered(
    lines: Iterator[str], stem: str, where: str, wanted: Wanted, chosen: Mapping[str, str]
) -> tuple[_Columns, Places]:
    header = next((line for line in lines if line.strip()), "")
    if "\0" in header:
        raise UsageError("this is not text", where=where, mend="give a CSV file")
    delimiter = delimiter_of(header)
    rows = csv.reader(chain([header], lines), delimiter=delimiter, skipinitialspace=True)
    places = find_places(next(rows, []), wanted, where=where, chosen=chosen)
    columns = _Columns(stem)
    filled = (row for row in rows if row)
    while chunk := list(islice(filled, _CHUNK_ROWS)):
        columns.add(chunk, places, decimal_comma=delimiter != ",")
    return columns, places


class _Counted:
    """Lines, and the number of the last one that was given."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.number += 1
        return next(self._lines)


def _cells(chunk: list[list[str]], place: int) -> list[str]:
    try:
        return [row[place] for row in chunk]
    except IndexError:  # a row that ends early has an empty cell
        return [row[place] if place < len(row) else "" for row in chunk]


def _reading(columns: _Columns, value_name: str) -> Reading:
    series: list[Series] = []
    notes: list[Note] = []
    for raw in _taken_apart(columns):
        series.append(cleaned(raw))
        notes.extend(oddities(raw))
    if columns.unreadable:
        text = f"{columns.unreadable:,} cells of {value_name} are no numbers and count as missing"
        notes.append(Note(NoteKind.UNREADABLE_VALUE, "", columns.unreadable, text))
    return Reading(tuple(series), tuple(notes), value_name)


def _taken_apart(columns: _Columns) -> Iterator[Series]:
    """The series by first appearance. Chunks are let go as soon as they are joined."""
    codes, times, values = (_joined(parts) for parts in (columns.codes, columns.times, columns.values))
    spreads = _joined(columns.spreads) if columns.spreads else None
    form = columns.form or TimeForm.ISO
    if len(columns.names) == 1:
        (name,) = columns.names
        yield Series(name, times, values, np.arange(len(values)), form, spreads)
        return
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(columns.names) + 1))
    for name, code in columns.names.items():
        rows = order[bounds[code] : bounds[code + 1]]
        yield Series(name, times[rows], values[rows], rows, form, None if spreads is None else spreads[rows])


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    whole = np.concatenate(parts)
    parts.clear()
    return whole

"""A CSV file, chunk by chunk, into one array per series: bounded time and about 40 bytes of memory per row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.reading.cells import read_times, read_values, time_form
from fairlead.foresee.reading.columns import MEASURED, Places, Wanted, find_places
from fairlead.foresee.reading.oddities import cleaned, oddities
from fairlead.foresee.series import Note, NoteKind, Series, TimeForm
from fairlead.kernel.errors import UsageError

__all__ = ["Reading", "read_file", "read_lines"]

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

    names: dict[str, int] = field(default_factory=dict)
    codes: list[NDArray[np.int32]] = field(default_factory=list)
    times: list[NDArray[np.int64]] = field(default_factory=list)
    values: list[NDArray[np.float64]] = field(default_factory=list)
    unreadable: int = 0


def read_file(path: Path, *, wanted: Wanted = MEASURED, chosen: Mapping[str, str] | None = None) -> Reading:
    """Read a CSV file; a file without a series column is one series with the name of the file's stem.

    Raises `UsageError` where a column is missing, the text is no CSV, or no value at all can be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return read_lines(lines, stem=path.stem, where=str(path), wanted=wanted, chosen=chosen)
    except (UnicodeDecodeError, OSError) as error:
        raise UsageError(f"not readable as text: {error}", where=str(path), mend="give a CSV file in UTF-8") from error


def read_lines(
    lines: Iterable[str],
    *,
    stem: str,
    where: str,
    wanted: Wanted = MEASURED,
    chosen: Mapping[str, str] | None = None,
) -> Reading:
    """Read the lines of a CSV, header first; as `read_file`."""
    rows = csv.reader(lines)
    try:
        places = find_places(next(rows, []), wanted, where=where, chosen=chosen or {})
        columns, form = _gather(rows, places, stem)
    except csv.Error as error:
        raise UsageError(f"no CSV: {error}", where=f"{where}:{rows.line_num}", mend="mend the line") from error
    if not any(bool(np.isfinite(part).any()) for part in columns.values):
        raise UsageError("no value can be read", where=where, mend=f"is {places.value_name} the right --value-col?")
    return _reading(columns, form, places.value_name)


def _gather(rows: Iterator[list[str]], places: Places, stem: str) -> tuple[_Columns, TimeForm]:
    columns = _Columns()
    form: TimeForm | None = None
    while chunk := [row for row in islice(rows, _CHUNK_ROWS) if row]:
        times = _cells(chunk, places.time)
        form = form or time_form(times[0])
        columns.times.append(read_times(times, form))
        values, unreadable = read_values(_cells(chunk, places.value))
        columns.values.append(values)
        columns.unreadable += unreadable
        keys = [stem] * len(chunk) if places.series is None else _cells(chunk, places.series)
        codes = (columns.names.setdefault(key, len(columns.names)) for key in keys)
        columns.codes.append(np.fromiter(codes, dtype=np.int32, count=len(chunk)))
    return columns, form or TimeForm.ISO


def _cells(chunk: list[list[str]], place: int) -> list[str]:
    try:
        return [row[place] for row in chunk]
    except IndexError:  # a row that ends early has an empty cell
        return [row[place] if place < len(row) else "" for row in chunk]


def _reading(columns: _Columns, form: TimeForm, value_name: str) -> Reading:
    codes, times, values = np.concatenate(columns.codes), np.concatenate(columns.times), np.concatenate(columns.values)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(columns.names) + 1))
    series: list[Series] = []
    notes: list[Note] = []
    for name, code in columns.names.items():
        rows = order[bounds[code] : bounds[code + 1]]
        raw = Series(name, times[rows], values[rows], rows, form)
        series.append(cleaned(raw))
        notes.extend(oddities(raw))
    if columns.unreadable:
        text = f"{columns.unreadable} values are no numbers and count as missing"
        notes.append(Note(NoteKind.UNREADABLE_VALUE, "", columns.unreadable, text))
    return Reading(tuple(series), tuple(notes), value_name)

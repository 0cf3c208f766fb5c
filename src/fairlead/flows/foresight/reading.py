"""From what a person typed to series: an argument that is a path is a file, else a series of the ledger."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Protocol

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.reading.columns import MEASURED, Wanted
from fairlead.foresee.reading.table import Reading, read_lines, stem_of
from fairlead.foresee.reading.text import open_lines
from fairlead.foresee.series import Note, NoteKind, Series
from fairlead.kernel.errors import UsageError
from fairlead.ports import Progress

__all__ = ["SeriesSource", "joined", "read_argument", "read_path", "repeated_names"]

_TICK_LINES = 50_000


class SeriesSource(Protocol):
    """Where series are that lie in no file: the ledger."""

    def read(self, argument: str, progress: Progress) -> Reading:
        """The series that `measure[dimension=value,...]` names; `UsageError` where there is none, with the known."""
        ...


def read_argument(
    argument: str,
    progress: Progress,
    *,
    chosen: Mapping[str, str] | None = None,
    source: SeriesSource | None = None,
) -> Reading:
    """Read a file by its path, or a series of the ledger by its name; `chosen` names columns by role."""
    path = Path(argument)
    if path.exists():
        return read_path(path, progress, chosen=chosen)
    if source is not None:
        return source.read(argument, progress)
    mend = "give the path of a CSV file with the columns time and value"
    if "[" in argument:
        mend = "series of the ledger are asked for in a workspace: name it with --workspace DIR"
    raise UsageError("there is no such file", where=argument, mend=mend)


def read_path(
    path: Path, progress: Progress, *, wanted: Wanted = MEASURED, chosen: Mapping[str, str] | None = None
) -> Reading:
    """Read a CSV file, telling how far it is."""
    with open_lines(path) as (lines, stored):
        told = _telling(lines, stored, progress, f"reading {path.name}")
        return read_lines(told, stem=stem_of(path), where=str(path), wanted=wanted, chosen=chosen)


def _telling(lines: Iterable[str], stored: IO[bytes], progress: Progress, label: str) -> Iterator[str]:
    size = os.fstat(stored.fileno()).st_size
    for number, line in enumerate(lines):
        if number % _TICK_LINES == 0 and size:
            progress(stored.tell(), size, label)
        yield line


def repeated_names(readings: Sequence[Reading]) -> Iterator[Note]:
    """A note for each series that stands in several of them: it is taken for one series that goes on."""
    counts: dict[str, int] = {}
    for name in (series.name for reading in readings for series in reading.series):
        counts[name] = counts.get(name, 0) + 1
    for name, count in counts.items():
        if count > 1:
            message = f"{name}: the series stands in {count} files, and goes on from one to the next"
            yield Note(NoteKind.SAME_NAME, name, count, message)


def joined(readings: Sequence[Reading]) -> tuple[Series, ...]:
    """The series of all readings, by first appearance; what has one name is one series."""
    by_name: dict[str, list[Series]] = {}
    for series in (series for reading in readings for series in reading.series):
        by_name.setdefault(series.name, []).append(series)
    return tuple(parts[0] if len(parts) == 1 else _chained(parts) for parts in by_name.values())


def _chained(parts: Sequence[Series]) -> Series:
    values: NDArray[np.float64] = np.concatenate([part.values for part in parts])
    times: NDArray[np.int64] = np.concatenate([part.times for part in parts])
    return replace(parts[0], times=times, values=values, rows=np.arange(len(values)), spread=None)

"""What is known beforehand: prices, planned launches, working days. A CSV file with a column for each influence."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fairlead.flows.foresight.reading import read_path
from fairlead.foresee.grid import Grid
from fairlead.foresee.reading.columns import MEASURED, Wanted
from fairlead.foresee.reading.text import delimiter_of, open_lines
from fairlead.foresee.series import UNKNOWN_TIME, Note, Series, TimeForm
from fairlead.kernel.errors import UsageError
from fairlead.ports import Progress

__all__ = ["Future", "read_future"]

_MOST = 50


@dataclass(frozen=True, slots=True, eq=False)
class Future:
    """Influences by name, each with its series: one for all that are forecast, or one for each by its name."""

    influences: tuple[tuple[str, tuple[Series, ...]], ...]
    notes: tuple[Note, ...]
    where: str

    def along(self, grid: Grid, horizon: int) -> NDArray[np.float64]:
        """Every influence at the grid's steps and `horizon` more, (steps + horizon, influences).

        A value holds from its time on until the next one; before the first it is the first.
        """
        times = np.concatenate([grid.back(len(grid.values) - 1), grid.ahead(horizon)])
        return np.stack([_held(self._of(series, name, grid.name), times) for name, series in self.influences], axis=1)

    def _of(self, series: Sequence[Series], influence: str, name: str) -> Series:
        if len(series) == 1:
            return series[0]
        found = next((each for each in series if each.name == name), None)
        if found is None:
            what = f"{influence} is not given for the series {name}"
            raise UsageError(what, where=self.where, mend="add its rows, or leave the series column out")
        return found


def read_future(path: Path, progress: Progress) -> Future:
    """Read every column beside time and series as an influence; `UsageError` where one holds no number."""
    with open_lines(path) as (lines, _):
        header = next((line for line in lines if line.strip()), "")
    names = next(csv.reader([header], delimiter=delimiter_of(header), skipinitialspace=True), [])
    known = {*MEASURED.time, *MEASURED.series}
    influences = [name.strip() for name in names if name.strip() and name.strip().lower() not in known]
    if not 0 < len(influences) <= _MOST:
        what = f"{len(influences)} columns beside time and series, where 1 to {_MOST} are known influences"
        raise UsageError(what, where=f"{path}:1", mend="give a column for each: time,price,launch")
    read = {
        name: read_path(path, progress, wanted=Wanted(MEASURED.time, (name.lower(),), MEASURED.series))
        for name in influences
    }
    for reading in read.values():
        if any(each.form is TimeForm.COUNTED for each in reading.series):
            raise UsageError("no time can be read", where=str(path), mend="write ISO 8601 or epoch seconds")
    notes = {note: None for reading in read.values() for note in reading.notes}
    return Future(tuple((name, reading.series) for name, reading in read.items()), tuple(notes), str(path))


def _held(series: Series, times: NDArray[np.int64]) -> NDArray[np.float64]:
    usable = (series.times != UNKNOWN_TIME) & np.isfinite(series.values)
    if not usable.any():
        return np.zeros(len(times))
    order = np.argsort(series.times[usable], kind="stable")
    since, values = series.times[usable][order], series.values[usable][order]
    return np.asarray(values[np.maximum(np.searchsorted(since, times, side="right") - 1, 0)])

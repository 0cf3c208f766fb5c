"""From rows as they came to one value per step: what forecasts and backtests start from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.reading.oddities import usual_step
from fairlead.foresee.series import MICROSECONDS, UNKNOWN_TIME, Series

__all__ = ["MOST_STEPS", "Grid", "grid_of"]

MOST_STEPS = 20_000_000
"""A longer grid than this is refused by shortening it to its newest part: one odd date would else fill the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A regular history: `values` (n,) finite, the last one at `end`; `step` and `end` in microseconds.

    `filled` counts the steps that had no value and were drawn as a line between their neighbours.
    """

    name: str
    end: int
    step: int
    values: NDArray[np.float64]
    filled: int

    def ahead(self, horizon: int) -> NDArray[np.int64]:
        """Times of the next steps, (horizon,)."""
        return self.end + self.step * np.arange(1, horizon + 1, dtype=np.int64)


def grid_of(series: Series) -> Grid | None:
    """Sort, let the last of equal times count, fill gaps by lines; None where no row has both time and value.

    A series of one point has a step of one second.
    """
    usable = (series.times != UNKNOWN_TIME) & np.isfinite(series.values)
    if not usable.any():
        return None
    times, values = _sorted_without_repeats(series.times[usable], series.values[usable])
    step = usual_step(times) or MICROSECONDS
    places = np.rint((times - times[-1]) / step).astype(np.int64)
    recent = places > -MOST_STEPS
    places, values = places[recent], values[recent]
    wanted = np.arange(places[0], 1)
    filled = len(wanted) - len(np.unique(places))
    return Grid(series.name, int(times[-1]), step, np.interp(wanted, places, values), filled)


def _sorted_without_repeats(
    times: NDArray[np.int64], values: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    last = np.append(times[1:] != times[:-1], True)
    return times[last], values[last]

"""From rows as they came to one value per step: what forecasts and backtests start from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.reading.oddities import usual_step
from fairlead.foresee.series import MICROSECONDS, UNKNOWN_TIME, Series

__all__ = ["MOST_STEPS", "Grid", "grid_of"]

MOST_STEPS = 20_000_000
"""A longer grid than this is refused by shortening it to its newest part: one odd date would else fill the memory."""

_DAY = 86_400 * MICROSECONDS
_MONTHS_OF_YEAR = 12


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A regular history: `values` (n,) finite, the last one at `end`; `step` and `end` in microseconds.

    `filled` counts the steps that had no value and were drawn as a line between their neighbours. `months` is not 0
    where a step is so many months of the calendar; `step` is then their usual length.
    """

    name: str
    end: int
    step: int
    values: NDArray[np.float64]
    filled: int
    months: int = 0

    def ahead(self, horizon: int) -> NDArray[np.int64]:
        """Times of the next steps, (horizon,)."""
        return self._times(np.arange(1, horizon + 1, dtype=np.int64))

    def back(self, steps: int) -> NDArray[np.int64]:
        """Times of the newest steps, (steps + 1,), the last one `end`."""
        return self._times(np.arange(-steps, 1, dtype=np.int64))

    def _times(self, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        if not self.months:
            return self.end + self.step * steps
        shift = _DAY if _is_last_day(self.end) else 0
        month, rest = _months(np.array([self.end + shift]))
        return np.asarray(_begins(month + self.months * steps) + rest - shift)

    def newest(self, count: int) -> Grid:
        """The same history without what is older than `count` steps."""
        return self if len(self.values) <= count else replace(self, values=self.values[-count:])

    @property
    def year(self) -> tuple[int, ...]:
        """A year in steps, where steps are months and the history holds two years; else nothing."""
        period = _MONTHS_OF_YEAR // self.months if self.months and not _MONTHS_OF_YEAR % self.months else 0
        return (period,) if period > 1 and len(self.values) > 2 * period else ()


def grid_of(series: Series) -> Grid | None:
    """Sort, let the last of equal times count, fill gaps by lines; None where no row has both time and value.

    A series of one point has a step of one second.
    """
    usable = (series.times != UNKNOWN_TIME) & np.isfinite(series.values)
    if not usable.any():
        return None
    times, values = _sorted_without_repeats(series.times[usable], series.values[usable])
    end, step = int(times[-1]), usual_step(times) or MICROSECONDS
    months = _months_apart(times)
    if months:
        places, step = _month_places(times, months), months * 30 * _DAY
    else:
        places = np.rint((times - end) / step).astype(np.int64)
    recent = places > -MOST_STEPS
    places, values = places[recent], values[recent]
    wanted = np.arange(places[0], 1)
    filled = len(wanted) - len(np.unique(places))
    return Grid(series.name, end, step, np.interp(wanted, places, values), filled, months)


def _sorted_without_repeats(
    times: NDArray[np.int64], values: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    last = np.append(times[1:] != times[:-1], True)
    return times[last], values[last]


def _months(times: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Months since 1970, and microseconds since the month began."""
    month = times.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    return month, times - _begins(month)


def _begins(month: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(month.astype("datetime64[M]").astype("datetime64[us]").astype(np.int64))


def _is_last_day(time: int) -> bool:
    """Whether the next day begins a month, as in series of months' ends."""
    here, there = (int(_months(np.array([moment]))[0][0]) for moment in (time, time + _DAY))
    return there > here


def _month_places(times: NDArray[np.int64], months: int) -> NDArray[np.int64]:
    shift = _DAY if _is_last_day(int(times[-1])) else 0
    month, _ = _months(times + shift)
    return np.asarray(np.rint((month - month[-1]) / months), dtype=np.int64)


def _months_apart(times: NDArray[np.int64]) -> int:
    """The usual number of months between the times; 0 unless all stand at one moment of the month, or at its end."""
    shift = _DAY if _is_last_day(int(times[-1])) else 0
    month, rest = _months(times + shift)
    if len(times) <= 1 or (rest != rest[0]).any():
        return 0
    apart, counts = np.unique(np.diff(month), return_counts=True)
    return int(apart[np.argmax(counts)])

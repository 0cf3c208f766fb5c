"""From a trace's windows to requests per step of the simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.grid import grid_of
from fairlead.foresee.reading.columns import Wanted
from fairlead.foresee.reading.table import Reading
from fairlead.foresee.scaling.config import Detail
from fairlead.foresee.series import MICROSECONDS

__all__ = ["TRACE", "Trace", "demand_per_step", "trace_of"]

TRACE = Wanted(time=("time", "window_start_s"), value=("requests", "rate_rps"), series=("client",))
"""The columns of a trace; the value is a count per window or a rate."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """`rates` (windows,) in requests per second, all clients added up; `interpolated` windows had no row.

    `start` and `window` in seconds.
    """

    start: float
    window: float
    rates: NDArray[np.float64]
    interpolated: int


def trace_of(reading: Reading) -> Trace:
    """Add up the clients over the windows that any of them covers; a client counts nothing outside of its own."""
    grids = [grid for grid in map(grid_of, reading.series) if grid is not None]
    step = min(grid.step for grid in grids)
    starts = [grid.end - grid.step * (len(grid.values) - 1) for grid in grids]
    first, last = min(starts), max(grid.end for grid in grids)
    rates = np.zeros((last - first) // step + 1)
    for grid, start in zip(grids, starts, strict=True):
        offset = (start - first) // step
        rates[offset : offset + len(grid.values)] += grid.values
    window = step / MICROSECONDS
    rates = rates / window if reading.value_name == "requests" else rates
    return Trace(first / MICROSECONDS, window, np.maximum(rates, 0), sum(grid.filled for grid in grids))


def demand_per_step(
    trace: Trace, step_s: float, detail: Detail, rng: np.random.Generator, variations: Sequence[float] = (1.0,)
) -> NDArray[np.float64]:
    """Draw requests per step, (steps,).

    Counts are negative binomial with variance = mean times the squared coefficient of variation of the gaps between
    requests (the long-run variance of a renewal process); Poisson where that is 1 or less. `variations` holds one
    coefficient, or one per window.
    """
    steps = int(len(trace.rates) * trace.window / step_s)
    middles = (np.arange(steps) + 0.5) * step_s
    window = np.minimum((middles / trace.window).astype(np.int64), len(trace.rates) - 1)
    if detail is Detail.SMOOTH:
        centres = (np.arange(len(trace.rates)) + 0.5) * trace.window
        rates = np.interp(middles, centres, trace.rates)
    else:
        rates = trace.rates[window]
    if step_s >= trace.window:
        return np.asarray(rates * step_s)
    spread = np.broadcast_to(np.asarray(variations, dtype=np.float64) ** 2, trace.rates.shape)[window]
    return _counts(rates * step_s, spread, rng)


def _counts(mean: NDArray[np.float64], spread: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    bursty = (spread > 1) & (mean > 0)
    counts = rng.poisson(mean).astype(np.float64)
    size = mean[bursty] / (spread[bursty] - 1)
    counts[bursty] = rng.negative_binomial(size, 1 / spread[bursty])
    return counts

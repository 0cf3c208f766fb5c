"""From a trace's windows to requests per step of the simulation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.foresee.grid import MOST_STEPS
from fairlead.foresee.reading.columns import Wanted
from fairlead.foresee.reading.oddities import usual_step
from fairlead.foresee.reading.table import Reading
from fairlead.foresee.scaling.config import Detail
from fairlead.foresee.series import MICROSECONDS, UNKNOWN_TIME, Series, TimeForm

__all__ = ["TRACE", "Trace", "demand_per_step", "trace_of"]

_ROUNDING = 1e-9

TRACE = Wanted(
    time=("time", "window_start_s", "timestamp"),
    value=("requests", "rate_rps"),
    series=("client",),
    spread=("cv",),
)
"""The columns of a trace; the value is a count per window or a rate, `cv` the variation of a client's gaps."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """`rates` (windows,) in requests per second, all clients added up; `interpolated` windows had no row.

    `start` and `window` in seconds; `variations` (windows,): coefficients of variation of the gaps between requests,
    the clients' squares weighed by their rates; 1 where nothing is known, None for everywhere. `alone`: there was one
    time, so that the window's length is a guess.
    """

    start: float
    window: float
    rates: NDArray[np.float64]
    interpolated: int
    variations: NDArray[np.float64] | None = None
    alone: bool = False


def trace_of(reading: Reading, *, lone_window_s: float = 60) -> Trace:
    """Add up the clients over the windows that any of them covers; a client counts nothing outside of its own.

    A window is as long as the times of all clients are usually apart; a trace of one time has `lone_window_s`.
    """
    read = [one for one in reading.series if one.form is not TimeForm.COUNTED] or reading.series
    moments = np.unique(np.concatenate([one.times[one.times != UNKNOWN_TIME] for one in read]))
    step = usual_step(moments) or int(lone_window_s * MICROSECONDS)
    moments = moments[moments > moments[-1] - MOST_STEPS * step]
    first = int(moments[0])
    rates = np.zeros(round((int(moments[-1]) - first) / step) + 1)
    squares = np.zeros(len(rates))
    interpolated = 0
    for one in read:
        usable = (one.times >= first) & np.isfinite(one.values)  # an unknown time is before all others
        if usable.any():
            own, rate, square, known = _of_client(one, usable, first, step)
            rates[own] += rate
            squares[own] += rate * square
            interpolated += len(own) - known
    window = step / MICROSECONDS
    varied = (rates > 0) & (squares > 0)
    roots = np.sqrt(np.divide(squares, rates, out=np.ones(len(rates)), where=varied))
    per_second = rates / window if reading.value_name == "requests" else rates
    variations = roots if varied.any() else None
    return Trace(first / MICROSECONDS, window, per_second, interpolated, variations, alone=len(moments) == 1)


def _of_client(
    one: Series, usable: NDArray[np.bool_], first: int, step: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], int]:
    """Windows from the client's first to its last, its values and squared variations there, and how many had a row."""
    places = np.rint((one.times[usable] - first) / step).astype(np.int64)
    known, last = np.unique(places[::-1], return_index=True)  # of equal times the last counts
    own = np.arange(known[0], known[-1] + 1)
    rate = np.maximum(np.interp(own, known, one.values[usable][::-1][last]), 0)
    if one.spread is None:
        return own, rate, np.zeros(len(own)), len(known)
    spread = np.nan_to_num(one.spread[usable][::-1][last], nan=1.0)
    return own, rate, np.interp(own, known, spread) ** 2, len(known)


def demand_per_step(
    trace: Trace, step_s: float, detail: Detail, rng: np.random.Generator, variations: ArrayLike = 1.0
) -> NDArray[np.float64]:
    """Draw requests per step, (steps,).

    Counts are negative binomial with variance = mean times the squared coefficient of variation of the gaps between
    requests (the long-run variance of a renewal process); Poisson where that is 1 or less. `variations` holds one
    coefficient, or one per window.
    """
    steps = int(len(trace.rates) * trace.window / step_s + _ROUNDING)
    if step_s >= trace.window:
        arrived = np.concatenate([[0.0], np.cumsum(trace.rates) * trace.window])
        ends = np.arange(steps + 1) * step_s
        return np.diff(np.interp(ends, np.arange(len(arrived)) * trace.window, arrived))
    middles = (np.arange(steps) + 0.5) * step_s
    window = np.minimum((middles / trace.window).astype(np.int64), len(trace.rates) - 1)
    if detail is Detail.SMOOTH:
        centres = (np.arange(len(trace.rates)) + 0.5) * trace.window
        rates = np.interp(middles, centres, trace.rates)
    else:
        rates = trace.rates[window]
    spread = np.broadcast_to(np.asarray(variations, dtype=np.float64) ** 2, trace.rates.shape)[window]
    return _counts(rates * step_s, spread, rng)


def _counts(mean: NDArray[np.float64], spread: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    bursty = (spread > 1) & (mean > 0)
    counts = rng.poisson(mean).astype(np.float64)
    size = mean[bursty] / (spread[bursty] - 1)
    counts[bursty] = rng.negative_binomial(size, 1 / spread[bursty])
    return counts

"""Which periods a history repeats itself in: the calendar's, where the data agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.series import MICROSECONDS

__all__ = ["find_seasons"]

_CALENDAR_SECONDS = (3_600, 86_400, 7 * 86_400)
"""An hour, a day, a week. A year is left out: few histories hold two."""

_FEWEST_STEPS = 4
_FEWEST_PERIODS = 2
_GAIN = 0.9
"""A period counts if stepping by it moves less than this share of what stepping by arbitrary lags moves."""


def find_seasons(values: Sequence[NDArray[np.float64]], step: int) -> tuple[int, ...]:
    """Return the periods in steps, shortest first, that at least half of the histories support; `step` in µs.

    A week counts also where a day explains all of it: members look back over the longest season.
    """
    candidates = [seconds * MICROSECONDS // step for seconds in _CALENDAR_SECONDS if not seconds * MICROSECONDS % step]
    return tuple(
        period
        for period in candidates
        if period >= _FEWEST_STEPS and np.median([_supports(history, period) for history in values]) > 0
    )


def _supports(history: NDArray[np.float64], period: int) -> bool:
    if len(history) < _FEWEST_PERIODS * period + 1:
        return False
    return _mean_step(history, period) < _GAIN * _mean_step(history, max(period // 2, 1))


def _mean_step(history: NDArray[np.float64], lag: int) -> float:
    return float(np.abs(history[lag:] - history[:-lag]).mean())

"""What known influences did to a history, so that their planned course can be counted in: price changes, launches.

A forecaster takes the effects out, forecasts the rest, and puts the effects of the known future back.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["effects"]

_PENALTY = 1e-3
"""Share of the regressors' own variation, so that it needs no unit; only keeps what never varied at zero."""

_OWN = 30.0
"""Changes in a series' regressors after which its own estimate counts as much as that of all series."""


def effects(
    histories: Sequence[NDArray[np.float64]], regressors: Sequence[NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """Estimate per series what one unit of each regressor adds, (k,), in the units of the histories.

    Least squares on single steps' differences, where level and season all but vanish; the estimate of a series is
    drawn to that of all series as far as its own regressors changed seldom. A regressor that never changed adds 0:
    what a launch does is not known before one was seen.
    """
    pairs = [
        (np.diff(known[: len(history)], axis=0), np.diff(history))
        for history, known in zip(histories, regressors, strict=True)
    ]
    grams = [moves.T @ moves for moves, _ in pairs]
    sides = [moves.T @ change for moves, change in pairs]
    # A few wild steps must not rule: every series weighs by its own unrest.
    trust = [1 / max(float(np.abs(change).mean()) if len(change) else 0.0, 1e-12) ** 2 for _, change in pairs]
    whole = sum((weight * gram for weight, gram in zip(trust, grams, strict=True)), np.zeros_like(grams[0]))
    side = sum((weight * one for weight, one in zip(trust, sides, strict=True)), np.zeros_like(sides[0]))
    shared = _solved(whole, side)
    return [
        _drawn(gram, own, shared, int(np.any(moves != 0, axis=1).sum()))
        for gram, own, (moves, _) in zip(grams, sides, pairs, strict=True)
    ]


def _solved(gram: NDArray[np.float64], side: NDArray[np.float64]) -> NDArray[np.float64]:
    varied = np.diag(gram) > 0
    answer = np.zeros(len(side))
    if varied.any():
        part = gram[np.ix_(varied, varied)]
        answer[varied] = np.linalg.solve(part + _PENALTY * np.diag(np.diag(part)), side[varied])
    return answer


def _drawn(
    gram: NDArray[np.float64], side: NDArray[np.float64], shared: NDArray[np.float64], changes: int
) -> NDArray[np.float64]:
    own = np.where(np.diag(gram) > 0, _solved(gram, side), shared)
    share = changes / (changes + _OWN)
    return share * own + (1 - share) * shared

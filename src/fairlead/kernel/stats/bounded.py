"""One share against a fixed bound: does a release burn more of its error budget than it has?

Against "theta <= t" a bet multiplies the wealth by psi / (1 + (psi - 1) t) for a hit and by 1 / (1 + (psi - 1) t) for
anything else, psi > 1: on average (1 + (psi - 1) theta) / (1 + (psi - 1) t) <= 1. psi < 1 bets against "theta >= t".
The wealth is monotone in t, so a mixture over psi inverts to a confidence sequence (Waudby-Smith, Ramdas,
"Estimating means of bounded random variables by betting", JRSS B 86 (2024)). A state is (observations, hits).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fairlead.kernel.stats.mixtures import Floats, State, crossing, log_mixture

__all__ = ["SIZE", "add", "bounds", "empty", "evidence"]

_PSI = np.array([1.02, 1.05, 1.1, 1.2, 1.4, 1.8, 2.5, 4.0, 8.0, 25.0, 100.0])
_LOG_WEIGHTS = np.full(len(_PSI), -np.log(len(_PSI)))

SIZE = 2
"""Numbers of a state: observations, hits."""


def empty(paths: tuple[int, ...] = ()) -> State:
    """Nothing seen yet."""
    return np.zeros((*paths, SIZE))


def add(state: State, count: ArrayLike, hits: ArrayLike) -> State:
    """The state after one more block."""
    both = np.broadcast_arrays(np.asarray(count, dtype=float), np.asarray(hits, dtype=float))
    after: State = state + np.stack(both, axis=-1)
    return after


def evidence(state: State, bound: ArrayLike, direction: int = 1) -> Floats:
    """Log e-value against "share <= bound" (direction 1) or ">= bound" (-1); one bound for all paths, or one each."""
    psi = _PSI if direction > 0 else 1 / _PSI
    count, hits = state[..., :1], state[..., 1:]
    spread = np.log1p((psi - 1) * np.asarray(bound, dtype=float)[..., None])
    return log_mixture(hits * np.log(psi) - count * spread, _LOG_WEIGHTS)


def bounds(state: State, threshold: float) -> tuple[Floats, Floats]:
    """Lower and upper bound of the share, each wrong at any time ever with chance at most exp(-threshold)."""
    least, most = np.zeros(state.shape[:-1]), np.ones(state.shape[:-1])
    lower, _ = crossing(lambda at: evidence(state, at, 1) < threshold, least, most)
    _, upper = crossing(lambda at: evidence(state, at, -1) >= threshold, least, most)
    return lower, upper

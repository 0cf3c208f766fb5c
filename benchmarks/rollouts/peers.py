"""How canaries are judged elsewhere, each as its users set it up: minutes until a path is stopped, by path.

Looked at every minute, with 300 requests of each arm (errors), or 100 (latencies), as the tables say.
"""

from __future__ import annotations

from math import erfc, log, sqrt

import numpy as np

from benchmarks.rollouts.races import PATHS, Times
from fairlead.kernel.stats.mixtures import Floats

__all__ = ["mann_whitney", "repeated_z", "threshold"]

_MARGIN = 0.005
"""Above the old release by so much is over the threshold: our own default margin."""


def threshold(new_rate: float, old_rate: float, hours: float, seed: int, *, of_five: int = 1) -> Times:
    """Over the threshold in this minute, or in `of_five` (3) of the last five."""
    new, old = _errors(new_rate, old_rate, hours, seed)
    over = (new - old) / 300 > _MARGIN
    if of_five > 1:
        padded = np.concatenate([np.zeros((PATHS, 4), dtype=bool), over], axis=1)
        over = np.lib.stride_tricks.sliding_window_view(padded, 5, axis=1).sum(axis=-1) >= of_five
    return _first(over)


def repeated_z(new_rate: float, old_rate: float, hours: float, seed: int) -> Times:
    """A one-sided test of two proportions at 5 %, on all data so far, every minute."""
    new, old = (np.cumsum(each, axis=1) for each in _errors(new_rate, old_rate, hours, seed))
    count = 300.0 * np.arange(1, new.shape[1] + 1)
    pooled = (new + old) / (2 * count)
    spread = np.sqrt(2 * pooled * (1 - pooled) / count)
    z = (new - old) / count / np.where(spread > 0, spread, np.inf)
    return _first(z > _normal_quantile(0.05))


def mann_whitney(ratio: float, sigma: float, hours: float, seed: int) -> Times:
    """A one-sided Mann-Whitney test at 1 % on the latencies of this minute, 100 of each arm."""
    rng, minutes, n = np.random.default_rng(seed), round(hours * 60), 100
    over = np.zeros((PATHS, minutes), dtype=bool)
    spread, limit = sqrt(n * n * (2 * n + 1) / 12), _normal_quantile(0.01)
    for minute in range(minutes):
        new = log(ratio) + sigma * rng.standard_normal((PATHS, n))
        both = np.concatenate([new, sigma * rng.standard_normal((PATHS, n))], axis=1)
        ranks = both.argsort(axis=1).argsort(axis=1)[:, :n].sum(axis=1) + n
        over[:, minute] = (ranks - n * (n + 1) / 2 - n * n / 2) / spread > limit
    return _first(over)


def _errors(new_rate: float, old_rate: float, hours: float, seed: int) -> tuple[Floats, Floats]:
    rng, shape = np.random.default_rng(seed), (PATHS, round(hours * 60))
    return rng.binomial(300, new_rate, shape).astype(float), rng.binomial(300, old_rate, shape).astype(float)


def _first(over: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Times:
    """Minutes until the first time."""
    return Times(np.where(over.any(axis=1), over.argmax(axis=1) + 1.0, np.inf))


def _normal_quantile(tail: float) -> float:
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if erfc(middle / sqrt(2)) / 2 > tail else (low, middle)
    return low

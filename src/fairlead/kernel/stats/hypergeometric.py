"""Exponential moments of the hypergeometric distribution: the normalisers of the stop test, for blocks of any size.

How many of a block's failures fall on the new release, if only chance assigns them. The terms of a moment are
log-concave, so those that count lie around the largest one; that one is had from deviances and Stirling's series,
without the cancellation of factorials (Loader, "Fast and accurate computation of binomial probabilities" (2000)).
"""

from __future__ import annotations

from math import lgamma, log, log1p, pi, sqrt

import numpy as np

from fairlead.kernel.stats.mixtures import Floats

__all__ = ["log_moments"]

_WHOLE = 4_096
"""Up to so many terms all are summed."""

_DEVIATIONS, _FEWEST = 9, 64
"""What lies further from the largest term is less than exp(-40) of it: no number can tell."""

_SERIES = 16
"""From here on four terms of Stirling's series are exact."""


def log_moments(n_new: int, n_old: int, failed: int, log_odds: Floats) -> Floats:
    """Log of E[exp(t K)] for every t of `log_odds`; K of `failed` requests are among `n_new` of n_new + n_old."""
    low, high = max(0, failed - n_old), min(failed, n_new)
    if high - low > _WHOLE:
        return np.array([_around_largest(n_new, n_old, failed, float(each)) for each in log_odds])
    chances = np.concatenate([[0.0], np.cumsum(_steps(n_new, n_old, failed, low, high))])
    chances -= _log_sum(chances)
    values = np.arange(low, high + 1, dtype=float)
    return np.array([_log_sum(chances + values * each) for each in log_odds])


def _steps(n_new: int, n_old: int, failed: int, low: int, high: int) -> Floats:
    """Log ratios of the terms low + 1 .. high to the ones before them."""
    here = np.arange(low, high, dtype=float)
    ratios: Floats = (failed - here) * (n_new - here) / ((here + 1) * (n_old - failed + here + 1))
    return np.log(ratios)


def _around_largest(n_new: int, n_old: int, failed: int, odds: float) -> float:
    low, high = max(0, failed - n_old), min(failed, n_new)
    top = _largest(n_new, n_old, failed, odds)
    four = (failed - top, n_new - top, top, n_old - failed + top)
    width = int(_DEVIATIONS / sqrt(sum(1 / (each + 1) for each in four))) + _FEWEST
    low, high = max(low, top - width), min(high, top + width)
    terms = np.concatenate([[0.0], np.cumsum(_steps(n_new, n_old, failed, low, high) + odds)])
    return _log_chance(n_new, n_old, failed, top) + odds * top + _log_sum(terms - terms[top - low])


def _largest(n_new: int, n_old: int, failed: int, odds: float) -> int:
    """Where the tilted term is largest: its ratio to the next one falls, and is first at most 1 here."""
    low, high = max(0, failed - n_old), min(failed, n_new)
    while low < high:
        at = (low + high) // 2
        ratio = log((failed - at) * (n_new - at)) - log((at + 1) * (n_old - failed + at + 1))
        low, high = (at + 1, high) if ratio + odds > 0 else (low, at)
    return low


def _log_chance(n_new: int, n_old: int, failed: int, hits: int) -> float:
    share = failed / (n_new + n_old)
    parts = ((n_new, hits, 1), (n_old, failed - hits, 1), (n_new + n_old, failed, -1))
    return sum(sign * _log_binomial(count, some, share) for count, some, sign in parts)


def _log_binomial(count: int, hits: int, share: float) -> float:
    rest = _beyond(count) - _beyond(hits) - _beyond(count - hits)
    return rest - _deviance(hits, count * share) - _deviance(count - hits, count * (1 - share))


def _deviance(seen: int, expected: float) -> float:
    """Half of the deviance: seen log(seen / expected) + expected - seen."""
    if not seen:
        return expected
    off = (seen - expected) / expected
    return seen * log1p(off) - (seen - expected)


def _beyond(count: int) -> float:
    """Log of count!, less count log(count) - count."""
    if not count:
        return 0.0
    if count < _SERIES:
        return lgamma(count + 1) - count * log(count) + count
    square = count * count
    return 0.5 * log(2 * pi * count) + (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / count


def _log_sum(terms: Floats) -> float:
    most = float(terms.max())
    return most + log(float(np.exp(terms - most).sum()))

"""Means of two arms, compared block by block: an anytime-valid t-test on weighted paired differences.

Each block gives d, the difference of the arms' means, with weight w = n_new n_old / (n_new + n_old): whatever moves
both arms at once (the hour, the load) falls out. d is taken as normal around delta with variance sigma**2 / w, which
the central limit theorem grants for blocks of several requests. With y = sqrt(w) d and z = sqrt(w) this is regression
through the origin with unknown sigma. Right Haar prior on sigma and a N(0, g) prior on delta / sigma give the
e-process against delta = 0 (a ratio of likelihoods of the maximal invariant):

    (1 + g S)**(-1/2) * [1 - g S / (1 + g S) * t**2 / (t**2 + n - 1)]**(-n/2),   S = sum w,
    t = estimate * sqrt(S) / s,   s**2 = residual sum of squares / (n - 1).

With the prior folded to delta > 0 it is that times twice the posterior chance of delta > 0, a t distribution with n
degrees of freedom; a closed lower bound of that chance is used (3 degrees of freedom above 0, the normal tail below).
It grows in t, and a true delta < 0 only lowers t on each path, so it tests delta <= 0 too. Mixed over g. Sources:
Perez-Ortiz, Lardy, de Heide, Gruenwald, "E-statistics, group invariance and anytime-valid testing", Annals of
Statistics 52 (2024); Wang, Ramdas, "Anytime-valid t-tests and confidence sequences for Gaussian means with unknown
variance" (2023); Lindon, Ham, Tingley, Bojinov, arXiv 2210.08589; the normal limit for any distribution: Waudby-Smith,
Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences" (2024).

Where single observations are known, s**2 is at least the variance within arms and blocks: a small arm that has not met
its rare slow requests yet looks steadier than it is, while the large one has met some. As s only grows by it, no path
reaches a threshold that it would not have reached otherwise.

A state is (blocks, sum w, sum w d, sum w d**2, sum of squares within, its degrees of freedom).
"""

from __future__ import annotations

from math import pi, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from fairlead.kernel.stats.mixtures import Floats, State, crossing, log_mixture

__all__ = ["LEAST_BLOCKS", "SIZE", "add", "bounds", "empty", "estimate", "evidence"]

LEAST_BLOCKS = 6
"""Below it nothing is said: a variance out of fewer blocks rests on their being normal."""

_SPREADS = np.array([0.002, 0.02, 0.2, 2.0])
_LOG_WEIGHTS = np.log(np.array([0.3, 0.4, 0.2, 0.1]))
"""Variances g of delta / sigma, per observation: effects around 0.05, 0.15, 0.5 and 1.5 standard deviations."""

_FLOOR = 1e-8
"""Added to the residual sum of squares: measures that never vary (always 10 tokens) are compared, not divided by 0."""

_FARTHEST = 1e9
"""Beyond this t no bound is looked for: too few blocks for one."""

SIZE = 6
"""Numbers of a state."""

Arm: TypeAlias = tuple[ArrayLike, ArrayLike, ArrayLike]
"""Of a block: observations, their sum, and the sum of their squares (0: single observations are not known)."""


def empty(paths: tuple[int, ...] = ()) -> State:
    """Nothing seen yet."""
    return np.zeros((*paths, SIZE))


def add(state: State, new_arm: Arm, old_arm: Arm) -> State:
    """The state after one more block. A block without both arms says nothing."""
    given = np.broadcast_arrays(*(np.asarray(each, dtype=float) for each in (*new_arm, *old_arm)))
    new, total_new, _, old, total_old, _ = given
    both = (new > 0) & (old > 0)
    safe_new, safe_old = np.where(both, new, 1.0), np.where(both, old, 1.0)
    weight = np.where(both, safe_new * safe_old / (safe_new + safe_old), 0.0)
    difference = total_new / safe_new - total_old / safe_old
    (spread_new, free_new), (spread_old, free_old) = _within(*given[:3]), _within(*given[3:])
    within = both * (spread_new + spread_old), both * (free_new + free_old)
    sums = (both * 1.0, weight, weight * difference, weight * difference**2, *within)
    after: State = state + np.stack(sums, axis=-1)
    return after


def _within(count: Floats, total: Floats, squares: Floats) -> tuple[Floats, Floats]:
    """Sum of squares around the arm's own mean, and its degrees of freedom; none where squares are not known."""
    known = (squares > 0) & (count > 1)
    spread = np.maximum(squares - total**2 / np.maximum(count, 1.0), 0.0)
    return np.where(known, spread, 0.0), np.where(known, count - 1, 0.0)


def estimate(state: State) -> Floats:
    """Weighted mean difference new - old; 0 without any block."""
    weight = state[..., 1]
    found: Floats = state[..., 2] / np.where(weight > 0, weight, 1.0)
    return found


def evidence(state: State, difference: ArrayLike = 0.0, direction: int = 1) -> Floats:
    """Log e-value against "new - old <= difference" (direction 1) or ">= difference" (-1); 0 before enough blocks."""
    blocks, weight = state[..., 0], state[..., 1]
    enough = blocks >= LEAST_BLOCKS
    t = direction * (estimate(state) - np.asarray(difference, dtype=float)) / _error(state)
    return np.where(enough, _log_value(t, blocks, weight), 0.0)


def bounds(state: State, threshold: float) -> tuple[Floats, Floats]:
    """Lower and upper bound of new - old, each wrong at any time ever with chance at most exp(-threshold).

    At worst they are infinite.
    """
    blocks, weight = state[..., 0], state[..., 1]
    enough = blocks >= LEAST_BLOCKS
    most = np.full(blocks.shape, np.log1p(_FARTHEST))
    _, log_t = crossing(lambda at: _log_value(np.expm1(at), blocks, weight) >= threshold, np.zeros(blocks.shape), most)
    width = np.where(enough & (log_t < most), np.expm1(log_t) * _error(state), np.inf)
    middle = estimate(state)
    return middle - width, middle + width


def _error(state: State) -> Floats:
    """Standard error of the estimate."""
    blocks, weight, total, squares, within, freedom = (state[..., at] for at in range(SIZE))
    weight = np.where(weight > 0, weight, 1.0)
    residual = np.maximum(squares - total**2 / weight, 0.0) + _FLOOR
    variance = np.maximum(residual / np.maximum(blocks - 1, 1.0), within / np.maximum(freedom, 1.0))
    found: Floats = np.sqrt(variance / weight)
    return found


def _log_value(t: Floats, blocks: Floats, weight: Floats) -> Floats:
    n, tested = np.maximum(blocks, 2.0)[..., None], t[..., None]
    known = weight[..., None] * _SPREADS
    shrunk = known / (1 + known)
    unexplained = (n - 1) / (tested**2 + n - 1)
    left = 1 / (1 + known) + shrunk * unexplained
    log_two_sided = -0.5 * np.log1p(known) - n / 2 * np.log(left)
    posterior = tested * np.sqrt(shrunk * n / (n - 1) * unexplained / left)
    return log_mixture(log_two_sided + _log_twice_chance(posterior), _LOG_WEIGHTS)


def _log_twice_chance(t: Floats) -> Floats:
    """Log of a lower bound of twice P(T <= t) of a t distribution with at least 3 degrees of freedom, growing in t."""
    scaled = t / sqrt(3)
    above = 1 + 2 / pi * (scaled / (1 + scaled**2) + np.arctan(scaled))
    # erfc(x) > 2 / sqrt(pi) * exp(-x**2) / (x + sqrt(x**2 + 2)), Abramowitz and Stegun 7.1.13
    x = np.maximum(-t, 0.0) / sqrt(2)
    below = np.log(2 / sqrt(pi) / (x + np.sqrt(x**2 + 2))) - x**2
    found: Floats = np.where(t > 0, np.log(np.where(t > 0, above, 1.0)), below)
    return found

"""Confidence sequences of the difference of two shares, new - old, by betting on both arms at once.

Hypothesis: in no block does theta_new - theta_old exceed d. A bet multiplies the wealth by 1 + a (x - p) for each
request x (0 or 1) of the new arm and by 1 - b (y - q) for each y of the old one, with p - q = d, a, b > 0 and
n_new a = n_old b. On average a block multiplies it by F(u, v) = (1 + a u)**n_new (1 - b v)**n_old, with
u = theta_new - p <= v = theta_old - q. F grows in u, so F(u, v) <= F(v, v), and log F(v, v) is concave in v with value
and slope 0 at 0, so F <= 1: an e-value, whatever the block's own rates. (Where requests of a block differ, take
theta as their mean: the product of their means is no larger.) It generalises betting on pairs of requests to arms of
unequal size; see Turner, Ly, Gruenwald (2024) for the case of known alternatives, and Waudby-Smith, Ramdas,
"Estimating means of bounded random variables by betting", JRSS B 86 (2024).

n_old / n_new must be the bet's ratio r. Blocks are sorted into classes of r; the counts of the arm that has too many
are scaled down by s <= 1, which by Jensen's inequality (E[W**s] <= E[W]**s) only loses wealth. So the log of the
wealth is linear in four sums per class (failures and successes of both arms), which do not depend on d: they ARE the
state, and any d may be asked at any time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.kernel.stats.mixtures import Floats, State, crossing, log_mixture

__all__ = ["SIZE", "add", "bounds", "empty", "evidence"]

_STEPS = 12
_RATIOS = 2.0 ** (np.arange(-_STEPS, _STEPS + 1) / 2)
"""Classes of n_old / n_new: 1/64 to 64 by factors of the square root of 2."""

_PSI = np.array([1.02, 1.04, 1.08, 1.15, 1.25, 1.45, 1.8, 2.5, 4.0, 8.0, 25.0])
"""Sizes of the bets, as odds ratios that they would suit."""

_LOG_WEIGHTS = np.full(len(_PSI), -np.log(len(_PSI)))

SIZE = 4 * len(_RATIOS)
"""Numbers of a state: for each class failures and successes of the new arm, then of the old one."""


def empty(paths: tuple[int, ...] = ()) -> State:
    """Nothing seen yet."""
    return np.zeros((*paths, SIZE))


def add(state: State, n_new: ArrayLike, k_new: ArrayLike, n_old: ArrayLike, k_old: ArrayLike) -> State:
    """The state after one more block; counts of each arm and its failures. A block without both arms says nothing."""
    new, old, hits_new, hits_old = (np.asarray(each, dtype=float) for each in (n_new, n_old, k_new, k_old))
    new, old, hits_new, hits_old = np.broadcast_arrays(new, old, hits_new, hits_old)
    both = (new > 0) & (old > 0)
    ratio = np.where(both, old, 1.0) / np.where(both, new, 1.0)
    # Towards 1, so that what is scaled down is always the larger arm.
    steps = np.trunc(2 * np.log2(ratio) + np.where(ratio > 1, 1e-9, -1e-9)).clip(-_STEPS, _STEPS).astype(np.int64)
    wanted = _RATIOS[steps + _STEPS]
    keep_new = np.where(both, np.minimum(1.0, ratio / wanted), 0.0)
    keep_old = np.where(both, np.minimum(1.0, wanted / ratio), 0.0)
    four = (keep_new * hits_new, keep_new * (new - hits_new), keep_old * hits_old, keep_old * (old - hits_old))
    block = np.zeros((*ratio.shape, len(_RATIOS), 4))
    np.put_along_axis(block, (steps + _STEPS)[..., None, None], np.stack(four, axis=-1)[..., None, :], axis=-2)
    return state + block.reshape(*ratio.shape, SIZE)


def evidence(state: State, difference: ArrayLike, typical: float, direction: int = 1) -> Floats:
    """Log e-value against "new - old <= difference" (direction 1) or ">= difference" (-1).

    `typical` is a share that is expected of either arm, fixed beforehand: it changes the power, never the validity.
    One difference for all paths, or one for each.
    """
    given = np.asarray(difference, dtype=float)
    sums = state.reshape(*state.shape[:-1], len(_RATIOS), 4)
    wealth = np.zeros((*np.broadcast_shapes(state.shape[:-1], given.shape), len(_PSI)))
    for at in np.flatnonzero(sums.reshape(-1, len(_RATIOS), 4).any(axis=(0, 2))).tolist():
        factors, fair = _log_factors(at, given, typical, direction)
        wealth = wealth + np.where(fair, np.einsum("...i,...ij->...j", sums[..., at, :], factors), -np.inf)
    return log_mixture(wealth, _LOG_WEIGHTS)


def bounds(state: State, threshold: float, typical: float) -> tuple[Floats, Floats]:
    """Lower and upper bound of new - old, each wrong at any time ever with chance at most exp(-threshold).

    At worst they are -1 and 1.
    """
    least, most = np.full(state.shape[:-1], -1.0), np.full(state.shape[:-1], 1.0)
    lower, _ = crossing(lambda at: evidence(state, at, typical, 1) < threshold, least, most)
    _, upper = crossing(lambda at: evidence(state, at, typical, -1) >= threshold, least, most)
    return lower, upper


def _log_factors(at: int, difference: Floats, typical: float, direction: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Log factors (*paths, 4, bets) of class `at`: failure and success of the new arm, then of the old one.

    And which bets are fair: one that could lose more than all it has at this difference is left out (its wealth
    counts as 0), which keeps the e-value monotone in the difference.
    """
    part = 1 / (1 + _RATIOS[at])
    gain, loss = (typical, 1 - typical) if direction < 0 else (1 - typical, typical)
    size = direction * (_PSI - 1) / (1 + (_PSI - 1) * (part * gain + (1 - part) * loss))
    new_at = (typical + difference * (1 - part))[..., None]
    old_at = (typical - difference * part)[..., None]
    new, old = size * (1 - part), -size * part
    factors = np.stack([1 + new * (1 - new_at), 1 - new * new_at, 1 + old * (1 - old_at), 1 - old * old_at], axis=-2)
    fair: NDArray[np.bool_] = np.all(factors > 0, axis=-2)
    return np.log(np.where(fair[..., None, :], factors, 1.0)), fair

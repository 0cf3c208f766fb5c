"""What the tests of this package share: mixtures of bets in log space, and the search for a bound.

A bet that is worth at most 1 on average under the hypothesis is an e-value; a mixture of such bets whose weights are
fixed beforehand is one too, and its product over blocks a supermartingale. By Ville's inequality it ever reaches
1/alpha with chance at most alpha, however often one looks (Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform,
nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49 (2021); Ramdas, Gruenwald, Vovk, Shafer,
"Game-theoretic statistics and safe anytime-valid inference", Statistical Science 38 (2023)).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Floats", "State", "crossing", "log_mixture"]

Floats: TypeAlias = NDArray[np.float64]

State: TypeAlias = NDArray[np.float64]
"""Sums of a test: shape (*paths, size)."""

_ROUNDS = 48
"""Halvings of an interval: to 1e-14 of its width."""


def log_mixture(log_wealth: Floats, log_weights: Floats) -> Floats:
    """Log of the weighted sum of wealth over the last axis; -inf where every bet is lost."""
    terms = log_wealth + log_weights
    most = terms.max(axis=-1, keepdims=True)
    most = np.where(np.isfinite(most), most, 0.0)
    with np.errstate(divide="ignore"):
        found: Floats = np.log(np.exp(terms - most).sum(axis=-1)) + most[..., 0]
    return found


def crossing(holds: Callable[[Floats], NDArray[np.bool_]], low: ArrayLike, high: ArrayLike) -> tuple[Floats, Floats]:
    """The x of [low, high] from which on `holds` is true, which must be monotone; `high` where it never is.

    Arrays are searched side by side. It lies between the two answers, which are as good as equal.
    """
    left, right = np.array(low, dtype=float), np.array(high, dtype=float)
    for _ in range(_ROUNDS):
        middle = (left + right) / 2
        true = holds(middle)
        left, right = np.where(true, left, middle), np.where(true, middle, right)
    return left, right

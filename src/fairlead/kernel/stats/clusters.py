"""Observations that belong together, as the requests of one customer: they say less than as many independent ones.

Where whole clusters are drawn for an arm, the variance of its mean is that of independent observations times the design
effect 1 + (m - 1) rho, m the mean size of a cluster as an observation meets it, rho the correlation within clusters
(Kish, "Survey Sampling", 1965). rho is estimated by analysis of variance (Donner, "A review of inference procedures
for the intraclass correlation coefficient in the one-way random effects model", International Statistical Review 54
(1986)), about each arm's own mean, and drawn towards a guess while clusters are few. An e-value of n observations to
the power of 1 / design effect is taken for one of the n / design effect that they are worth: that holds as clusters
become many, and benchmarks/rollouts says how well it does before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.kernel.stats.mixtures import Floats

__all__ = ["SIZE", "design_effect"]

SIZE = 3
"""Numbers of a cluster: observations, their total, their sum of squares."""

_GUESS, _GUESSED = 0.1, 10.0
"""A correlation to expect, and how many clusters are to be seen before they say as much as the guess."""


def design_effect(new: NDArray[np.float64], old: NDArray[np.float64], alone: tuple[ArrayLike, ArrayLike]) -> Floats:
    """How many times the variance of the difference of two means is that of independent observations; 1 at least.

    `new` and `old` have the shape (*paths, clusters, SIZE), where a cluster without observations has zeros. `alone` is
    how many observations of each arm belong to no cluster. Of an arm without any observation only the other one counts.
    """
    correlations, counts = zip(*(_correlation(arm) for arm in (new, old)), strict=True)
    known = sum(count * each for count, each in zip(counts, correlations, strict=True))
    correlation = (known + _GUESSED * _GUESS) / (sum(counts) + _GUESSED)
    above, least = np.zeros(correlation.shape), np.zeros(correlation.shape)
    for arm, single in zip((new, old), alone, strict=True):
        sizes, others = arm[..., 0], np.asarray(single, dtype=float)
        total = sizes.sum(axis=-1) + others
        variance = np.where(total > 0, 1 / np.maximum(total, 1.0), 0.0)
        size = ((sizes**2).sum(axis=-1) + others) * variance
        above, least = above + variance * np.maximum(size - 1, 0.0) * correlation, least + variance
    found: Floats = 1 + above / np.where(least > 0, least, 1.0)
    return found


def _correlation(arm: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """The correlation within clusters, between 0 and 1, and how many clusters tell of it."""
    sizes, totals, squares = (arm[..., at] for at in range(SIZE))
    filled = np.where(sizes > 0, sizes, 1.0)
    clusters, count = (sizes > 0).sum(axis=-1).astype(float), sizes.sum(axis=-1)
    mean = totals.sum(axis=-1) / np.maximum(count, 1.0)
    between = ((totals - sizes * mean[..., None]) ** 2 / filled).sum(axis=-1) / np.maximum(clusters - 1, 1.0)
    within = np.maximum(squares - totals**2 / filled, 0.0).sum(axis=-1) / np.maximum(count - clusters, 1.0)
    typical = (count - (sizes**2).sum(axis=-1) / np.maximum(count, 1.0)) / np.maximum(clusters - 1, 1.0)
    spread = between + (typical - 1) * within
    known = (spread > 0) & (clusters > 1) & (count > clusters)
    return np.clip(np.where(known, (between - within) / np.where(known, spread, 1.0), 0.0), 0.0, 1.0), clusters

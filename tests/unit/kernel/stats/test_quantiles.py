"""A quantile's bounds from a histogram hold it at all times."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from fairlead.kernel.stats.quantiles import quantile_bounds

EDGES = [round(0.01 * at, 2) for at in range(1, 200)]


def test_bounds_close_in_on_the_quantile() -> None:
    """Of 100,000 observations the 90th percentile is known to a bucket or two."""
    values = np.random.default_rng(1).exponential(0.2, 100_000)
    counts = np.histogram(values, [0.0, *EDGES, inf])[0].tolist()
    low, high = quantile_bounds(EDGES, counts, 0.9, 0.05)
    assert low <= 0.2 * np.log(10) <= high
    assert high - low < 0.04


def test_all_looks_together_hold_it() -> None:
    """200 paths of 30 looks: the true median is left by at most alpha and three standard errors."""
    rng, left = np.random.default_rng(2), 0
    for _ in range(200):
        counts = np.zeros(5, dtype=int)
        outside = False
        for values in rng.uniform(0, 1, (30, 20)):
            counts += np.histogram(values, [0.0, 0.3, 0.5, 0.7, 0.9, 1.0])[0]
            low, high = quantile_bounds([0.3, 0.5, 0.7, 0.9], counts.tolist(), 0.5, 0.1)
            outside |= not low <= 0.5 <= high
        left += outside
    assert left / 200 <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / 200)


def test_nothing_seen_is_nothing_known() -> None:
    """And the last bucket has no end."""
    assert quantile_bounds([1.0, 2.0], [0, 0, 0], 0.5, 0.05) == (0, inf)
    assert quantile_bounds([1.0, 2.0], [0, 0, 500], 0.5, 0.05) == (2.0, inf)
    with pytest.raises(ValueError, match="2 edges make 3 counts"):
        quantile_bounds([1.0, 2.0], [1, 2], 0.5, 0.05)

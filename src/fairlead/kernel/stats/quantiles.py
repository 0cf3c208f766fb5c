"""Where a quantile of one arm lies, at any time, from the counts of a histogram: for showing, not for judging.

The q-quantile is above an edge x where fewer than a share q of the observations lie at or below x, which is a question
about one share. At the true quantile it is asked once, so no correction for the number of edges is due (Howard, Ramdas,
"Sequential estimation of quantiles with applications to A/B testing and best-arm identification", Bernoulli 28 (2022)).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import inf, log

import numpy as np

from fairlead.kernel.stats import bounded

__all__ = ["quantile_bounds"]


def quantile_bounds(
    edges: Sequence[float], counts: Sequence[int], quantile: float, alpha: float
) -> tuple[float, float]:
    """Bounds of a quantile, both right at all times with chance 1 - alpha; 0 and infinity where nothing is known.

    `edges` rise; `counts[i]` are the observations in (edges[i - 1], edges[i]], and one more count is of those above.
    """
    if len(counts) != len(edges) + 1:
        raise ValueError(f"{len(edges)} edges make {len(edges) + 1} counts, not {len(counts)}")
    below = np.array([*accumulate(counts)][:-1], dtype=float)
    state = bounded.add(bounded.empty(below.shape), sum(counts), below)
    threshold = log(2 / alpha)
    surely_above = bounded.evidence(state, quantile, -1) >= threshold
    surely_below = bounded.evidence(state, quantile, 1) >= threshold
    low = max((edge for edge, sure in zip(edges, surely_above, strict=True) if sure), default=0.0)
    high = min((edge for edge, sure in zip(edges, surely_below, strict=True) if sure), default=inf)
    return low, high

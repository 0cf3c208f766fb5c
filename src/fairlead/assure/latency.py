"""Percentiles of measured latencies."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["percentile"]


def percentile(sorted_values: Sequence[int], percent: int) -> int:
    """The nearest-rank percentile of values in order: the least of them that `percent` of all do not exceed.

    A measured value, never one between two. `sorted_values` must not be empty.
    """
    rank = -(-percent * len(sorted_values) // 100)
    return sorted_values[max(rank, 1) - 1]

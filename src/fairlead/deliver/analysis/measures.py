"""Which measures there are and how each is compared; the one place that turns a declared metric into a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import get_args

from fairlead.deliver.analysis.comparison import Better, BoundComparison, Comparison, MeanComparison, ShareComparison
from fairlead.domain.analysis import MARGINS, SHARES, AnalysisMetric, MetricKind, MetricName

__all__ = ["OTHER", "PREDICTIONS", "better_of", "comparison_of", "kind_of", "margin_of"]

PREDICTIONS = "predictions"
"""The one measure with parts: `predictions/<category>` in the blocks."""

OTHER = "(other)"
"""The part that holds every category which the first block did not show, or which is one too many."""

_OWN = frozenset(get_args(MetricName))

_BUDGETS: Mapping[str, float] = {"answers": 0.0}
"""What is allowed of a bound, beside its margin, where nobody says otherwise: no answer may differ."""

_BOUNDS = frozenset({"slo-burn", "answers"})

_TYPICAL: Mapping[str, float] = {
    "latency-p50": 0.5,
    "latency-p90": 0.1,
    "latency-p95": 0.05,
    "latency-p99": 0.01,
    PREDICTIONS: 0.2,
}
"""Shares to expect: known for those slower than the old release's quantile."""

_TYPICAL_SHARE = 0.02


def kind_of(name: str) -> MetricKind:
    """How a measure of that name is compared."""
    if name in _BOUNDS:
        return MetricKind.BOUND
    return MetricKind.SHARE if name in SHARES else MetricKind.MEAN


def margin_of(metric: AnalysisMetric) -> Decimal:
    """The margin as declared, or its default; that of a measure from elsewhere is a tenth."""
    if metric.margin is not None:
        return metric.margin
    return MARGINS.get(metric.name, MARGINS["latency"])


def better_of(metric: AnalysisMetric) -> Better:
    """Which direction is good; of how predictions are spread, neither."""
    return "same" if metric.name == PREDICTIONS else metric.better


def comparison_of(
    metric: AnalysisMetric, alpha: float, budget: float | None, inflation: float = 1.0
) -> Comparison | None:
    """The comparison of a metric; None for a bound without anything to compare with.

    ValueError for a name that is neither fairlead's own nor has a source.
    """
    if metric.name not in _OWN and metric.prometheus is None and metric.csv is None:
        raise ValueError(f"`{metric.name}` has no source; known without one: {', '.join(sorted(_OWN))}")
    margin, kind = float(margin_of(metric)), kind_of(metric.name)
    if kind is MetricKind.BOUND:
        allowed = _BUDGETS.get(metric.name) if budget is None else budget
        return None if allowed is None else BoundComparison(alpha, margin, allowed, inflation)
    if kind is MetricKind.SHARE:
        typical = _TYPICAL.get(metric.name, _TYPICAL_SHARE)
        return ShareComparison(alpha, margin, better_of(metric), typical, inflation)
    return MeanComparison(alpha, margin, metric.better, inflation)

"""An analysis from its beginning to a verdict: `begin`, then `observe` blocks and `judge`, as often as one likes.

A rollout keeps the state; `observe` is fed each block exactly once. Worse: the evidence reaches 1/alpha and the margin
is not met. Not worse: being worse by the margin is ruled out, which takes precedence (a difference that is sure and
small). Anything else is insufficient, and so is a measure without fresh data, whatever was known before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import exp, isfinite, log

import numpy as np

from fairlead.deliver.analysis.comparison import Arms, Comparison, ShareComparison
from fairlead.deliver.analysis.measures import PREDICTIONS, better_of, comparison_of, kind_of, margin_of
from fairlead.deliver.analysis.predictions import distance, observe_categories
from fairlead.deliver.analysis.state import AnalysisState, MetricState
from fairlead.domain.analysis import (
    AnalysisFinding,
    AnalysisMetric,
    AnalysisSpec,
    Block,
    MetricFinding,
    MetricKind,
    MetricVerdict,
)
from fairlead.kernel.stats.mixtures import State

__all__ = ["begin", "judge", "observe"]

_TOLD = 1.5
"""From this inflation on it is what one waits for."""

_KEPT = "too few customers yet to tell: they keep to a release, so that "


def begin(spec: AnalysisSpec, budgets: Mapping[str, float] | None = None) -> AnalysisState:
    """Nothing seen yet. `budgets` are shares that bounds are held against: `slo-burn` 0.001 where 99.9 % is promised.

    ValueError for a measure that is neither fairlead's own nor has a source.
    """
    given, alphas = budgets or {}, spec.alphas()
    metrics: dict[str, MetricState] = {}
    for metric in spec.metrics:
        budget = given.get(metric.name)
        comparison = comparison_of(metric, float(alphas[metric.name]), budget)
        size = 0 if comparison is None or metric.name == PREDICTIONS else comparison.size
        metrics[metric.name] = MetricState(sums=(0.0,) * size, budget=budget)
    return AnalysisState(spec, metrics)


def observe(state: AnalysisState, blocks: Mapping[str, Block]) -> AnalysisState:
    """The state after one more block of each measure (of means: of natural logarithms).

    A measure may be missing; one that the analysis does not know is refused with ValueError.
    """
    spec = state.spec
    known = [metric.name for metric in spec.metrics]
    foreign = sorted(name for name in blocks if name.partition("/")[0] != PREDICTIONS and name not in known)
    if foreign:
        raise ValueError(f"analysis `{spec.name}` has no measure `{foreign[0]}`; it has: {', '.join(known)}")
    alphas = spec.alphas()
    after = {
        metric.name: _observed(metric, float(alphas[metric.name]), state.metrics[metric.name], blocks)
        for metric in spec.metrics
    }
    return AnalysisState(spec, after)


def judge(
    state: AnalysisState, at: datetime, notes: Mapping[str, str], inflations: Mapping[str, float] | None = None
) -> AnalysisFinding:
    """Every measure at this moment. `notes`: by measure, why it has no data or only stale data; such never passes.

    `inflations`: by measure, how many of its observations say as much as one independent one; 1 where nothing is given.
    """
    alphas, given = state.spec.alphas(), inflations or {}
    found = []
    for metric in state.spec.metrics:
        alpha, own = alphas[metric.name], state.metrics[metric.name]
        reading = _read(metric, float(alpha), own, given.get(metric.name, 1.0))
        verdict, reason = _verdict(reading, float(alpha), notes.get(metric.name, ""))
        values = _value(metric, own.new_count, own.new_total), _value(metric, own.old_count, own.old_total)
        found.append(
            MetricFinding(
                metric=metric.name,
                kind=kind_of(metric.name),
                verdict=verdict,
                alpha=alpha,
                margin=margin_of(metric),
                new_count=own.new_count,
                old_count=own.old_count,
                new_value=values[0],
                old_value=own.budget if kind_of(metric.name) is MetricKind.BOUND else values[1],
                estimate=reading.estimate,
                lower=reading.lower,
                upper=reading.upper,
                evidence=reading.evidence,
                reason=reason,
                better=better_of(metric),
            )
        )
    return AnalysisFinding(at, tuple(found))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the sums of a measure say, before it is known whether they are fresh."""

    evidence: float = 0.0
    passes: bool = False
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    lacking: str = ""
    waits: str = "too few requests yet to tell"


def _observed(metric: AnalysisMetric, alpha: float, state: MetricState, blocks: Mapping[str, Block]) -> MetricState:
    comparison = comparison_of(metric, alpha, state.budget)
    if metric.name == PREDICTIONS and isinstance(comparison, ShareComparison):
        return observe_categories(state, comparison, blocks)
    block = blocks.get(metric.name)
    if block is None or comparison is None:
        return state
    new, old = block.new, block.old
    arms = Arms(new.count, new.total, old.count, old.total, new.squares, old.squares)
    sums = comparison.add(np.array(state.sums), arms)
    return replace(
        state,
        new_count=state.new_count + new.count,
        new_total=state.new_total + new.total,
        old_count=state.old_count + old.count,
        old_total=state.old_total + old.total,
        sums=tuple(sums.tolist()),
    )


def _read(metric: AnalysisMetric, alpha: float, state: MetricState, inflation: float) -> _Reading:
    comparison = comparison_of(metric, alpha, state.budget, inflation)
    if comparison is None:
        return _Reading(lacking="there is no bound to hold it against: the model declares no such objective")
    bound = kind_of(metric.name) is MetricKind.BOUND
    if not state.new_count or not (state.old_count or bound):
        arms = [name for name, count in (("new", state.new_count), ("old", state.old_count)) if not count]
        return _Reading(lacking=f"no data yet of the {arms[0]} release")
    if metric.name == PREDICTIONS and isinstance(comparison, ShareComparison):
        apart = distance(state, comparison)
        if apart is None:
            return _Reading(lacking="no block yet with both releases")
        passes = apart.upper < comparison.margin
        return _Reading(apart.evidence, passes, apart.estimate, apart.lower, apart.upper)
    found = _compared(comparison, np.array(state.sums))
    return found if inflation < _TOLD else replace(found, waits=f"{_KEPT}{inflation:.0f} requests say as much as one")


def _compared(comparison: Comparison, sums: State) -> _Reading:
    estimate, lower, upper = (_finite(float(each)) for each in comparison.interval(sums))
    return _Reading(float(comparison.evidence(sums)), bool(comparison.passes(sums)), estimate, lower, upper)


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _verdict(reading: _Reading, alpha: float, note: str) -> tuple[MetricVerdict, str]:
    if reading.evidence >= -log(alpha) and not reading.passes:
        return MetricVerdict.WORSE, ""
    if note or reading.lacking:
        return MetricVerdict.INSUFFICIENT, note or reading.lacking
    if reading.passes:
        return MetricVerdict.NOT_WORSE, ""
    return MetricVerdict.INSUFFICIENT, reading.waits


def _value(metric: AnalysisMetric, count: int, total: float) -> float | None:
    """The arm's share, or its geometric mean."""
    if not count or metric.name == PREDICTIONS:
        return None
    return exp(total / count) if kind_of(metric.name) is MetricKind.MEAN else total / count

"""Predictions: how often each category is answered, compared between the arms, and the distance between the two.

The first block with both arms only says which categories there are (it is not counted, for what was chosen by data may
not be judged by the same data); all others make one more. Each category takes an equal part of alpha.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fairlead.deliver.analysis.comparison import Arms, ShareComparison
from fairlead.deliver.analysis.measures import OTHER, PREDICTIONS
from fairlead.deliver.analysis.state import MetricState
from fairlead.domain.analysis import Block, Sample
from fairlead.kernel.stats.mixtures import log_mixture

__all__ = ["Distance", "distance", "observe_categories"]

_MOST = 9
"""Categories with a test of their own; with the others' that makes ten."""

_PREFIX = f"{PREDICTIONS}/"


@dataclass(frozen=True, slots=True)
class Distance:
    """Total variation between the arms' distributions, its bounds, and the log e-value against "the same"."""

    estimate: float
    lower: float
    upper: float
    evidence: float


def observe_categories(state: MetricState, comparison: ShareComparison, blocks: Mapping[str, Block]) -> MetricState:
    """The state after a block, of which each category gives its own: observations of all, and hits."""
    seen = {name.removeprefix(_PREFIX): block for name, block in blocks.items() if name.startswith(_PREFIX)}
    new = max((each.new.count for each in seen.values()), default=0)
    old = max((each.old.count for each in seen.values()), default=0)
    if not new and not old:
        return state
    state = replace(state, new_count=state.new_count + new, old_count=state.old_count + old)
    if not state.parts:
        return replace(state, parts=_chosen(comparison, seen)) if new and old else state
    parts = {
        name: _part(part, comparison, _hits(name, state.parts, seen), new, old) for name, part in state.parts.items()
    }
    return replace(state, parts=parts)


def distance(state: MetricState, comparison: ShareComparison) -> Distance | None:
    """Where the distributions stand; None before the categories are known."""
    if not state.parts:
        return None
    each = replace(comparison, alpha=comparison.alpha / len(state.parts))
    sums = np.array([part.sums for part in state.parts.values()])
    estimate, lower, upper = each.interval(sums)
    nearest = np.maximum(np.maximum(lower, -upper), 0.0)
    farthest = np.maximum(np.abs(lower), np.abs(upper))
    evidence = log_mixture(each.evidence(sums), np.full(len(sums), -np.log(len(sums))))
    apart = [float(values.sum()) / 2 for values in (np.abs(estimate), nearest, farthest)]
    return Distance(apart[0], apart[1], min(apart[2], 1.0), float(evidence))


def _chosen(comparison: ShareComparison, seen: Mapping[str, Block]) -> dict[str, MetricState]:
    weights = {name: each.new.total + each.old.total for name, each in seen.items()}
    most = sorted(weights, key=lambda name: (-weights[name], name))[:_MOST]
    return {name: MetricState(sums=(0.0,) * comparison.size) for name in [*sorted(most), OTHER]}


def _hits(name: str, parts: Mapping[str, MetricState], seen: Mapping[str, Block]) -> tuple[float, float]:
    own = [name] if name != OTHER else [each for each in seen if each not in parts or each == OTHER]
    blocks = [seen.get(each, Block(Sample(), Sample())) for each in own]
    return sum(each.new.total for each in blocks), sum(each.old.total for each in blocks)


def _part(part: MetricState, comparison: ShareComparison, hits: tuple[float, float], new: int, old: int) -> MetricState:
    sums = comparison.add(np.array(part.sums), Arms(new, hits[0], old, hits[1]))
    counts = replace(part, new_count=part.new_count + new, old_count=part.old_count + old, sums=tuple(sums.tolist()))
    return replace(counts, new_total=part.new_total + hits[0], old_total=part.old_total + hits[1])

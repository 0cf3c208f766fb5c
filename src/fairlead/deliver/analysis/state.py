"""What an analysis knows between two looks, as plain data, so that it is kept with its rollout.

Its terms are part of it: alpha and margins hold as they were declared when it began, for terms that are changed by what
was seen would void the promise of few false stops.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.analysis import AnalysisSpec

__all__ = ["AnalysisState", "MetricState", "from_json", "to_json"]


@dataclass(frozen=True, slots=True)
class MetricState:
    """Sums of one measure: observations and totals of both arms, and what its comparison adds up.

    `budget` is the bound that it is held against, where it is one. `parts` are the categories of predictions, by name.
    """

    new_count: int = 0
    new_total: float = 0.0
    old_count: int = 0
    old_total: float = 0.0
    sums: tuple[float, ...] = ()
    budget: float | None = None
    parts: Mapping[str, MetricState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnalysisState:
    """The terms, and sums by measure."""

    spec: AnalysisSpec
    metrics: Mapping[str, MetricState]


def to_json(state: AnalysisState) -> dict[str, Any]:
    """As JSON data; floats survive exactly, sums that are 0 are left out."""
    return {
        "spec": state.spec.model_dump(mode="json", by_alias=True),
        "metrics": {name: _written(each) for name, each in state.metrics.items()},
    }


def from_json(data: Mapping[str, Any]) -> AnalysisState:
    """What `to_json` wrote."""
    metrics = {name: _read(each) for name, each in data["metrics"].items()}
    return AnalysisState(AnalysisSpec.model_validate(data["spec"]), metrics)


def _written(state: MetricState) -> dict[str, Any]:
    return {
        "new": [state.new_count, state.new_total],
        "old": [state.old_count, state.old_total],
        "size": len(state.sums),
        "sums": {str(at): value for at, value in enumerate(state.sums) if value},
        "budget": state.budget,
        "parts": {name: _written(each) for name, each in state.parts.items()},
    }


def _read(data: Mapping[str, Any]) -> MetricState:
    sums = [0.0] * data["size"]
    for at, value in data["sums"].items():
        sums[int(at)] = value
    parts = {name: _read(each) for name, each in data["parts"].items()}
    (new_count, new_total), (old_count, old_total) = data["new"], data["old"]
    return MetricState(new_count, new_total, old_count, old_total, tuple(sums), data["budget"], parts)

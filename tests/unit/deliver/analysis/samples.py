"""Blocks as a gateway would measure them: a test states only what differs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from fairlead.deliver.analysis.analysis import judge, observe
from fairlead.deliver.analysis.state import AnalysisState
from fairlead.domain.analysis import AnalysisFinding, AnalysisMetric, AnalysisSpec, Block, MetricFinding, Sample

__all__ = ["AT", "analysis", "hits", "latencies", "look", "only", "repeated"]

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def analysis(*metrics: AnalysisMetric | str) -> AnalysisSpec:
    """An analysis of these metrics."""
    return AnalysisSpec(
        name="own", metrics=tuple(AnalysisMetric(name=each) if isinstance(each, str) else each for each in metrics)
    )


def hits(new: int, old: int, count: int = 100, old_count: int = 0) -> Block:
    """Hits of either arm, out of `count` requests each."""
    return Block(Sample(count, new), Sample(old_count or count, old))


def latencies(rng: np.random.Generator, ratio: float = 1.0, count: int = 20) -> Block:
    """Sums of log latencies: log-normal with sigma 0.5, the new arm's times `ratio`."""
    new, old = rng.normal(3 + np.log(ratio), 0.5, count), rng.normal(3, 0.5, count)
    return Block(*(Sample(count, float(each.sum()), float((each**2).sum())) for each in (new, old)))


def repeated(state: AnalysisState, blocks: Mapping[str, Block], times: int) -> AnalysisState:
    """The state after the same blocks, over and over."""
    for _ in range(times):
        state = observe(state, blocks)
    return state


def look(state: AnalysisState, **notes: str) -> AnalysisFinding:
    """What is found now; notes by metric, with _ for -."""
    return judge(state, AT, {name.replace("_", "-"): note for name, note in notes.items()})


def only(finding: AnalysisFinding) -> MetricFinding:
    """The one metric of it."""
    (metric,) = finding.metrics
    return metric

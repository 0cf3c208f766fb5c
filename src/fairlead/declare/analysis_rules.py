"""What analyses and release strategies must keep to besides their shape: known measures, alpha not overspent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import get_args

from fairlead.domain.analysis import DEFAULT_ANALYSIS, AnalysisSpec, MetricName
from fairlead.domain.model import ModelSpec
from fairlead.domain.workspace import WorkspaceSpec

__all__ = ["analysis_findings", "named_analysis_findings", "release_findings", "unequal_findings"]

_Found = tuple[tuple[str | int, ...], str, str, str]
"""Location, rule, message, mend."""

_OWN = get_args(MetricName)

_OF_ANSWERS = frozenset(
    {"latency", "latency-p50", "latency-p90", "latency-p95", "latency-p99", "tokens-per-request", "cost-per-inference"}
)
"""Measures of answered requests only: a release that fails its slow half at once is the faster one by them."""

_OF_FAILURES = frozenset({"error-rate", "slo-burn"})

_COST = "cost-per-inference"

_UNLIKE = 4
"""From this ratio of the two releases' requests on, cost per inference is told of no block, or of few by chance."""

_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(minutes=10)


def analysis_findings(spec: WorkspaceSpec) -> Iterator[_Found]:
    """What the workspace's analyses break."""
    names = [each.name for each in spec.analyses]
    for index, analysis in enumerate(spec.analyses):
        if analysis.name in names[:index]:
            message = f"`{analysis.name}` is declared twice in `analyses`"
            yield ("analyses", index, "name"), "declare/duplicate-name", message, "give each its own name"
        if not _SHORTEST <= analysis.every <= _LONGEST:
            yield ("analyses", index, "every"), "declare/wrong-value", "`every` is 1s to 10m", "choose 10s"
        yield from _alphas(analysis, index)
        yield from _metrics(analysis, index)
        yield from _survivors(analysis, index)


def _alphas(analysis: AnalysisSpec, index: int) -> Iterator[_Found]:
    told = [each.alpha for each in analysis.metrics if each.alpha is not None]
    spent, rest = sum(told, Decimal(0)), len(analysis.metrics) - len(told)
    location, rule = ("analyses", index, "metrics"), "declare/alpha"
    if spent > analysis.alpha:
        message = f"the metrics' alphas sum to {spent}, more than the analysis' {analysis.alpha}"
        yield location, rule, message, "lower them, or raise `alpha`, which is the chance of a false stop"
    elif spent == analysis.alpha and rest:
        message = f"the declared alphas use up all {analysis.alpha}; nothing is left for the other metrics"
        yield location, rule, message, "lower them, or give every metric its own"


def _metrics(analysis: AnalysisSpec, index: int) -> Iterator[_Found]:
    names = [each.name for each in analysis.metrics]
    for at, metric in enumerate(analysis.metrics):
        location = ("analyses", index, "metrics", at)
        if metric.name in names[:at]:
            message = f"`{metric.name}` is declared twice in analysis `{analysis.name}`"
            yield (*location, "name"), "declare/duplicate-name", message, "give each its own name"
        sources = [each for each in (metric.prometheus, metric.csv) if each is not None]
        if len(sources) > 1:
            yield location, "declare/metric-source", f"`{metric.name}` has two sources", "keep one of them"
        if metric.name in _OWN and sources:
            message = f"`{metric.name}` is measured by fairlead itself, and has a source besides"
            yield location, "declare/metric-source", message, "remove the source, or choose another name"
        if metric.name not in _OWN and not sources:
            message = f"nothing measures `{metric.name}`"
            mend = f"add `prometheus` or `csv`, or use one of: {', '.join(_OWN)}"
            yield (*location, "name"), "declare/unknown-metric", message, mend


def _survivors(analysis: AnalysisSpec, index: int) -> Iterator[_Found]:
    """An analysis that looks at answers alone, and would not see that they become fewer."""
    names = [each.name for each in analysis.metrics]
    partial = next((at for at, name in enumerate(names) if name in _OF_ANSWERS), None)
    if partial is None or _OF_FAILURES & {*names}:
        return
    message = f"`{names[partial]}` is of answered requests only, and `{analysis.name}` judges no failures"
    mend = f"add one of: {', '.join(sorted(_OF_FAILURES))}"
    yield ("analyses", index, "metrics", partial, "name"), "declare/unseen-failures", message, mend


def named_analysis_findings(spec: ModelSpec, workspace: WorkspaceSpec) -> Iterator[_Found]:
    """A release whose analysis nobody declared."""
    known = [DEFAULT_ANALYSIS.name, *(each.name for each in workspace.analyses if each.name != DEFAULT_ANALYSIS.name)]
    if spec.release.analysis not in known:
        message = f"analysis `{spec.release.analysis}` is not declared in fairlead.yaml"
        yield ("release", "analysis"), "declare/unknown-analysis", message, f"use one of: {', '.join(known)}"


def unequal_findings(spec: ModelSpec, workspace: WorkspaceSpec) -> Iterator[_Found]:
    """Steps at which cost per inference is hardly ever told, so that they wait to the longest time."""
    named = next((each for each in workspace.analyses if each.name == spec.release.analysis), None)
    if named is None or _COST not in {each.name for each in named.metrics}:
        return
    shadow, steps = spec.release.strategy == "shadow", spec.release.steps
    for at, step in enumerate(spec.release.weights):
        old = 100 if shadow else 100 - step.weight
        if not step.analysis or (step.weight < _UNLIKE * old and old < _UNLIKE * step.weight):
            continue
        message = f"`{named.name}` judges {_COST}, which is hardly ever told at {step.weight} %: it waits for that"
        mend = "choose from 25 to 75" if not shadow else "choose more than 25"
        location = ("steps", at, "weight") if steps else ("share",) if shadow else ("analysis",)
        more = "" if shadow else ", or write `analysis: false` for the step"
        yield ("release", *location), "declare/unequal-cost", message, f"{mend}{more}"


def release_findings(spec: ModelSpec) -> Iterator[_Found]:
    """What a model's release strategy breaks by itself."""
    release, rule = spec.release, "declare/release"
    for at, (before, after) in enumerate(pairwise(release.steps), 1):
        if after.weight <= before.weight:
            message = f"weight {after.weight} follows {before.weight}: the steps must rise"
            yield ("release", "steps", at, "weight"), rule, message, "sort them, and leave out what repeats"
    if release.steps and release.strategy != "canary":
        mend = "remove them, or write `strategy: canary`"
        yield ("release", "steps"), rule, f"`{release.strategy}` has no steps", mend
    golden = bool(spec.tests and spec.tests.golden)
    for field, asked in (("smoke", release.smoke), ("load", release.load is not None)):
        if asked and not golden:
            message = f"`{field}` asks with the golden requests, and there are none"
            yield ("release", field), rule, message, "add some under `tests.golden`"

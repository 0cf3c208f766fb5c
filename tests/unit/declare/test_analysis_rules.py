"""Analyses and strategies that could not judge are refused where they are declared, with what would do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairlead.declare.analysis_rules import (
    analysis_findings,
    named_analysis_findings,
    release_findings,
    unequal_findings,
)
from fairlead.declare.reader import Reader
from fairlead.declare.rules import model_breaches, placement_breaches, workspace_breaches
from fairlead.domain.finding import Severity
from fairlead.domain.model import ModelSpec
from fairlead.domain.workspace import WorkspaceSpec
from tests.unit.declare.samples import WORKSPACE, write_workspace

GOLDEN = {"golden": [{"name": "one", "request": "a.json", "response": "b.json"}]}
SOURCE = {"csv": {"path": "numbers.csv"}}


def workspace(*analyses: dict[str, Any]) -> WorkspaceSpec:
    """A workspace with these analyses."""
    return WorkspaceSpec.model_validate(
        {
            "apiVersion": "fairlead.dev/v1alpha1",
            "kind": "Workspace",
            "name": "acme",
            "environments": [{"name": "prod", "target": {"kind": "local", "port": 8801}}],
            "analyses": analyses,
        }
    )


def model(release: dict[str, Any], tests: dict[str, Any] | None = None) -> ModelSpec:
    """A model with this release strategy."""
    spec = {
        "apiVersion": "fairlead.dev/v1alpha1",
        "kind": "Model",
        "owner": "a@example.com",
        "artifact": {"uri": "file:m"},
        "environments": {"prod": {}},
        "release": release,
    }
    return ModelSpec.model_validate(spec | ({"tests": tests} if tests else {}))


def analysis(*metrics: dict[str, Any], **more: str) -> dict[str, Any]:
    """An analysis named `own`."""
    return {"name": "own", "metrics": metrics, **more}


def told(found: Any) -> list[str]:  # noqa: ANN401 - any iterable of findings
    """Places and rules."""
    return [f"{'.'.join(map(str, location))} {rule}" for location, rule, _, _ in found]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (analysis({"name": "error-rate", "alpha": "0.05"}), []),
        (analysis({"name": "error-rate", "alpha": "0.03"}, {"name": "latency"}), []),
        (
            analysis({"name": "error-rate", "alpha": "0.04"}, {"name": "latency", "alpha": "0.02"}),
            ["analyses.0.metrics declare/alpha"],
        ),
        (
            analysis({"name": "error-rate", "alpha": "0.05"}, {"name": "latency"}),
            ["analyses.0.metrics declare/alpha"],
        ),
        (analysis({"name": "error-rate"}, every="500ms"), ["analyses.0.every declare/wrong-value"]),
        (analysis({"name": "error-rate"}, every="11m"), ["analyses.0.every declare/wrong-value"]),
        (
            analysis({"name": "error-rate"}, {"name": "error-rate"}),
            ["analyses.0.metrics.1.name declare/duplicate-name"],
        ),
        (analysis({"name": "clicks"}), ["analyses.0.metrics.0.name declare/unknown-metric"]),
        (analysis({"name": "clicks", **SOURCE}), []),
        (analysis({"name": "slo-burn", **SOURCE}), ["analyses.0.metrics.0 declare/metric-source"]),
        (
            analysis({"name": "clicks", **SOURCE, "prometheus": {"url": "http://p", "query": "up"}}),
            ["analyses.0.metrics.0 declare/metric-source"],
        ),
    ],
)
def test_analyses(declared: dict[str, Any], expected: list[str]) -> None:
    """Each with the place that it concerns."""
    assert told(analysis_findings(workspace(declared))) == expected


def test_an_unknown_metric_is_answered_with_the_known_ones() -> None:
    """So that a typing error mends itself."""
    ((_, _, message, mend),) = analysis_findings(workspace(analysis({"name": "eror-rate"})))
    assert message == "nothing measures `eror-rate`"
    assert "error-rate, latency, latency-p50" in mend


@pytest.mark.parametrize(
    "name",
    [
        "latency",
        "latency-p50",
        "latency-p90",
        "latency-p95",
        "latency-p99",
        "tokens-per-request",
        "cost-per-inference",
    ],
)
def test_what_is_seen_of_answers_alone_needs_failures_beside_it(name: str) -> None:
    """A release that fails at once what it would answer slowly is the better one by such a measure."""
    alone = workspace(analysis({"name": "answers"}, {"name": name}))
    ((location, rule, message, mend),) = analysis_findings(alone)
    assert (location, rule) == (("analyses", 0, "metrics", 1, "name"), "declare/unseen-failures")
    assert message == f"`{name}` is of answered requests only, and `own` judges no failures"
    assert mend == "add one of: error-rate, slo-burn"
    for seen in ("error-rate", "slo-burn"):
        assert not told(analysis_findings(workspace(analysis({"name": name}, {"name": seen}))))


def test_the_place_of_an_analysis_that_sees_no_failures_is_told(tmp_path: Path) -> None:
    """File and line, as a person reads it."""
    text = f"{WORKSPACE}analyses:\n  - name: own\n    metrics:\n      - name: latency\n"
    found = Reader().read(write_workspace(tmp_path, workspace=text)).findings
    told = [each.place for each in found if each.rule == "declare/unseen-failures" and each.blocks]
    assert [place.rpartition(":")[0] for place in told] == [f"fairlead.yaml:{text.count(chr(10))}"]


def test_a_name_belongs_to_one_analysis() -> None:
    """The second is refused."""
    twice = workspace(analysis({"name": "slo-burn"}), analysis({"name": "error-rate"}))
    assert told(analysis_findings(twice)) == ["analyses.1.name declare/duplicate-name"]


@pytest.mark.parametrize(
    ("release", "tests", "expected"),
    [
        ({"strategy": "canary", "steps": [{"weight": 5}, {"weight": 50}]}, None, []),
        (
            {"strategy": "canary", "steps": [{"weight": 5}, {"weight": 50}, {"weight": 50}]},
            None,
            ["release.steps.2.weight declare/release"],
        ),
        ({"strategy": "blueGreen", "steps": [{"weight": 5}]}, None, ["release.steps declare/release"]),
        ({"smoke": True}, None, ["release.smoke declare/release"]),
        ({"load": {}}, None, ["release.load declare/release"]),
        ({"smoke": True, "load": {}}, GOLDEN, []),
    ],
)
def test_strategies(release: dict[str, Any], tests: dict[str, Any] | None, expected: list[str]) -> None:
    """Steps rise, and what asks with golden requests has some."""
    assert told(release_findings(model(release, tests))) == expected


def test_a_release_names_an_analysis_that_there_is() -> None:
    """`default` is always there."""
    declared = workspace(analysis({"name": "error-rate"}))
    for name in ("own", "default"):
        assert not told(named_analysis_findings(model({"analysis": name}), declared))
    ((location, rule, _, mend),) = named_analysis_findings(model({"analysis": "other"}), declared)
    assert (location, rule) == (("release", "analysis"), "declare/unknown-analysis")
    assert mend == "use one of: default, own"


COSTLY = analysis({"name": "error-rate"}, {"name": "cost-per-inference"})


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        (
            {"steps": [{"weight": 20}, {"weight": 21}, {"weight": 79}, {"weight": 80}]},
            ["steps.0.weight", "steps.3.weight"],
        ),
        ({"steps": [{"weight": 5, "analysis": False}, {"weight": 50}]}, []),
        ({}, ["analysis"]),
        ({"strategy": "shadow", "share": 25}, ["share"]),
        ({"strategy": "shadow", "share": 26}, []),
        ({"strategy": "blueGreen"}, []),
        ({"steps": [{"weight": 5}], "analysis": "default"}, []),
    ],
)
def test_steps_that_would_wait_for_their_cost_are_warned_of(release: dict[str, Any], expected: list[str]) -> None:
    """Cost per inference is told of no block in which one release was asked four times as often as the other."""
    spec = model({"strategy": "canary", "analysis": "own"} | release)
    found = told(unequal_findings(spec, workspace(COSTLY)))
    assert found == [f"release.{place} declare/unequal-cost" for place in expected]
    assert not told(unequal_findings(spec, workspace(analysis({"name": "error-rate"}))))


def test_a_warning_stops_nobody() -> None:
    """Such a step may still be aborted by its other measures."""
    spec = model({"strategy": "canary", "analysis": "own"})
    (found,) = (each for each in placement_breaches(spec, workspace(COSTLY)) if each.rule == "declare/unequal-cost")
    assert found.severity is Severity.WARNING


def test_reading_asks_these_rules() -> None:
    """All three of them."""
    declared = workspace(analysis({"name": "clicks"}))
    bad = model({"smoke": True, "analysis": "other"})
    assert "declare/unknown-metric" in {each.rule for each in workspace_breaches(declared)}
    assert "declare/release" in {each.rule for each in model_breaches(bad)}
    assert "declare/unknown-analysis" in {each.rule for each in placement_breaches(bad, declared)}

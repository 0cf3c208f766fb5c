"""Tests that could not mean anything are refused where they are declared."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from fairlead.declare.trial_rules import trial_findings
from fairlead.domain.model import ModelSpec

PINNED = {"name": "held-out", "uri": "file:t.csv", "sha256": "a" * 64}
METRIC: dict[str, Any] = {"data": "held-out", "label": "y", "metrics": ["accuracy"]}
GOLDEN = {"name": "one", "request": "a.json", "response": "b.json"}


def spec(tests: dict[str, Any], *data: dict[str, str]) -> ModelSpec:
    """A model with these tests."""
    return ModelSpec.model_validate(
        {
            "apiVersion": "fairlead.dev/v1alpha1",
            "kind": "Model",
            "owner": "a@example.com",
            "artifact": {"uri": "file:m"},
            "environments": {"prod": {}},
            "data": list(data),
            "tests": tests,
        }
    )


@pytest.mark.parametrize(
    ("tests", "found"),
    [
        ({"metrics": [METRIC], "golden": [GOLDEN], "latency": {}}, []),
        ({"metrics": [{**METRIC, "data": "other"}]}, ["tests.metrics.0.data declare/unknown-data"]),
        ({"golden": [GOLDEN, GOLDEN]}, ["tests.golden.1.name declare/duplicate-name"]),
        ({"golden": [{**GOLDEN, "request": "../a.json"}]}, ["tests.golden.0.request declare/wrong-value"]),
        ({"evidence": "/elsewhere/e.json"}, ["tests.evidence declare/wrong-value"]),
        ({"evidence": "model.yaml"}, ["tests.evidence declare/wrong-value"]),
        ({"evidence": "b.json", "golden": [GOLDEN]}, ["tests.evidence declare/wrong-value"]),
        ({"latency": {}}, ["tests.latency declare/wrong-value"]),
        ({"metrics": [{**METRIC, "bounds": {"auc": {"min": 0}}}]}, ["tests.metrics.0.bounds.auc declare/wrong-value"]),
        (
            {"metrics": [{**METRIC, "bounds": {"accuracy": {"min": "0.9", "max": "0.1"}}}]},
            ["tests.metrics.0.bounds.accuracy declare/wrong-value"],
        ),
        (
            {"metrics": [{**METRIC, "bounds": {"disparate-impact-ratio": {"min": "0.8"}}}]},
            ["tests.metrics.0.bounds.disparate-impact-ratio declare/wrong-value"],
        ),
        ({"metrics": [{**METRIC, "groups": ["sex"], "bounds": {"disparate-impact-ratio": {"min": "0.8"}}}]}, []),
    ],
)
def test_rules(tests: dict[str, Any], found: list[str]) -> None:
    """Each with the place that it concerns."""
    told = trial_findings(spec(tests, PINNED))
    assert [f"{'.'.join(map(str, location))} {rule}" for location, rule, _, _ in told] == found


def test_data_must_be_pinned() -> None:
    """A number on data that may change is no evidence."""
    loose = {"name": "held-out", "uri": "file:t.csv"}
    assert [rule for _, rule, _, _ in trial_findings(spec({"metrics": [METRIC]}, loose))] == ["declare/unpinned-data"]


def test_an_unknown_metric_is_refused_with_the_known_ones() -> None:
    """Nobody finds out at the gate that a name was misspelt."""
    with pytest.raises(ValidationError, match="'accuracy'"):
        spec({"metrics": [{**METRIC, "metrics": ["acuracy"]}]}, PINNED)

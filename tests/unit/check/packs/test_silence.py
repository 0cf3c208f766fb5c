"""What is in order, or does not concern a rule, is not complained about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fairlead.check.engines.base import Engine
from tests.unit.check.packs.asking import Answers, Asking, ask_engine
from tests.unit.check.packs.cases import passing
from tests.unit.check.packs.facts import Path, changed
from tests.unit.check.packs.sample import COMMIT, DIGEST, data, licence

_NO_PERSONAL_DATA: Mapping[Path, object] = {
    ("spec", "privacy"): {"personalData": False, "categories": [], "purpose": "", "residency": [], "health": None},
    ("spec", "data", 0, "personalData"): False,
    ("spec", "data", 0, "tags"): [],
    ("environment", "region"): "",
}

_LOW_RISK: Mapping[Path, object] = {
    ("spec", "risk"): {"class": "minimal", "duties": []},
    ("evidence", "measures"): [],
    ("evidence", "groups"): [],
}

SILENT: dict[str, tuple[str, Mapping[Path, object], Mapping[str, Any]]] = {
    "a model without personal data owes no privacy": ("Model", _NO_PERSONAL_DATA, {}),
    "a model of minimal risk owes no fairness": ("Model", _LOW_RISK, {}),
    "a rate on the four-fifths bound is within it": (
        "Model",
        {
            ("evidence", "groups", 0, "value"): 0.3,
            ("evidence", "groups", 1, "value"): 0.24,
            ("evidence", "groups", 2, "value"): 0.27,
        },
        {},
    ),
    "rates that are all zero are alike": ("Model", {("evidence", "groups", at, "value"): 0 for at in range(3)}, {}),
    "fairlead brings the packages of its own runtime": (
        "Model",
        {
            ("spec", "serving", "runtime"): "onnx",
            ("spec", "serving", "dependencies"): "",
            ("scan", "vulnerabilities"): None,
        },
        {},
    ),
    "a model from scratch has no base": ("Model", {("spec", "provenance", "baseModel"): "none"}, {}),
    "one choice of licences suffices": ("Model", {("licence",): licence("gpl-3.0 OR other OR (mit AND isc)")}, {}),
    "a licence may be allowed as it is written": (
        "Model",
        {("licence",): licence("llama3.1 AND gpl-3.0")},
        {"licences": ["llama3.1 and gpl-3.0"]},
    ),
    "a region may be allowed with its like": ("Model", {("spec", "privacy", "residency"): ["eu-*"]}, {}),
    "nobody needs to approve where nobody is asked to": (
        "Model",
        {("approvals", "required"): 0, ("environment", "approvals"): 0, ("approvals", "given"): []},
        {"least": 0},
    ),
    "a stale approval that was given again is none": (
        "Model",
        {("approvals", "given", 1, "approver"): "BOB@acme.example", ("approvals", "given", 1, "stale"): True},
        {},
    ),
    "a budget of the environment is one": ("Model", {("spec", "budget"): None}, {}),
    "no price to customers is no bound": ("Model", {("spec", "plans"): [], ("plan", "per1kInferences"): None}, {}),
    "a port is no tag": (
        "Pod",
        {("spec", "containers", 0, "image"): f"registry.acme.example:5000/llm/vllm:v1@{DIGEST}"},
        {"registries": ["registry.acme.example:5000/llm/", "docker.io/vllm"]},
    ),
    "a limit is a request": (
        "Pod",
        {
            ("spec", "containers", 0, "resources", "requests"): {},
            ("spec", "containers", 0, "resources", "limits"): {"cpu": 2, "memory": 1024},
        },
        {},
    ),
    "a version of a chart is fixed": ("Application", {("spec", "source", "targetRevision"): "1.4.2"}, {}),
    "storage that never changes may be said": (
        "InferenceService",
        {("spec", "predictor", "model", "storageUri"): "s3://acme-models/chat/7"},
        {"immutable": ["s3://acme-models/"]},
    ),
    "an older predictor may pin its model": (
        "InferenceService",
        {
            ("spec", "predictor"): {
                "sklearn": {
                    "storageUri": f"hf://acme/chat:{COMMIT}",
                    "resources": {"requests": {"cpu": 1, "memory": 1}, "limits": {"memory": 1}},
                }
            }
        },
        {},
    ),
}


def _asking(name: str) -> Asking:
    kind, changes, parameters = SILENT[name]
    document = passing()[kind]
    for path, value in changes.items():
        document = changed(document, path, value)
    return Asking(name, document, data(), parameters)


@pytest.fixture(scope="module")
def answers(engine: Engine) -> Answers:
    """What is said of all of them."""
    return ask_engine(engine, [_asking(name) for name in SILENT])


@pytest.mark.parametrize("name", SILENT)
def test_a_rule_does_not_complain(name: str, answers: Answers) -> None:
    """No rule of any pack says anything."""
    assert answers.get(name, {}) == {}

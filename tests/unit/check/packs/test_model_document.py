"""What is built of a model's facts has the form that is documented."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from fairlead.check.subjects import ModelFacts, model_document
from fairlead.domain.evidence import Evidence, GroupMeasure, Measure, Standing
from fairlead.domain.lock import Lock, LockedFile
from fairlead.domain.model import ModelSpec
from fairlead.domain.workspace import Environment, LocalTarget
from tests.unit.check.packs.sample import COMMIT, TREE
from tests.unit.check.packs.test_policy_input import faults


def test_documents_of_models_have_the_documented_form() -> None:
    """With every fact missing that may be, and with facts that the spine's own nouns hold."""
    assert faults({"review": {"object": model_document(_facts())}}) == []
    assert faults({"review": {"object": model_document(_known())}}) == []


def _facts() -> ModelFacts:
    spec = ModelSpec.model_validate(
        {
            "apiVersion": "fairlead.dev/v1alpha1",
            "kind": "Model",
            "owner": "team",
            "artifact": {"uri": "file:model"},
            "environments": {"dev": {}},
        }
    )
    return ModelFacts("credit", spec, Environment(name="dev", target=LocalTarget(port=8080)))


def _known() -> ModelFacts:
    facts = _facts()
    when = datetime(2026, 10, 1, tzinfo=UTC)
    evidence = Evidence(
        model="credit",
        lock=TREE,
        trial="t",
        data={"holdout": "b" * 64},
        measures=(Measure("accuracy", Decimal("0.93"), 2000, "holdout"),),
        groups=(GroupMeasure("selection-rate", "age", "old", Decimal("0.45"), 400, "holdout"),),
        checks={"schema": True},
        when=when,
        tool="fairlead",
    )
    lock = Lock(uri="file:model", revision=COMMIT, files=(LockedFile("model.onnx", "c" * 64, 10),), tree=TREE)
    return ModelFacts(
        facts.name, facts.spec, facts.environment, lock=lock, evidence=evidence, standing=Standing.MEASURED
    )

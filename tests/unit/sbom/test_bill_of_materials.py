"""A bill of materials is valid under the official schema, and claims nothing that was not measured."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st
from license_expression import get_spdx_licensing  # type: ignore[import-untyped]
from packageurl import PackageURL

from fairlead.check.bill_of_materials import Material, bill_of_materials
from fairlead.domain.dependency import Dependency
from fairlead.domain.evidence import Evidence, GroupMeasure, Measure, Standing
from fairlead.domain.lock import Lock, LockedFile, tree_digest
from fairlead.domain.model import ModelSpec

FILES = (LockedFile("model.onnx", "a" * 64, 389), LockedFile("parts/words.txt", "b" * 64, 5))
LOCK = Lock("hf://acme/credit@main", "c" * 40, FILES, tree_digest(FILES))
EVIDENCE = Evidence(
    model="credit",
    lock=LOCK.tree,
    trial="d" * 64,
    data={"held-out": "e" * 64},
    measures=(
        Measure("accuracy", Decimal("0.86"), 400, "held-out"),
        Measure("latency-p99", Decimal("1.2"), 99, unit="ms"),
    ),
    groups=(
        GroupMeasure("selection-rate", "sex", "f", Decimal("0.4"), 200, "held-out"),
        GroupMeasure("disparate-impact-ratio", "sex", "", Decimal("0.8"), 200, "held-out"),
    ),
    checks={},
    when=datetime(2026, 11, 23, tzinfo=UTC),
    tool="fairlead 1",
)


def material(spec: dict[str, Any] | None = None, **changes: Any) -> Material:  # noqa: ANN401 - fields of any kind
    """A model with everything; a test states what differs."""
    declared: dict[str, Any] = {
        "apiVersion": "fairlead.dev/v1alpha1",
        "kind": "Model",
        "owner": "credit@example.com",
        "description": "Scores applications.",
        "artifact": {"uri": "hf://acme/credit@main"},
        "environments": {"prod": {}},
        "provenance": {
            "licence": "apache-2.0",
            "baseModel": "acme/base",
            "code": "https://git.example.com/credit@4f2a9c1",
            "trainingRun": "run 17 of May",
        },
        "data": [
            {"name": "held-out", "uri": "s3://acme/test.csv", "sha256": "e" * 64, "purpose": "test"},
            {"name": "people", "uri": "the cellar", "personalData": True, "tags": ["email"]},
        ],
        "metrics": [
            {"name": "accuracy", "value": "0.86", "data": "held-out"},
            {"name": "recall", "value": "0.9", "data": "held-out"},
        ],
        "risk": {"class": "high", "duties": ["fairness"]},
        "privacy": {"purpose": "credit decisions", "dpia": "https://example.com/dpia"},
        **(spec or {}),
    }
    packages = (
        Dependency("PyPI", "torch", "2.5.1+cu118", "r.txt", hashes=(f"sha256:{'f' * 64}",)),
        Dependency("PyPI", "numpy", "2.1.0", "r.txt", hashes=(f"sha256:{'1' * 64}", f"sha256:{'2' * 64}")),
        Dependency("npm", "@scope/a", "1.0.0", "package-lock.json", 3),
        Dependency("npm", "@scope/a", "1.0.0", "package-lock.json", 9),
    )
    usual: dict[str, Any] = {
        "name": "credit",
        "release": "0" * 64,
        "lock": LOCK,
        "tool": "1",
        "dependencies": packages,
        "evidence": EVIDENCE,
        "standing": Standing.MEASURED,
    }
    return Material(spec=ModelSpec.model_validate(declared), **{**usual, **changes})


def bill(*spec: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of any kind
    """The document, which must be valid."""
    document = bill_of_materials(material(*spec, **changes))
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document))
    assert problem is None, problem
    return document


def card(document: dict[str, Any]) -> dict[str, Any]:
    """The model card."""
    found: dict[str, Any] = document["metadata"]["component"]["modelCard"]
    return found


def properties(holder: dict[str, Any]) -> dict[str, str]:
    """Properties by name."""
    return {each["name"].removeprefix("fairlead:"): each["value"] for each in holder["properties"]}


def refs(holder: object) -> list[str]:
    """Every bom-ref of a document."""
    if isinstance(holder, dict):
        own = [holder["bom-ref"]] if "bom-ref" in holder else []
        return own + [ref for value in holder.values() for ref in refs(value)]
    return [ref for each in holder for ref in refs(each)] if isinstance(holder, list) else []


def test_everything_is_named() -> None:
    """Files, data and packages with digests; licence, base model, code; what depends on what."""
    document = bill()
    model = document["metadata"]["component"]
    assert (model["type"], model["licenses"]) == ("machine-learning-model", [{"expression": "Apache-2.0"}])
    assert [(each["name"], each["hashes"][0]["content"]) for each in model["components"]] == [
        ("model.onnx", "a" * 64),
        ("parts/words.txt", "b" * 64),
    ]
    assert model["pedigree"]["ancestors"][0]["purl"] == "pkg:huggingface/acme/base"
    assert {each["type"] for each in model["externalReferences"]} == {"vcs", "distribution", "risk-assessment"}
    assert properties(model)["provenance:training-run"] == "run 17 of May"
    names = {each["name"]: each for each in document["components"]}
    assert set(names) == {"held-out", "people", "torch", "numpy", "@scope/a"}
    assert names["people"]["data"][0]["sensitiveData"] == ["email"]
    assert "contents" not in names["people"]["data"][0]
    assert ("hashes" in names["torch"], "hashes" in names["numpy"]) == (True, False)
    known = refs(document)
    assert len(known) == len(set(known))
    assert document["dependencies"][0]["dependsOn"] == sorted(each["bom-ref"] for each in document["components"])


def test_names_are_those_that_others_read() -> None:
    """Package URLs and licence expressions are read back by their own libraries."""
    document = bill()
    urls = [each["purl"] for each in document["components"] if "purl" in each]
    urls.append(document["metadata"]["component"]["purl"])
    read = {(url.type, url.namespace, url.name, url.version) for url in map(PackageURL.from_string, urls)}
    assert read == {
        ("pypi", None, "torch", "2.5.1+cu118"),
        ("pypi", None, "numpy", "2.1.0"),
        ("npm", "@scope", "a", "1.0.0"),
        ("huggingface", "acme", "credit", "c" * 40),
    }
    expression = bill({"provenance": {"licence": "mit or apache-2.0"}})["metadata"]["component"]["licenses"][0]
    assert get_spdx_licensing().validate(expression["expression"]).errors == []


@pytest.mark.parametrize(
    ("licence", "written"),
    [
        ("", None),
        ("openrail", [{"license": {"name": "openrail"}}]),
        ("cc-by-nc-4.0", [{"expression": "CC-BY-NC-4.0"}]),
        ("our own terms", [{"license": {"name": "our own terms"}}]),
    ],
)
def test_licences(licence: str, written: object) -> None:
    """SPDX's name where it has one; the Hub's own and others by name; none is not invented."""
    assert bill({"provenance": {"licence": licence}})["metadata"]["component"].get("licenses") == written


def test_measured_numbers_stand_in_the_card() -> None:
    """With their slices; a number that was only typed in is a claim."""
    found = card(bill())
    assert found["quantitativeAnalysis"]["performanceMetrics"] == [
        {"type": "accuracy", "value": "0.86", "slice": "held-out"},
        {"type": "latency-p99 (ms)", "value": "1.2"},
        {"type": "selection-rate", "value": "0.4", "slice": "held-out, sex=f"},
        {"type": "disparate-impact-ratio of sex", "value": "0.8", "slice": "held-out"},
    ]
    assert found["considerations"]["fairnessAssessments"][0]["groupAtRisk"] == "groups by sex"
    assert properties(found) == {"evidence": "measured", "claimed:recall on held-out": "0.9"}


@pytest.mark.parametrize(("evidence", "standing"), [(EVIDENCE, Standing.STALE), (None, Standing.CLAIMED)])
def test_other_numbers_do_not(evidence: Evidence | None, standing: Standing) -> None:
    """Of stale or missing evidence nothing is passed off as measured."""
    found = card(bill(evidence=evidence, standing=standing))
    assert "quantitativeAnalysis" not in found
    assert "fairnessAssessments" not in found["considerations"]
    assert set(properties(found)) == {"evidence", "claimed:accuracy on held-out", "claimed:recall on held-out"}


def test_the_same_is_the_same_and_another_is_another() -> None:
    """The serial number is the digest of what the bill says, so that two bills never share one."""
    assert bill() == bill()
    serials = {bill()["serialNumber"], bill(release="1" * 64)["serialNumber"], bill(evidence=None)["serialNumber"]}
    assert len(serials) == 3


def test_packages_that_are_not_known_are_said_to_be() -> None:
    """No list of packages is not an empty one."""
    assert properties(bill(dependencies=None)["metadata"]["component"])["serving:dependencies"] == "not known"
    assert properties(bill(dependencies=())["metadata"]["component"])["serving:dependencies"] == "locked"


@given(text=st.text(min_size=1, max_size=40))
def test_whatever_is_declared_is_valid(text: str) -> None:
    """Texts of any letters, in every place that takes a text."""
    file = LockedFile(text, "a" * 64, 1)
    lock = Lock(text, text, (file,), "b" * 64)
    spec = {
        "description": text,
        "owner": text,
        "artifact": {"uri": text},
        "provenance": {"licence": text, "baseModel": text, "code": text, "trainingRun": text},
        "data": [{"name": text, "uri": text, "tags": [text]}],
        "risk": {"duties": [text]},
        "privacy": {"purpose": text, "dpia": text},
    }
    bill(spec, lock=lock, dependencies=(Dependency("npm", text, text, "p.json"),))

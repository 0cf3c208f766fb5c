"""The documented form of what policies see is the form of what they are handed."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import fairlead.check
from tests.unit.check.packs.pages import ROOT, tool
from tests.unit.check.packs.sample import data, manifests, model

SCHEMA = json.loads((Path(fairlead.check.__file__).parent / "policy_input.schema.json").read_text(encoding="utf-8"))


def faults(document: object) -> list[str]:
    """What is wrong with an `input`."""
    return [each.message for each in Draft202012Validator(SCHEMA).iter_errors(document)]


def test_the_schema_is_one() -> None:
    """It is valid JSON Schema itself."""
    Draft202012Validator.check_schema(SCHEMA)


def test_the_sample_has_the_documented_form() -> None:
    """What the packs are tested with is what policies see."""
    for document in (model(), *manifests().values()):
        assert faults({"review": {"object": document}, "parameters": {}}) == []
    schema = {**SCHEMA["$defs"]["data"], "$defs": SCHEMA["$defs"]}
    assert list(Draft202012Validator(schema).iter_errors(data()["fairlead"])) == []


@pytest.mark.parametrize("field", [key for key in model() if key not in {"apiVersion", "kind"}])
def test_a_missing_part_is_refused(field: str) -> None:
    """A fact that is not known is null; a part that is not there at all is a mistake of whoever built the document."""
    document = copy.deepcopy(model())
    del document[field]
    assert faults({"review": {"object": document}}) != []


def test_the_page_has_every_field() -> None:
    """Its tables are those of the schema; `python tools/policy_pages.py` mends them."""
    text = (ROOT / "docs" / "policy-input.md").read_text(encoding="utf-8")
    assert "| `review.object.spec`" in text
    assert tool().with_fields(text) == text

"""An evidence file is read as it was written, and whatever else is in its place is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.domain.evidence import Evidence, GroupMeasure, Measure
from fairlead.domain.evidence_text import parse_evidence, render_evidence

EVIDENCE = Evidence(
    model="credit",
    lock="a" * 64,
    trial="b" * 64,
    data={"held-out": "c" * 64},
    measures=(Measure("accuracy", Decimal("0.8610"), 400, "held-out"),),
    groups=(GroupMeasure("recall", "sex", "f", Decimal(1), 20, "held-out"),),
    checks={"golden plain": True},
    when=datetime(2026, 11, 23, 12, 0, 0, 5000, tzinfo=UTC),
    tool="fairlead 1",
    environment={"cores": "2"},
)


def changed(**fields: Any) -> bytes:  # noqa: ANN401 - fields of any kind
    """The file with other fields."""
    return json.dumps({**json.loads(render_evidence(EVIDENCE)), **fields}).encode()


def test_what_is_written_is_read() -> None:
    """Numbers keep their value; the text is the same whenever the evidence is."""
    text = render_evidence(EVIDENCE)
    found, findings = parse_evidence(text, "evidence.json", "credit")
    assert (found, findings) == (EVIDENCE, ())
    assert b'"value": "0.861"' in text
    assert found is not None
    assert render_evidence(found) == text


def test_nobody_is_proven_to_have_signed_by_what_a_file_says() -> None:
    """Who signed stands in a signature; a file that says so itself is refused."""
    found, findings = parse_evidence(changed(signed_by="ada@example.com"), "evidence.json", "credit")
    assert found is None
    assert "must hold exactly" in findings[0].message


@pytest.mark.parametrize(
    "fields",
    [
        {"version": 2},
        {"extra": 1},
        {"measures": [{"name": "accuracy", "value": "1E+999999999", "samples": 1}]},
        {"measures": [{"name": "accuracy", "value": "NaN", "samples": 1}]},
        {"measures": [{"name": "accuracy", "value": "1"}]},
        {"checks": {"golden": "perhaps"}},
        {"when": "yesterday"},
        {"data": []},
    ],
)
def test_what_is_not_of_the_form(fields: dict[str, Any]) -> None:
    """One finding that blocks and names the place; nothing is guessed."""
    found, findings = parse_evidence(changed(**fields), "evidence.json", "credit")
    assert (found, [each.rule for each in findings]) == (None, ["evidence/broken"])


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(list(json.loads(render_evidence(EVIDENCE)))), JSON))
def test_whatever_is_in_a_field(fields: dict[str, object]) -> None:
    """It is read or refused, and never an error of this program."""
    found, findings = parse_evidence(changed(**fields), "evidence.json", "credit")
    assert (found is None) == bool(findings)

"""JSON of an answer: exact, versioned, and as harmless as a table."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.domain.finding import Verdict
from fairlead.kernel.money import Money
from fairlead.show.outputs.json import encode, to_json, to_json_line
from tests.unit.cli.values import ESCAPES, commit, fleet


@dataclass(frozen=True, slots=True)
class Secretive:
    """Something with a part that its class keeps out of sight."""

    name: str
    value: str = field(repr=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Money(Decimal("1E-7"), "USD"), {"amount": "0.0000001", "currency": "USD"}),
        (Decimal("1E+2"), "100"),
        (datetime(2026, 11, 23, 13, tzinfo=timezone(timedelta(hours=1))), "2026-11-23T12:00:00.000Z"),
        (date(2026, 11, 23), "2026-11-23"),
        (timedelta(minutes=5), 300.0),
        (Verdict.INSUFFICIENT, "insufficient"),
        (Path("models/digits"), "models/digits"),
        ((1, None, True, 0.5), [1, None, True, 0.5]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({1: Decimal(2)}, {"1": "2"}),
        (Secretive("key", "canary"), {"name": "key"}),
    ],
)
def test_forms(value: object, expected: object) -> None:
    """Each kind of value has one form; money and decimals lose no digit; what is hidden stays hidden."""
    assert encode(value) == expected


def test_what_has_no_form_is_refused() -> None:
    """Nothing is shown by accident, and no number that JSON does not know is written."""
    with pytest.raises(TypeError, match="object"):
        encode(object())
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json({"p99": float("nan")})


def test_a_document_begins_with_its_version() -> None:
    """Programs can check `schema_version` before anything else, also where the answer is a list."""
    assert to_json(fleet()).startswith('{\n  "schema_version": 1,\n  "workspace": "acme"')
    assert json.loads(to_json([1], key="history")) == {"schema_version": 1, "history": [1]}
    assert to_json_line({"a": 1}) == '{"schema_version": 1, "a": 1}'


def test_hostile_text_survives_but_does_nothing() -> None:
    """The text comes back whole from the JSON, whose own bytes hold no control character."""
    text = to_json(commit(subject=ESCAPES))
    assert json.loads(text)["subject"] == ESCAPES
    assert not any(ord(each) in range(0x7F, 0xA0) or (ord(each) < 32 and each != "\n") for each in text)
    assert "\u202e" not in text


def test_the_same_answer_is_the_same_text() -> None:
    """The order of fields is that of the declaration, run after run."""
    assert to_json(fleet()) == to_json(fleet())
    assert list(json.loads(to_json(commit()))) == [
        "schema_version", "id", "author", "email", "when", "subject", "approved_by",
    ]  # fmt: skip


def test_a_moment_is_utc() -> None:
    """Times are RFC 3339 with a Z."""
    assert encode(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"

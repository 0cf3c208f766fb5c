"""The rule books are what their sources say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.kernel.errors import UsageError
from fairlead.meter.conformance.books import VERSIONS, rule_book, version_of
from fairlead.meter.conformance.rules import Check

CHANGED_NAMES = {"ExpectedType", "CheckFunction", "Items"}


@pytest.fixture(scope="module")
def model(public_data: Path) -> dict[str, Any]:
    """The requirements model of FOCUS 1.2 as it was published."""
    told: dict[str, Any] = json.loads((public_data / "focus" / "focus_model_1.2.json").read_text(encoding="utf-8"))
    return told


def _published(told: dict[str, Any]) -> Check | None:
    """A check of the published model."""
    if not told:
        return None
    if "CheckFunction" not in told:
        ((function, items),) = told.items()
        return Check(function, tuple(_published(each) for each in (items if isinstance(items, list) else [items])))
    items = told.get("Items")
    arguments = [value for name, value in told.items() if name not in CHANGED_NAMES]
    return Check(told["CheckFunction"], tuple(_published(each) for each in items) if items else tuple(arguments))


def _plain(check: Check | None) -> Check | None:
    """A re-stated check, with lists of values written out as the model does."""
    if check is None:
        return None
    if check.function == "CheckValueIn":
        column, values = check.arguments
        return Check("OR", tuple(Check("CheckValue", (column, value)) for value in values))
    if check.function == "CheckValuePairs":
        return Check("OR", tuple(_pairs(check)))
    if check.function in {"AND", "OR"}:
        return Check(check.function, tuple(_plain(each) for each in check.arguments))
    return check


def _pairs(check: Check) -> Iterator[Check]:
    column, other, allowed = check.arguments
    for whole, values in allowed.items():
        for value in values:
            yield Check("AND", (Check("CheckValue", (column, value)), Check("CheckValue", (other, whole))))


def test_every_rule_of_the_model_is_re_stated(model: dict[str, Any]) -> None:
    """All 621 rules, each with its sentence, keyword, criteria, requirement and condition but for the named changes."""
    book = rule_book("1.2")
    assert [rule.id for rule in book.rules] == list(model["ModelRules"])
    assert len(book.rules) == 621
    for rule in book.rules:
        told = model["ModelRules"][rule.id]
        criteria = told["ValidationCriteria"]
        said = (rule.function, rule.entity, rule.kind, rule.keyword, list(rule.criteria), rule.text)
        facts = (told["Function"], told["Reference"], told["EntityType"], criteria["Keyword"])
        assert said == (*facts, told["ApplicabilityCriteria"], criteria["MustSatisfy"])
        if not rule.remark and told["Type"] == "Static":
            stated = (_plain(rule.requirement), _plain(rule.condition))
            published = (_published(criteria["Requirement"]), _published(criteria["Condition"]))
            assert stated == published, rule.id


def test_a_change_to_the_model_says_why() -> None:
    """What the book says otherwise than the model has a reason, and changes something."""
    changed = [rule for rule in rule_book("1.2").rules if rule.remark]
    assert len(changed) == 18
    assert all(rule.remark[-1] != "." for rule in changed)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_book_names_its_source(version: str) -> None:
    """Each book says where its rules are from, under which licence, when they were read and what it claims."""
    book = rule_book(version)
    assert all((book.source, book.licence, book.read, book.claim))
    assert all(criterion in book.criteria for rule in book.rules for criterion in rule.criteria)
    assert len(book.by_id) == len(book.rules)
    if version != "1.2":
        assert all(rule.source for rule in book.rules)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_rule_has_one_line_of_conditions(version: str) -> None:
    """Conditions are taken over along one line: where a rule is part of two composites, neither has a condition."""
    rules = rule_book(version).rules
    wholes = {part: [rule for rule in rules if part in rule.parts] for rule in rules for part in rule.parts}
    assert not [part for part, those in wholes.items() if len(those) > 1 and any(rule.condition for rule in those)]


@pytest.mark.parametrize(
    ("columns", "version"),
    [
        (["BilledCost", "ChargeCategory"], "1.0"),
        (["BilledCost", "SkuMeter"], "1.1"),
        (["BilledCost", "InvoiceId", "ProviderName"], "1.2"),
        (["BilledCost", "ServiceProviderName", "ProviderName"], "1.3"),
        (["BilledCost", "ServiceProviderName"], "1.4"),
        (["BilledCost", "InvoiceDetailId"], "1.4"),
    ],
)
def test_the_version_is_told_by_the_columns(columns: list[str], version: str) -> None:
    """The newest version that brought any of a file's columns is meant."""
    assert version_of(columns) == version


def test_a_file_of_something_else_is_refused() -> None:
    """Columns that are none of FOCUS's name no version; an unknown version is refused with the known ones."""
    with pytest.raises(UsageError, match="no column of FOCUS"):
        version_of(["a", "b"])
    with pytest.raises(UsageError, match=r"1\.0, 1\.1, 1\.2, 1\.3, 1\.4"):
        rule_book("2.0")

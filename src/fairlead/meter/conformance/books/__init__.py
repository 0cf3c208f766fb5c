"""The rule books: one JSON file per version of FOCUS, and how a version is recognised by a file's columns."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from fairlead.kernel.errors import UsageError
from fairlead.meter.conformance.column_table import rules_of_columns
from fairlead.meter.conformance.rules import Check, Rule, RuleBook

__all__ = ["VERSIONS", "rule_book", "version_of"]

VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4")
"""Versions of FOCUS that a book is kept of."""

_OUTSIDE = "it needs facts from outside of the file"

_MARKS: Sequence[tuple[str, frozenset[str]]] = (
    ("1.4", frozenset({"InvoiceDetailId", "CommitmentProgramEligibilityDetails"})),
    ("1.3", frozenset({"ServiceProviderName", "HostProviderName", "AllocatedMethodId", "ContractApplied"})),
    ("1.2", frozenset({"InvoiceId", "BillingAccountType", "SubAccountType", "PricingCurrency"})),
    ("1.1", frozenset({"ServiceSubcategory", "SkuMeter", "SkuPriceDetails", "CommitmentDiscountQuantity"})),
    ("1.0", frozenset({"BilledCost", "EffectiveCost", "ChargeCategory", "ServiceCategory"})),
)
"""Columns that a version brought: the newest of which a file has any."""


@cache
def rule_book(version: str) -> RuleBook:
    """The book of a version of FOCUS. UsageError for an unknown version."""
    if version not in VERSIONS:
        raise UsageError(f"unknown version {version!r} of FOCUS", mend=f"use one of: {', '.join(VERSIONS)}")
    text = files(__name__).joinpath(f"focus_{version}.json").read_text(encoding="utf-8")
    return _book(json.loads(text))


def version_of(columns: Collection[str]) -> str:
    """The version of FOCUS that these columns speak of. UsageError for columns that are none of its."""
    found = set(columns)
    for version, marks in _MARKS:
        if not marks & found:
            continue
        # 1.3 announced that these two go, and 1.4 has them no longer.
        gone = version == "1.3" and not {"ProviderName", "PublisherName"} & found
        return "1.4" if gone else version
    raise UsageError("no column of FOCUS is in the file", mend="name a version with --focus, if it is one of FOCUS")


def _book(told: Mapping[str, Any]) -> RuleBook:
    said = [_rule(row) for row in told.get("rules", ())]
    said += rules_of_columns(told["columns"], told["file"], told["commit"]) if "columns" in told else []
    said += [_shared(told, name, place) for name, place in told.get("as_in_1.2", {}).items()]
    said += [_stated(row) for row in told.get("more", ())]
    changes = {**told.get("corrections", {}), **told.get("additions", {})}
    rules = tuple(_changed(rule, changes.get(rule.id, {})) for rule in said)
    facts = {name: told[name] for name in ("version", "title", "source", "licence", "read", "claim")}
    return RuleBook(criteria=told["criteria"], rules=rules, **facts)


def _rule(row: Sequence[Any]) -> Rule:
    """A rule of the requirements model."""
    name, function, entity, kind, keyword, criteria, text, requirement, condition = row
    parts = (_check(requirement), _check(condition))
    untested = "" if requirement else _OUTSIDE
    return Rule(name, function, entity, kind, keyword, tuple(criteria), text, *parts, untested=untested)


def _stated(row: Sequence[Any]) -> Rule:
    """A rule of another version, with the place of its sentence."""
    *rule, source = row
    return replace(_rule(rule), source=source)


def _shared(told: Mapping[str, Any], name: str, place: str) -> Rule:
    """A rule that another version states as 1.2 does."""
    model = rule_book("1.2")
    rule = model.by_id[name]
    conditions = tuple(model.conditions(rule))
    whole = Check("AND", conditions) if conditions else None
    return replace(rule, condition=whole, source=f"{place}, {told['commit']}")


def _changed(rule: Rule, change: Mapping[str, Any]) -> Rule:
    if not change:
        return rule
    changed = replace(rule, hint=change.get("hint", False), remark=change.get("why", ""))
    if "condition" in change:
        changed = replace(changed, condition=_check(change["condition"]))
    if "untested" in change:
        return replace(changed, requirement=None, untested=change["untested"])
    if "requirement" in change:
        return replace(changed, requirement=_check(change["requirement"]), untested="")
    return changed


def _check(told: Sequence[Any] | None) -> Check | None:
    """`[function, argument, ...]`, where an argument that begins with a function's name is a check itself."""
    if not told:
        return None
    function, *arguments = told
    if function in {"AND", "OR"}:
        return Check(function, tuple(_check(each) for each in arguments))
    return Check(function, tuple(arguments))

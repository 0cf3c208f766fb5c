"""What a bill may break, and how each breach is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["LISTED", "RULES", "Rule", "rule_of"]

LISTED = 100
"""Findings that are listed of one rule in one column of a file; the last one has the count of all."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence about the column, and what mends it."""

    message: str
    mend: str = ""


_ISO_DATE = "write it as 2026-11-01T00:00:00Z"
_ISO_NUMBER = "write it as 1234.5"

RULES: Mapping[str, Rule] = {
    "cost-unreadable": Rule("the amount cannot be read, or has more digits than the ledger keeps", _ISO_NUMBER),
    "cost-form": Rule("the amount is not written as FOCUS has it; it was read", _ISO_NUMBER),
    "quantity-unreadable": Rule("the number cannot be read; it is not known", _ISO_NUMBER),
    "quantity-form": Rule("the number is not written as FOCUS has it, or was rounded to 18 digits", _ISO_NUMBER),
    "moment-unreadable": Rule("the moment cannot be read", _ISO_DATE),
    "moment-form": Rule("the moment is not ISO 8601; it was read with the month first, in UTC", _ISO_DATE),
    "tags-unreadable": Rule("the tags are no JSON object; the row has none", 'write them as {"key": "value"}'),
    "tags-form": Rule(
        "the tags are a list, or a key stands twice: the first was taken", 'write them as {"key": "value"}'
    ),
    "row-long": Rule("the line has more cells than the first line has names", "put a cell with a separator in quotes"),
    "row-short": Rule("the line has fewer cells than the first line has names", "look for a quote that is not closed"),
    "day-missing": Rule(
        "the answer has no charge of the day, though it was asked for", "ask again once the source knows it"
    ),
    "required-missing": Rule("the value is missing", "every row must have it"),
    "value-missing": Rule("the value is missing"),
    "value-case": Rule("the value is written otherwise than in FOCUS; it was set right"),
    "value-unknown": Rule("FOCUS does not know the value"),
    "currency-unknown": Rule("ISO 4217 knows no such currency", "write its code, as USD"),
    "negative": Rule("the number is negative, and the row is no correction"),
    "period-turned": Rule("the period ends before it begins"),
    "json-unreadable": Rule("the value is no JSON"),
    "encoding": Rule("bytes that are no UTF-8 were replaced", "save the file as UTF-8"),
}


def rule_of(name: str) -> Rule:
    """The rule of this name."""
    return RULES[name]

"""What a rule of FOCUS is, and a book of them: one version of the specification, re-stated as data.

The first step of a validation: a book is read (`books`), its rules are asked of a file (`survey`), and what the file
answers becomes a report (`report`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

__all__ = ["PERMISSION", "STRICT", "Check", "Rule", "RuleBook"]

STRICT = frozenset({"MUST", "MUST NOT"})
"""Keywords whose breach is a failure; of the others it is a warning (RFC 2119)."""

PERMISSION = "MAY"
"""What a rule of this keyword allows nothing can break."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check function of the requirements model with its arguments; those of AND and OR are checks."""

    function: str
    arguments: tuple[Any, ...]

    def columns(self) -> Iterator[str]:
        """Columns that it looks at, as often as it does."""
        for place, argument in enumerate(self.arguments):
            if isinstance(argument, Check):
                yield from argument.columns()
            elif place < _COLUMNS[self.function]:
                yield str(argument)

    def references(self) -> tuple[str, ...]:
        """Ids of the rules that it refers to."""
        if self.function == "CheckModelRule":
            return (str(self.arguments[0]),)
        checks = (each for each in self.arguments if isinstance(each, Check))
        return tuple(reference for check in checks for reference in check.references())


_COLUMNS: Mapping[str, int] = {
    "ColumnPresent": 1,
    "CheckDistinctCount": 2,
    "FormatKeyValue": 1,
    "FormatJSON": 1,
    "CheckValue": 1,
    "CheckValueIn": 1,
    "CheckValuePairs": 2,
    "CheckNotValue": 1,
    "CheckNotSameValue": 2,
    "CheckSameValue": 2,
    "CheckDecimalValue": 1,
    "CheckGreaterOrEqualThanValue": 1,
    "CheckNationalCurrency": 1,
    "TypeDecimal": 1,
    "TypeString": 1,
    "FormatDateTime": 1,
    "FormatNumeric": 1,
    "FormatString": 1,
    "FormatUnit": 1,
    "FormatCurrency": 1,
    "ColumnByColumnEqualsColumnValue": 3,
    "TypeDateTime": 1,
    "CheckModelRule": 0,
    "CheckColumnNames": 0,
    "CheckPlaceholders": 0,
    "CheckBlanks": 0,
}
"""How many of a function's first arguments are columns."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `requirement` is None where the file cannot show whether it is kept; `untested` then says why.

    `criteria` are what a provider must support for the rule to apply, all of them. `hint`: what breaks it may still be
    right. `source` is where its sentence stands, and `remark` how it differs from the published model, if it does.
    """

    id: str
    function: str
    entity: str
    kind: str
    keyword: str
    criteria: tuple[str, ...]
    text: str
    requirement: Check | None
    condition: Check | None = None
    hint: bool = False
    untested: str = ""
    source: str = ""
    remark: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """Rules that it is made of."""
        return self.requirement.references() if self.requirement else ()


@dataclass(frozen=True)
class RuleBook:
    """A version of FOCUS: its rules, what providers may support, and what the book claims to hold of the version."""

    version: str
    title: str
    source: str
    licence: str
    read: str
    claim: str
    criteria: Mapping[str, str]
    rules: tuple[Rule, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        """Rules by id."""
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Columns that the version defines, in the order of their first rule."""
        return tuple(dict.fromkeys(rule.entity for rule in self.rules if rule.function == "Presence"))

    @cached_property
    def wholes(self) -> Mapping[str, Rule]:
        """The composite that each rule is part of."""
        return {part: rule for rule in self.rules for part in rule.parts}

    def conditions(self, rule: Rule) -> Iterator[Check]:
        """The rule's own condition, and those of the composites that it is part of: all must hold."""
        whole: Rule | None = rule
        while whole is not None:
            if whole.condition is not None:
                yield whole.condition
            whole = self.wholes.get(whole.id)

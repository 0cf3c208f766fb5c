"""For every rule that a file can be asked about: a row that breaks it, made from one that keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fairlead.meter.conformance.rules import Check, Rule, RuleBook

Row = dict[str, str | None]

_PLAIN = "Not like any other"


def broken_row(rule: Rule, book: RuleBook, rows: Sequence[Row]) -> Row:
    """A row of the bill that the rule is about, changed in one column so that it breaks the rule."""
    check = rule.requirement
    assert check is not None
    conditions = tuple(book.conditions(rule))
    about = (
        row
        for row in (*rows, *(_forced(conditions, row) for row in rows if "BillingAccountType" in row))
        if _meant(conditions, check, row)
    )
    row = next(about)
    column = next(check.columns(), "ServiceName")
    return row | {column: _wrong(check, column, row, rows)}


def holds(check: Check, row: Mapping[str, str | None]) -> bool:
    """Whether a condition holds for a row; written apart from the SQL that the package makes of it."""
    if check.function in {"AND", "OR"}:
        return (all if check.function == "AND" else any)(holds(each, row) for each in check.arguments)
    first, second, *_ = check.arguments
    if check.function == "CheckNotSameValue":
        return row.get(first) is not None and row.get(first) != row.get(second)
    equal = row.get(first) == second
    return equal if check.function == "CheckValue" else not equal


def _meant(conditions: Sequence[Check], check: Check, row: Row) -> bool:
    return all(holds(each, row) for each in conditions) and _fits(check, row)


def _forced(conditions: Sequence[Check], row: Row) -> Row:
    """The row with what a clean bill never has, and the rule is about: no billing account, a third party's invoice."""
    if any(each.function == "CheckNotSameValue" for each in conditions):
        return row | {"InvoiceIssuerName": "Example Marketplace"}
    return row | {"BillingAccountId": None, "BillingAccountType": None}


def _fits(check: Check, row: Row) -> bool:
    """Whether there is something to break: figures where figures are multiplied, a value where one is compared."""
    if check.function == "ColumnByColumnEqualsColumnValue":
        return all(row[column] for column in check.columns())
    if check.function == "CheckValue" and check.arguments[1] is None:
        return row[check.arguments[0]] is None
    return all(row[column] is not None for column in check.columns())


def _wrong(check: Check, column: str, row: Row, rows: Sequence[Row]) -> str | None:
    if check.function == "CheckNotValue":
        value: str | None = check.arguments[1]
        return value
    if check.function == "CheckValue" and check.arguments[1] is None:
        return next(str(each[column]) for each in rows if each[column] is not None)
    return _WRONG[check.function](row[column])


_WRONG: Mapping[str, Callable[[Any], str]] = {
    "OR": lambda _: _PLAIN,
    "CheckValue": lambda _: "17",
    "CheckValueIn": lambda _: _PLAIN,
    "CheckValuePairs": lambda _: "Object Storage",
    "CheckDecimalValue": lambda _: "many",
    "CheckGreaterOrEqualThanValue": lambda _: "-1",
    "ColumnByColumnEqualsColumnValue": lambda value: f"9{value}",
    "CheckNationalCurrency": lambda _: "Credits",
    "FormatCurrency": lambda _: "eur",
    "TypeDecimal": lambda _: "many",
    "TypeDateTime": lambda _: "soon",
    "FormatDateTime": lambda value: str(value).replace("T", " ").removesuffix("Z"),
    "FormatNumeric": lambda value: f"+{value}",
    "FormatString": lambda value: f"{value}\N{REPLACEMENT CHARACTER}",
    "FormatUnit": lambda _: "gigabyte-seconds",
    "FormatKeyValue": lambda _: '{"a": {"b": 1}}',
    "FormatJSON": lambda _: "[1]",
    "CheckPlaceholders": lambda _: "N/A",
    "CheckBlanks": lambda _: "  ",
}

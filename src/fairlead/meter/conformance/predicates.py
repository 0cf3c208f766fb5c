"""Check functions as SQL: each a predicate (DuckDB) over one row of the file, true where the row keeps it.

No predicate is ever NULL. What a column that is null would have to be, is not broken by it: nullability has rules of
its own. In a condition a null is not equal to any value, so `CheckNotValue(ChargeClass, "Correction")` holds for it;
the published validator lets such a condition fail, and with it leaves nearly every row out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairlead.meter.conformance.format_predicates import FORMATS
from fairlead.meter.conformance.row_columns import RowColumns, listed
from fairlead.meter.conformance.rules import Check
from fairlead.meter.conformance.shape import literal

__all__ = ["condition", "requirement"]

_MANY = "[0-9]{6,}"
"""Digits of a figure that is written to more than what is paid."""

_RELATIVE = "1e-9"
"""By what share a product of two figures may miss the third: doubles lose that, and no bill rounds finer."""


def requirement(row: RowColumns, check: Check) -> str:
    """True for each row that keeps the check."""
    return _predicate(row, check, "TRUE")


def condition(row: RowColumns, check: Check) -> str:
    """True for each row that the check, as a condition, is about."""
    return _predicate(row, check, "FALSE")


def _predicate(row: RowColumns, check: Check, null: str) -> str:
    """The predicate. ColumnPresent, CheckColumnNames, CheckDistinctCount and CheckModelRule are not about one row."""
    function, arguments = check.function, check.arguments
    if function in {"AND", "OR"}:
        joined = f" {function} ".join(_predicate(row, each, null) for each in arguments)
        return f"({joined})"
    if function in _FILE:
        return f"len({_FILE[function](row)}) = 0"
    if function in FORMATS:
        return FORMATS[function](row, arguments[0])
    if function == "CheckNotValue":
        return f"NOT {_value(row, *arguments, null='FALSE')}"
    return _COMPARISONS[function](row, *arguments, null=null)


def _value(row: RowColumns, name: str, value: Any, *, null: str) -> str:  # noqa: ANN401 - null, a text or a number
    if value is None:
        return f"({row.text(name)} IS NULL)"
    number = isinstance(value, int)
    equal = f"{row.number(name)} = {value}" if number else f"{row.text(name)} = {literal(value)}"
    return f"coalesce({equal}, {null})"


def _value_in(row: RowColumns, name: str, values: list[str], *, null: str) -> str:
    return f"coalesce({row.text(name)} IN ({listed(values)}), {null})"


def _pairs(row: RowColumns, name: str, other: str, allowed: Mapping[str, list[str]], *, null: str) -> str:
    column, whole = row.text(name), row.text(other)
    each = (f"({whole} = {literal(key)} AND {column} IN ({listed(values)}))" for key, values in allowed.items())
    return f"coalesce({' OR '.join(each)}, {null})"


def _same(row: RowColumns, name: str, other: str, *, null: str) -> str:
    return f"coalesce({row.text(name)} = {row.text(other)}, {null})"


def _not_same(row: RowColumns, name: str, other: str, *, null: str) -> str:
    return f"coalesce({row.text(name)} <> {row.text(other)}, {null})"


def _at_least(row: RowColumns, name: str, least: int, *, null: str) -> str:
    return f"coalesce({row.number(name)} >= {least}, {null})"


def _product(row: RowColumns, name: str, other: str, result: str, *, null: str) -> str:
    """Whether the product of two columns is the third, as far as the third was written.

    A cost rounded to n digits matches within half of its last digit. A zero at the end of many digits is padding: AWS
    rounds to ten digits and writes eleven.
    """
    first, second, third = (row.number(each) for each in (name, other, result))
    written = row.text(result)
    fraction = f"regexp_extract({written}, '^-?[0-9]*[.]([0-9]*)$', 1)"
    digits = f"length(regexp_replace({fraction}, '({_MANY})0$', '\\1'))"
    last = f"CASE WHEN regexp_full_match({written}, '-?[0-9]*[.]?[0-9]*') THEN 0.5 * pow(10, -{digits}) ELSE 0 END"
    allowed = f"greatest({last} * 1.000001, {_RELATIVE} * abs({third}))"
    return f"coalesce(abs({first} * {second} - {third}) <= {allowed}, {null})"


_FILE: Mapping[str, Callable[[RowColumns], str]] = {
    "CheckPlaceholders": RowColumns.placeholders,
    "CheckBlanks": RowColumns.blanks,
}

_COMPARISONS: Mapping[str, Callable[..., str]] = {
    "CheckValue": _value,
    "CheckValueIn": _value_in,
    "CheckValuePairs": _pairs,
    "CheckSameValue": _same,
    "CheckNotSameValue": _not_same,
    "CheckGreaterOrEqualThanValue": _at_least,
    "ColumnByColumnEqualsColumnValue": _product,
}

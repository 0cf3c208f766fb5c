"""Rules from a version's table of columns: whether each must be there, may be null, its type, format and values.

Of the versions without a published requirements model, this is what their pages state for every column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fairlead.meter.conformance.rules import Check, Rule

__all__ = ["rules_of_columns"]

_LEVELS = {
    "Mandatory": ("MUST", "MUST be present"),
    "Conditional": ("MUST", "MUST be present when the provider supports what it is for"),
    "Recommended": ("RECOMMENDED", "is RECOMMENDED to be present"),
}

_TYPES = {"String": "TypeString", "Decimal": "TypeDecimal", "Date/Time": "TypeDateTime"}

_FORMATS = {
    "numeric": ("FormatNumeric", "NumericFormat"),
    "moment": ("FormatDateTime", "DateTimeFormat"),
    "currency": ("FormatCurrency", "CurrencyFormat"),
    "keyvalue": ("FormatKeyValue", "KeyValueFormat"),
    "json": ("FormatJSON", "JsonObjectFormat"),
}


def rules_of_columns(rows: Sequence[Sequence[Any]], file: str, commit: str) -> list[Rule]:
    """Rules of all columns.

    A row is name, feature level, whether it may be null, data type, format, criteria, allowed values or null, and the
    name of its page where that is not the column's. `file` is the page that states them, with `{column}` for its name.
    """
    return [rule for row in rows for rule in _rules(row[:7], f"{_page(row, file)}, {commit}")]


def _page(row: Sequence[Any], file: str) -> str:
    name, *page = row[0], *row[7:]
    return file.format(column=page[0] if page else str(name).lower())


def _rules(row: Sequence[Any], source: str) -> Iterator[Rule]:
    name, level, nullable, kind, form, criteria, allowed = row
    keyword, presence = _LEVELS[level]

    def rule(aspect: str, function: str, text: str, check: Check, word: str = "MUST") -> Rule:
        whose = tuple(criteria) if function == "Presence" else ()
        of = "Dataset" if function == "Presence" else "Column"
        return Rule(f"{name}-{aspect}", function, name, of, word, whose, f"{name} {text}.", check, source=source)

    yield rule("present", "Presence", presence, Check("ColumnPresent", (name,)), keyword)
    if not nullable:
        yield rule("null", "Nullability", "MUST NOT be null", Check("CheckNotValue", (name, None)), "MUST NOT")
    if kind in _TYPES:
        yield rule("type", "Type", f"MUST be of type {kind}", Check(_TYPES[kind], (name,)))
    if form:
        function, attribute = _FORMATS[form]
        yield rule("format", "Format", f"MUST conform to {attribute} requirements", Check(function, (name,)))
    if allowed:
        values = Check("CheckValueIn", (name, allowed))
        yield rule("values", "Validation", f"MUST be one of {', '.join(allowed)}", values)

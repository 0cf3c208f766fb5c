"""Check functions about one column's type and format, as SQL. A null breaks none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fairlead.meter.conformance import formats
from fairlead.meter.conformance.row_columns import RowColumns, listed
from fairlead.meter.conformance.shape import literal

__all__ = ["FORMATS", "is_decimal"]

_MOMENTS = ("TIMESTAMP", "DATE")
_NUMBERS = ("DECIMAL", "DOUBLE", "FLOAT", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER")


def is_decimal(row: RowColumns, name: str) -> str:
    """A finite number, in whatever spelling."""
    return f"({row.text(name)} IS NULL OR coalesce(isfinite({row.number(name)}), FALSE))"


def _currency(row: RowColumns, name: str) -> str:
    """National currencies by their code; what does not look like a code is a virtual currency: any text."""
    column = row.text(name)
    known = f"{column} IN ({listed(sorted(formats.CURRENCIES))})"
    code = f"regexp_full_match({column}, '[A-Za-z]{{3}}')"
    return f"coalesce(CASE WHEN {code} THEN {known} ELSE trim({column}) <> '' END, TRUE)"


def _national(row: RowColumns, name: str) -> str:
    return f"coalesce({row.text(name)} IN ({listed(sorted(formats.CURRENCIES))}), TRUE)"


def _type_decimal(row: RowColumns, name: str) -> str:
    kind = row.shape.type_of(name)
    if not kind:
        return is_decimal(row, name)
    return "TRUE" if kind.startswith(_NUMBERS) else f"{row.text(name)} IS NULL"


def _type_string(row: RowColumns, name: str) -> str:
    return "TRUE" if row.shape.is_text(name) else f"{row.text(name)} IS NULL"


def _type_moment(row: RowColumns, name: str) -> str:
    column = row.text(name)
    if row.shape.type_of(name).startswith(_MOMENTS):
        return "TRUE"
    if not row.shape.is_text(name):
        return f"{column} IS NULL"
    return f"({column} IS NULL OR try_cast({column} AS TIMESTAMP) IS NOT NULL)"


def _format_moment(row: RowColumns, name: str) -> str:
    if row.shape.type_of(name).startswith(_MOMENTS):
        return "TRUE"
    column = row.text(name)
    written = f"regexp_full_match({column}, {literal(formats.MOMENT)})"
    return f"coalesce({written} AND try_cast({column} AS TIMESTAMP) IS NOT NULL, {column} IS NULL)"


def _format_numeric(row: RowColumns, name: str) -> str:
    if row.shape.type_of(name).startswith(_NUMBERS):
        return is_decimal(row, name)
    return f"coalesce(regexp_full_match({row.text(name)}, {literal(formats.NUMBER)}), TRUE)"


def _format_string(row: RowColumns, name: str) -> str:
    return f"coalesce(NOT regexp_matches({row.text(name)}, {literal(formats.UNREADABLE)}), TRUE)"


def _format_unit(row: RowColumns, name: str) -> str:
    column = row.text(name)
    form, wrong = (f"regexp_full_match({column}, {literal(each)})" for each in (formats.UNIT, formats.NO_UNIT))
    return f"coalesce({form} AND NOT {wrong}, TRUE)"


def _key_values(row: RowColumns, name: str) -> str:
    """A JSON object of unique keys and single values."""
    told = f"try_cast({row.text(name)} AS JSON)"
    values = f"map_values({told}::MAP(VARCHAR, JSON))"
    nested = f"list_filter({values}, lambda each: json_type(each) IN ('OBJECT', 'ARRAY'))"
    keys = f"json_keys({told})"
    return _object(row, name, f"len({nested}) = 0 AND len({keys}) = len(list_distinct({keys}))")


def _json(row: RowColumns, name: str) -> str:
    """A JSON object."""
    return _object(row, name, "TRUE")


def _object(row: RowColumns, name: str, right: str) -> str:
    column = row.text(name)
    is_object = f"json_type(try_cast({column} AS JSON)) = 'OBJECT'"
    return f"({column} IS NULL OR coalesce(CASE WHEN {is_object} THEN {right} END, FALSE))"


FORMATS: Mapping[str, Callable[[RowColumns, str], str]] = {
    "CheckDecimalValue": is_decimal,
    "CheckNationalCurrency": _national,
    "FormatCurrency": _currency,
    "TypeDecimal": _type_decimal,
    "TypeString": _type_string,
    "TypeDateTime": _type_moment,
    "FormatDateTime": _format_moment,
    "FormatNumeric": _format_numeric,
    "FormatString": _format_string,
    "FormatUnit": _format_unit,
    "FormatKeyValue": _key_values,
    "FormatJSON": _json,
}
"""By the name of the requirements model; FormatJSON came after 1.2."""

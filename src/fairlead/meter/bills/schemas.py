"""The schemas of bills by name, and which of them a file has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import cast

from fairlead.kernel.errors import UsageError
from fairlead.meter.bills.base import BillSchema

__all__ = ["AUTO", "SCHEMAS", "folded", "missing_marks", "recognise", "schema_named"]

AUTO = "auto"

SCHEMAS: Mapping[str, str] = {
    "focus": "fairlead.meter.bills.focus:FOCUS",
    "aws-cur": "fairlead.meter.bills.aws_cur:AWS_CUR",
    "azure-actual": "fairlead.meter.bills.azure:AZURE_ACTUAL",
    "azure-amortized": "fairlead.meter.bills.azure:AZURE_AMORTIZED",
    "aws-cost-explorer": "fairlead.meter.bills.cost_explorer:COST_EXPLORER",
    "opencost": "fairlead.meter.bills.opencost:OPENCOST",
}
"""Where each schema is; it is imported when it is asked for."""

_IGNORED = str.maketrans("", "", " \t\r\n_-/\u00a0\ufeff")


def schema_named(name: str) -> BillSchema:
    """The schema of this name; UsageError lists the known ones."""
    if name not in SCHEMAS:
        raise UsageError(f"unknown schema {name[:40]!r}", mend=f"one of {', '.join((AUTO, *SCHEMAS))}")
    module, _, constant = SCHEMAS[name].partition(":")
    return cast("BillSchema", getattr(import_module(module), constant))


def folded(name: str) -> str:
    """A column's name without case, spaces, `_`, `-` and `/`: what providers and tools change on the way."""
    return name.translate(_IGNORED).casefold()


def missing_marks(schema: BillSchema, columns: Iterable[str]) -> list[str]:
    """Columns that files of the schema have, and these are not."""
    there = {folded(column) for column in columns}
    return sorted(mark for mark in schema.marks if folded(mark) not in there)


def recognise(columns: Iterable[str], *, where: str, tables: bool = True) -> BillSchema:
    """The one schema whose columns these are.

    With `tables` False the file is JSON: the schema is one that reads JSON. UsageError tells what every known schema
    lacks, or which ones fit, where there is not exactly one.
    """
    names = list(columns)
    known = [schema for schema in map(schema_named, SCHEMAS) if (schema.rows is None) == tables]
    fits = [schema for schema in known if not tables or not missing_marks(schema, names)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        what = f"the columns fit {' and '.join(schema.name for schema in fits)}"
        raise UsageError(what, where=where, mend=f"say which with --schema {fits[0].name}")
    lacks = [f"{schema.name} lacks {', '.join(missing_marks(schema, names))}" for schema in known]
    raise UsageError(
        f"no known schema: {'; '.join(lacks)}",
        where=where,
        mend="the first line must name the columns; say which schema it is with --schema",
    )

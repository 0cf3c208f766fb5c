"""The columns of FOCUS 1.0 to 1.4, dataset Cost and Usage: what an import types, and what the table `bills` has.

The facts stand in `focus_columns.csv`. Source: FOCUS_Spec (CC BY 4.0), `specification/columns` of v1.0, v1.1 and v1.2;
`specification/datasets/cost_and_usage` of 1.3 and 1.4; read 2026-11. What 0.5 and 1.0-preview introduced counts as 1.0.
A column that a version made nullable, or not, stands as the newest version has it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fairlead.domain.ledger_tables import COST_TYPE, QUANTITY_TYPE, ROW_COLUMNS

__all__ = ["BILL_COLUMNS", "FINDINGS_COLUMN", "FOCUS_COLUMNS", "FocusColumn"]

_TYPES = {
    "cost": COST_TYPE,
    "quantity": QUANTITY_TYPE,
    "moment": "timestamp",
    "text": "string",
    "json": "string",
    "tags": "map<string,string>",
}


@dataclass(frozen=True, slots=True)
class FocusColumn:
    """One column. `kind` is cost, quantity (and unit price), moment, text, json (an object as text) or tags.

    `level` is mandatory, conditional or recommended; `introduced` the version that brought it, `removed` the first
    without it ('' for none). `allowed` are the values of an enumeration, () where any text is.
    """

    name: str
    kind: str
    level: str
    nullable: bool
    introduced: str
    removed: str
    allowed: tuple[str, ...]

    @property
    def type(self) -> str:
        """Type in the ledger, by the names that Delta and Spark use."""
        return _TYPES[self.kind]


def _column(row: Mapping[str, str]) -> FocusColumn:
    allowed = tuple(row["allowed"].split("|")) if row["allowed"] else ()
    nullable = row["nullable"] == "yes"
    return FocusColumn(row["column"], row["kind"], row["level"], nullable, row["introduced"], row["removed"], allowed)


def _columns() -> dict[str, FocusColumn]:
    text = Path(__file__).with_name("focus_columns.csv").read_text(encoding="utf-8")
    return {row["column"]: _column(row) for row in csv.DictReader(text.splitlines())}


FOCUS_COLUMNS: Mapping[str, FocusColumn] = _columns()
"""By name, in alphabetical order."""

FINDINGS_COLUMN = "row_findings"
"""What could not be read in a row of the ledger as it stood in its file: JSON, a list of column, value and rule."""

BILL_COLUMNS: Mapping[str, str] = {
    **{column.name: column.type for column in FOCUS_COLUMNS.values()},
    **ROW_COLUMNS,
    FINDINGS_COLUMN: "string",
}
"""Columns of the table `bills` beside its partitions and the bills' own `x_` columns; every file has all of them."""

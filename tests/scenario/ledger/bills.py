"""Bills for the tests of imports: a real one, twins of it that are broken in one way, and the ledger they come into."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from fairlead.domain.ledger import BILLS
from fairlead.flows.ledger.import_result import ImportRequest, ImportResult
from fairlead.flows.ledger.importing import import_bills
from fairlead.flows.world import World
from fairlead.testing.progress import no_progress

__all__ = ["AWS", "COLUMNS", "ROWS", "SCENARIOS", "edited", "imported", "rules", "stored", "sums_of", "written"]

_DATA = Path("tests/data/focus")
AWS = _DATA / "focus_1.0_aws_half.csv"
SCENARIOS = sorted((_DATA / "spec_scenarios").glob("*.csv"))
_COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")

with AWS.open(newline="", encoding="utf-8") as _file:
    COLUMNS, *_rows = csv.reader(_file)

ROWS: list[list[str]] = _rows[:20]
"""Twenty rows of the real bill."""


def edited(*changes: tuple[int, str, str]) -> list[list[str]]:
    """The twenty rows with some cells changed: row (from 1), column, value."""
    rows = [row[:] for row in ROWS]
    for row, column, value in changes:
        rows[row - 1][COLUMNS.index(column)] = value
    return rows


def written(path: Path, rows: Sequence[Sequence[str]], columns: Sequence[str] = COLUMNS) -> Path:
    """A CSV of these rows."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def imported(world: World, *paths: Path, source: str = "aws", currency: str = "", strict: bool = False) -> ImportResult:
    """Import files as the command does."""
    request = ImportRequest(source, currency=currency, strict=strict)
    return import_bills(world, [str(path) for path in paths], request, no_progress)


def rules(result: ImportResult) -> set[tuple[int, str, str]]:
    """Row, column and rule of every finding about a row."""
    return {(each.row, each.column, each.rule) for each in result.findings if each.row}


def stored(world: World, columns: str, source: str = "aws") -> list[tuple[Any, ...]]:
    """Columns of the ledger's bills of a source, in the order of their rows."""
    files = [file for part in world.ledger.parts(BILLS) if part.part.source == source for file in part.files]
    if not files:
        return []
    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'")
    query = f"SELECT {columns} FROM read_parquet(?, union_by_name = true) ORDER BY source_file, source_row"  # noqa: S608
    return engine.execute(query, [files]).fetchall()


def sums_of(rows: Iterable[Mapping[str, str]]) -> dict[str, dict[str, Decimal]]:
    """The four sums by currency, taken with Python's Decimal alone."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(_COSTS, Decimal(0)))
    for row in rows:
        for name in _COSTS:
            if row[name] not in {"", "NULL"}:
                sums[row["BillingCurrency"]][name] += Decimal(row[name])
    return dict(sums)

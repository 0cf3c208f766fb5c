"""What a statement changes against the one whose place it takes: rows, sums, and the services that moved most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from fairlead.domain.ledger import COSTS, Statement, Sums, TablePart
from fairlead.drivers.ledger.bill_staging import BillStaging
from fairlead.drivers.ledger.duckdb_connection import path_list
from fairlead.flows.ledger.import_result import Change, Replaced, difference
from fairlead.meter.bills.publishing import changes_sql
from fairlead.meter.bills.statements import statement_of

__all__ = ["replaced_by", "summed"]


def replaced_by(
    engine: BillStaging, statement: Statement, parquet: Sequence[Path], old: TablePart | None
) -> Replaced | None:
    """How a new statement differs from the part that stands there now; None where nothing does."""
    if old is None:
        return None
    before = statement_of(old)
    sums = before.sums if before else summed(engine, old.files)
    changed = engine.rows(changes_sql(_rows(old.files), _rows(map(str, parquet))), of=parquet[0])
    return Replaced(
        before,
        before.imported if before else old.written,
        old.rows,
        statement.rows - old.rows,
        sums,
        difference(statement.sums, sums),
        tuple(_change(row) for row in changed),
    )


def _rows(paths: Iterable[str]) -> str:
    return f"read_parquet({path_list(paths)}, hive_partitioning = false, union_by_name = true)"


def summed(engine: BillStaging, files: Sequence[str]) -> Sums:
    """Sums of rows of the ledger as they stand in its files."""
    sums = ", ".join(f'CAST(sum("{name}") AS VARCHAR) AS "{name}"' for name in COSTS.values())
    query = f'SELECT "BillingCurrency" AS currency, {sums} FROM {_rows(files)} GROUP BY 1'  # noqa: S608 - quoted
    return {
        row["currency"]: {name: _amount(row[name]) for name in COSTS.values()}
        for row in engine.rows(query, of=Path(files[0]))
    }


def _change(row: Mapping[str, Any]) -> Change:
    return Change(
        row["currency"],
        row["service"],
        row["category"],
        row["rows_before"],
        row["rows_after"],
        Decimal(row["billed_before"]),
        Decimal(row["billed_after"]),
        _amount(row["effective_before"]),
        _amount(row["effective_after"]),
    )


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)

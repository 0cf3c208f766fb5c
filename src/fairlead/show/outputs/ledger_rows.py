"""The ledger's rows as files for other programs: CSV and Parquet, amounts exact."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from fairlead.domain.ledger_tables import COST_DIGITS
from fairlead.kernel.errors import UsageError
from fairlead.kernel.money import plain
from fairlead.meter.ledger.report import LedgerReport, LedgerRow
from fairlead.show.outputs.console import Console

__all__ = ["csv_text", "inert", "write_rows"]

_AMOUNTS = ("amount", "units", "unit_cost", "revenue", "margin", "outcomes", "cost_per_outcome")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_rows(report: LedgerReport, form: str, out: Path | None, console: Console) -> None:
    """Write the rows as `csv` or `parquet`, to a file (whole or not at all) or, for CSV, to stdout."""
    if form not in {"csv", "parquet"}:
        raise UsageError("--out writes csv or parquet", mend="add --format csv, or redirect stdout")
    if out is None:
        if form == "parquet":
            raise UsageError("Parquet goes to a file", mend="name it with --out")
        console.write(csv_text(report).rstrip("\n"))
        return
    with tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}.", delete=False) as file:
        temporary = Path(file.name)
    try:
        if form == "csv":
            temporary.write_text(csv_text(report), encoding="utf-8", newline="")
        else:
            _write_parquet(report, temporary)
        os.replace(temporary, out)  # noqa: PTH105 - over what is there, in one step
    finally:
        temporary.unlink(missing_ok=True)
    console.note(f"{len(report.rows)} rows written to {out}")


def csv_text(report: LedgerReport) -> str:
    """One line per group. Text that a spreadsheet would run as a formula is quoted by an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_columns(report))
    for row in report.rows:
        writer.writerow([plain(cell) if isinstance(cell, Decimal) else inert(cell) for cell in _cells(report, row)])
    return text.getvalue()


def _columns(report: LedgerReport) -> list[str]:
    return [*report.keys, "currency", *_AMOUNTS, *_measures(report), "insufficient"]


def _measures(report: LedgerReport) -> Sequence[str]:
    return sorted({name for row in report.rows for name in row.usage})


def _cells(report: LedgerReport, row: LedgerRow) -> Iterator[str | Decimal | None]:
    yield from (row.key[name] for name in report.keys)
    yield row.currency
    yield from (getattr(row, name) for name in _AMOUNTS)
    yield from (row.usage.get(name) for name in _measures(report))
    yield row.insufficient


def inert(cell: str | Decimal | None) -> str | None:
    """Text that no spreadsheet runs as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else None if cell is None else str(cell)


def _write_parquet(report: LedgerReport, path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    exact = pa.decimal128(38, COST_DIGITS)
    texts = {*report.keys, "currency", "insufficient"}
    names = _columns(report)
    rows = [dict(zip(names, _cells(report, row), strict=True)) for row in report.rows]
    schema = pa.schema([(name, pa.string() if name in texts else exact) for name in names])
    columns = [pa.array([row[name] for row in rows], type=schema.field(name).type) for name in names]
    parquet.write_table(pa.Table.from_arrays(columns, schema=schema), path)

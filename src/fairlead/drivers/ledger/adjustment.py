"""What turns the rows of a closed bill into those of a later statement of it: reversals and additions, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.domain.ledger_tables import ROW_COLUMNS
from fairlead.drivers.ledger.duckdb_connection import connect, identifier, literal, path_list

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["write_adjustment"]

_REVERSED = ("Cost", "Quantity")
"""Endings of the columns that change their sign in a reversal. Prices per unit stay."""

_CORRECTION = "ChargeClass"

_BETWEEN, _NULL = "chr(31)", "chr(30)"


def write_adjustment(booked: Sequence[str], restated: Sequence[str], out: Path, spill: Path) -> int:
    """Write to `out` what must be added to the rows of `booked` to have those of `restated`; how many rows it is.

    Rows that are alike in everything but their place in a file cancel out, each one another. What is only booked is
    reversed: costs and quantities negated, `ChargeClass` Correction, as FOCUS marks a correction of an invoiced period.
    What is only restated is added as it is, marked alike. So booked + adjustment = restated, in every sum.
    """
    connection = connect(spill)
    try:
        for name, files in (("booked", booked), ("restated", restated)):
            connection.execute(f"CREATE VIEW {name} AS {_scan(files or restated, empty=not files)}")
        columns = _columns(connection)
        for name in ("booked", "restated"):
            connection.execute(f"CREATE VIEW {name}_keyed AS {_keyed(connection, name, columns)}")
        reversed_rows = _only_in("booked", "restated", [_reversed(each) for each in columns])
        added_rows = _only_in("restated", "booked", [_added(each) for each in columns])
        question = f"{reversed_rows} UNION ALL BY NAME {added_rows}"
        written = connection.execute(
            f"COPY ({question}) TO {literal(str(out))} (FORMAT parquet, COMPRESSION zstd)"
        ).fetchone()
        return int(written[0]) if written else 0
    finally:
        connection.close()


def _scan(files: Sequence[str], *, empty: bool) -> str:
    """The rows of files; with `empty`, their columns and no rows."""
    rows = f"read_parquet({path_list(files)}, union_by_name = true, hive_partitioning = false)"
    return f"SELECT * FROM {rows}{' WHERE false' if empty else ''}"  # noqa: S608 - quoted


def _columns(connection: DuckDBPyConnection) -> list[str]:
    """Columns of both sides, in order; one that a side lacks is null there."""
    found = [row[0] for name in ("booked", "restated") for row in connection.execute(f"DESCRIBE {name}").fetchall()]
    return list(dict.fromkeys(found))


def _keyed(connection: DuckDBPyConnection, name: str, columns: Iterable[str]) -> str:
    """The rows with all of the columns, a digest of what they say, and a number among those that say the same."""
    own = {row[0] for row in connection.execute(f"DESCRIBE {name}").fetchall()}
    missing = "".join(f", NULL AS {identifier(each)}" for each in columns if each not in own)
    said = ", ".join(
        f"coalesce(CAST({identifier(each)} AS VARCHAR), {_NULL})" for each in columns if each not in ROW_COLUMNS
    )
    full = f"(SELECT *{missing} FROM {name})"  # noqa: S608 - names are ours or quoted
    digest = f"(SELECT *, md5(concat_ws({_BETWEEN}, {said})) AS said FROM {full})"  # noqa: S608 - the same
    number = "row_number() OVER (PARTITION BY said ORDER BY source_file, source_row) AS alike"
    return f"SELECT *, {number} FROM {digest}"  # noqa: S608 - the same


def _only_in(name: str, other: str, columns: Iterable[str]) -> str:
    chosen = ", ".join(columns)
    return f"SELECT {chosen} FROM {name}_keyed ANTI JOIN {other}_keyed USING (said, alike)"  # noqa: S608 - quoted


def _reversed(column: str) -> str:
    quoted = identifier(column)
    if column.endswith(_REVERSED) and not column.startswith("x_"):
        return f"-{quoted} AS {quoted}"
    return _added(column)


def _added(column: str) -> str:
    quoted = identifier(column)
    return f"'Correction' AS {quoted}" if column == _CORRECTION else quoted

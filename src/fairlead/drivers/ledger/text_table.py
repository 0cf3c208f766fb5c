"""A file of a table (CSV, Parquet) as a relation whose columns are all text: what a file's schema is then asked of.

Nothing is guessed: the separator is the one that parts the header, and a line with another number of columns is
refused by DuckDB and listed.
"""

# ruff: noqa: S608 - what goes into a query is quoted, or written here

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.drivers.ledger.csv_files import csv_header, is_gzip, read_through
from fairlead.drivers.ledger.duckdb_connection import identifier, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["BadLine", "TextTable", "bad_lines", "text_table"]

_LONGEST_LINE = 1 << 21
_MOST_ERRORS = 10_000
"""Errors of a CSV that are kept in memory: a file with more of them is not one with a few bad lines in it."""

_FLOATS = {"DOUBLE", "FLOAT"}
_NESTED = ("MAP", "STRUCT")


@dataclass(frozen=True, slots=True)
class TextTable:
    """A file's columns, which of them are floats in it, and the relation: its columns as text, and `source_row`."""

    columns: tuple[str, ...]
    floats: frozenset[str]
    relation: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a CSV that is no row: its place among the data rows, from 1, its text, and what is wrong with it."""

    row: int
    text: str
    reason: str


def text_table(connection: DuckDBPyConnection, path: Path) -> TextTable:
    """The file as a relation; nothing but its header or footer is read yet. ValueError, UsageError: it is none."""
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    return _parquet(connection, path) if is_parquet else _csv(path)


def bad_lines(connection: DuckDBPyConnection) -> list[BadLine]:
    """Lines of the CSV read last that are no rows; then they are forgotten. ValueError: there are too many of them."""
    found = connection.execute(
        "SELECT line, first(csv_line), first(error_type) FROM reject_errors GROUP BY line ORDER BY line"
    ).fetchall()
    (errors,) = connection.execute("SELECT count(*) FROM reject_errors").fetchone() or (0,)
    connection.execute("DROP TABLE reject_errors")
    connection.execute("DROP TABLE reject_scans")
    if errors >= _MOST_ERRORS:
        raise ValueError(f"more than {_MOST_ERRORS:,} of its lines do not have the columns that its first line names")
    return [BadLine(line - 1, text or "", reason.lower()) for line, text, reason in found]


def _parquet(connection: DuckDBPyConnection, path: Path) -> TextTable:
    import duckdb

    read = f"read_parquet({literal(str(path))}, file_row_number = true)"
    try:
        found = connection.execute(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {read}").fetchall()
    except duckdb.Error as error:
        raise ValueError(str(error).partition("\n")[0]) from error
    kinds = {str(name): str(kind) for name, kind, *_ in found}
    texts = ", ".join(f"{_as_text(name, kind)} AS {identifier(name)}" for name, kind in kinds.items())
    relation = f"(SELECT {texts}, file_row_number + 1 AS source_row FROM {read})"
    return TextTable(tuple(kinds), frozenset(name for name, kind in kinds.items() if kind in _FLOATS), relation)


def _as_text(name: str, kind: str) -> str:
    if kind.startswith(_NESTED):
        return f"CAST(to_json({identifier(name)}) AS VARCHAR)"
    return f"CAST({identifier(name)} AS VARCHAR)"


def _csv(path: Path) -> TextTable:
    names, separator = csv_header(path)
    if is_gzip(path):
        read_through(path)
    if len(set(names)) != len(names):  # DuckDB takes no such names, and the schema says what is wrong with them
        return TextTable(tuple(names), frozenset(), "")
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    options = {
        "auto_detect": "false",
        "header": "true",
        "delim": literal(separator),
        "quote": "'\"'",
        "escape": "'\"'",
        "columns": f"{{{columns}}}",
        "compression": "'gzip'" if is_gzip(path) else "'none'",
        "max_line_size": str(_LONGEST_LINE),
        "ignore_errors": "true",
        "store_rejects": "true",
        "rejects_limit": str(_MOST_ERRORS),
    }
    given = ", ".join(f"{name} = {value}" for name, value in options.items())
    read = f"read_csv({literal(str(path))}, {given})"
    return TextTable(tuple(names), frozenset(), f"(SELECT *, row_number() OVER () AS source_row FROM {read})")

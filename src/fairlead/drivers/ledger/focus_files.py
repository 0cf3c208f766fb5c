"""Files of an export: rows that were staged as Parquet, written in FOCUS's columns as CSV, gzip or Parquet.

DuckDB streams from file to file, in bounded memory. In CSV a moment is written as FOCUS wants it, and an amount in
plain notation without zeros at its end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.kernel.errors import BrokenWorldError, UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["export_form", "sums_of", "write_rows"]

_FORMS = {
    ".csv": "FORMAT csv, HEADER true",
    ".csv.gz": "FORMAT csv, HEADER true, COMPRESSION gzip",
    ".parquet": "FORMAT parquet, COMPRESSION zstd",
}

_MEMORY = "1GB"
_AMOUNT = "DECIMAL(38, 24)"


def export_form(path: Path) -> str:
    """The suffix that says how to write a file. UsageError for another, with the known ones."""
    form = next((suffix for suffix in _FORMS if path.name.lower().endswith(suffix)), "")
    if not form:
        raise UsageError("its name does not say what to write", where=str(path), mend=f"end it in {', '.join(_FORMS)}")
    return form


def write_rows(staged: Path, out: Path, form: str, columns: Mapping[str, str], moments: Collection[str]) -> None:
    """Write the staged rows to `out`: `columns` are their names and expressions, in order."""
    chosen = ", ".join(f'{expression} AS "{name}"' for name, expression in columns.items())
    rows = f"SELECT {chosen} FROM read_parquet({_quoted(staged)})"  # noqa: S608 - quoted
    with _connection() as connection:
        if form != ".parquet":
            kinds = connection.execute(f"DESCRIBE {rows}").fetchall()
            texts = ", ".join(_text(name, kind, moments) for name, kind, *_ in kinds)
            rows = f"SELECT {texts} FROM ({rows})"  # noqa: S608 - quoted
        connection.execute(f"COPY ({rows}) TO {_quoted(out)} ({_FORMS[form]})")


def sums_of(path: Path, form: str, currency: str, columns: Collection[str]) -> dict[str, dict[str, Decimal]]:
    """Exact sums of an export's columns, by currency, read back from the file."""
    read = f"read_parquet({_quoted(path)})" if form == ".parquet" else _csv(path, form)
    sums = ", ".join(f'CAST(sum(CAST("{name}" AS {_AMOUNT})) AS {_AMOUNT})' for name in columns)
    question = f'SELECT "{currency}", {sums} FROM {read} GROUP BY ALL ORDER BY ALL'  # noqa: S608 - quoted
    with _connection() as connection:
        rows = connection.execute(question).fetchall()
    return {name: dict(zip(columns, values, strict=True)) for name, *values in rows}


def _csv(path: Path, form: str) -> str:
    compression = "gzip" if form == ".csv.gz" else "none"
    return f"read_csv({_quoted(path)}, all_varchar = true, header = true, compression = '{compression}')"


def _text(name: str, kind: str, moments: Collection[str]) -> str:
    column = f'"{name}"'
    if name in moments:
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ') AS {column}"
    if kind.startswith("DECIMAL"):
        return f"regexp_replace(rtrim({column}::VARCHAR, '0'), '[.]$', '') AS {column}"
    return column


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _connection() -> DuckDBPyConnection:
    try:
        import duckdb
    except ImportError as error:
        raise BrokenWorldError("DuckDB is not installed", mend="pip install 'fairlead[finops]'") from error
    connection = duckdb.connect(":memory:", config={"memory_limit": _MEMORY})
    connection.execute("SET TimeZone = 'UTC'")
    return connection

"""Files of an export: rows that were staged as Parquet, written in FOCUS's columns as CSV, gzip or Parquet.

DuckDB streams from file to file, in bounded memory. In CSV a moment is written as FOCUS wants it, and an amount in
plain notation without zeros at its end.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fairlead.drivers.ledger.duckdb_connection import connect, identifier, literal
from fairlead.kernel.errors import BrokenWorldError, UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["export_form", "staging", "sums_of", "write_rows"]

_FORMS = {
    ".csv": "FORMAT csv, HEADER true",
    ".csv.gz": "FORMAT csv, HEADER true, COMPRESSION gzip",
    ".parquet": "FORMAT parquet, COMPRESSION zstd",
}

_AMOUNT = "DECIMAL(38, 24)"


def export_form(path: Path) -> str:
    """The suffix that says how to write a file. UsageError for another, with the known ones."""
    form = next((suffix for suffix in _FORMS if path.name.lower().endswith(suffix)), "")
    if not form:
        raise UsageError("its name does not say what to write", where=str(path), mend=f"end it in {', '.join(_FORMS)}")
    return form


@contextmanager
def staging(spill: Path) -> Iterator[Path]:
    """A folder for the rows of an export; one that a killed program left is removed by the next engine that starts."""
    spill.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"engine-{os.getpid()}-", dir=spill) as folder:
        yield Path(folder)


def write_rows(staged: Path, out: Path, form: str, columns: Mapping[str, str], moments: Collection[str]) -> None:
    """Write the staged rows to `out`: `columns` are their names and expressions, in order."""
    chosen = ", ".join(f"{expression} AS {identifier(name)}" for name, expression in columns.items())
    rows = f"SELECT {chosen} FROM read_parquet({literal(str(staged))})"  # noqa: S608 - quoted
    with connect(staged.parent) as connection:
        if form != ".parquet":
            kinds = connection.execute(f"DESCRIBE {rows}").fetchall()
            texts = ", ".join(_text(name, kind, moments) for name, kind, *_ in kinds)
            rows = f"SELECT {texts} FROM ({rows})"  # noqa: S608 - quoted
        _copy(connection, f"COPY ({rows}) TO {literal(str(out))} ({_FORMS[form]})", out)


def _copy(connection: DuckDBPyConnection, sql: str, out: Path) -> None:
    import duckdb

    try:
        connection.execute(sql)
    except duckdb.IOException as error:
        what = f"the export cannot be written: {error}"
        raise BrokenWorldError(what, where=str(out.parent), mend="is there room, and may it be written to?") from error


def sums_of(path: Path, form: str, columns: Collection[str], spill: Path) -> dict[str, dict[str, Decimal | None]]:
    """Exact sums of an export's columns, by BillingCurrency, read back from the file; None where no row has one."""
    read = f"read_parquet({literal(str(path))})" if form == ".parquet" else _csv(path, form)
    sums = ", ".join(f"CAST(sum(CAST({identifier(name)} AS {_AMOUNT})) AS {_AMOUNT})" for name in columns)
    question = f"SELECT BillingCurrency, {sums} FROM {read} GROUP BY ALL ORDER BY ALL"  # noqa: S608 - quoted
    with connect(spill) as connection:
        rows = connection.execute(question).fetchall()
    return {name: dict(zip(columns, values, strict=True)) for name, *values in rows}


def _csv(path: Path, form: str) -> str:
    compression = "gzip" if form == ".csv.gz" else "none"
    return f"read_csv({literal(str(path))}, all_varchar = true, header = true, compression = '{compression}')"


def _text(name: str, kind: str, moments: Collection[str]) -> str:
    column = identifier(name)
    if name in moments:
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ') AS {column}"
    if kind.startswith("DECIMAL"):
        return f"regexp_replace(rtrim({column}::VARCHAR, '0'), '[.]$', '') AS {column}"
    return column

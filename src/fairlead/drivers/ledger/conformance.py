"""A file that is to be validated, opened by DuckDB: its columns, and answers to SQL over its rows as they stand.

CSV (also gzip) is read as text, column by column under its own names; Parquet with its types. Nothing of the file is
kept: every question is a pass over it, in bounded memory.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from fairlead.drivers.ledger.bill_files import IN_PIECES, BillTable, csv_table, form_of, parquet_table
from fairlead.drivers.ledger.duckdb_connection import connect, identifier
from fairlead.kernel.errors import UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["RELATION", "ROW", "ValidatedFile", "opened"]

RELATION = "validated"
"""Name of the file's rows in SQL."""

ROW = "row of file"
"""Name of the column that counts data rows from 1."""

_MEMORY = "512MB"
_CHUNK = 1 << 20
_SHOWN = 300
_GZIP = b"\x1f\x8b"
_MEND = "give CSV in UTF-8 (also gzip), or Parquet"


@dataclass(frozen=True, slots=True)
class ValidatedFile:
    """An open file: columns with DuckDB's types, which are those of the file itself if `typed`."""

    path: Path
    columns: Mapping[str, str]
    typed: bool
    _connection: DuckDBPyConnection

    def ask(self, sql: str) -> tuple[Any, ...]:
        """The first row of the answer to a question. UsageError where a row of the file cannot be read."""
        with _readable(self.path):
            row = self._connection.execute(sql).fetchone()
        return row or ()


@contextmanager
def opened(path: Path) -> Iterator[ValidatedFile]:
    """The file, until the end of the block. UsageError for one that is no table in CSV or Parquet."""
    quoted = _open_quote(path)
    form = form_of(path)
    if form not in {"csv", "parquet"}:
        raise UsageError(f"the file cannot be read: this is {form}", where=str(path), mend=_MEND)
    typed = form == "parquet"
    with TemporaryDirectory(prefix="fairlead-") as spill, connect(Path(spill), memory=_MEMORY) as connection:
        # Leniently, as a whole: what is wrong with the quotes is told with its row.
        connection.execute(f"SET VARIABLE {IN_PIECES} = false")
        with _readable(path):
            table = parquet_table(connection, path) if typed else csv_table(path)
            if quoted and not typed:
                _check_last(connection, path, table)
            names = _unique([_name(path, name) for name, _ in table.columns])
            connection.execute(f"CREATE VIEW {RELATION} AS {_rows(table, names, typed=typed)}")
        kinds = (kind for _, kind in table.columns)
        yield ValidatedFile(path, dict(zip(names, kinds, strict=True)), typed, connection)


def _rows(table: BillTable, names: Sequence[str], *, typed: bool) -> str:
    """SQL of the rows under their own names. An empty cell of a CSV is null; a row that is none ends the reading."""
    cells = (f"c{place}" if typed else f"nullif(c{place}, '')" for place in range(len(names)))
    columns = ", ".join(f"{cell} AS {identifier(name)}" for cell, name in zip(cells, names, strict=True))
    said = "'data row ' || source_row || ' has another number of cells than the first line has names'"
    whole = f"CASE WHEN shape IS NULL THEN TRUE ELSE error({said}) END"
    return f"SELECT {columns}, source_row AS {identifier(ROW)} FROM {table.relation} WHERE {whole}"  # noqa: S608 - quoted


def _name(path: Path, name: str) -> str:
    if not name.isprintable():
        raise UsageError("the file cannot be read: its first line is no list of names", where=str(path), mend=_MEND)
    return name


def _unique(names: Sequence[str]) -> list[str]:
    """Names as they stand; one that comes again, in whatever case, says how often it came."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name.lower()] = seen.get(name.lower(), 0) + 1
        times = seen[name.lower()]
        found.append(name if times == 1 else f"{name} ({times})")
    return found


def _open_quote(path: Path) -> bool:
    """Whether the file may end within quotes. Read to its end: DuckDB takes gzip that was cut off for whole."""
    quotes, last = 0, b""
    try:
        with path.open("rb") as file:
            packed = file.read(len(_GZIP)) == _GZIP
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            for chunk in iter(partial(file.read, _CHUNK), b""):
                quotes += chunk.count(b'"')
                last = chunk.rstrip(b"\r\n")[-1:] or last
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        what = f"the file cannot be read: {error}"
        raise UsageError(what, where=str(path), mend="fetch it again: it is cut off") from error
    except OSError as error:
        raise UsageError(error.strerror or str(error), where=str(path), mend=_MEND) from error
    return quotes % 2 == 1 and last != b'"'


def _check_last(connection: DuckDBPyConnection, path: Path, table: BillTable) -> None:
    """A quote that is never closed makes one cell of all rows behind it: the last one, with lines in it."""
    cells = ", ".join(f"c{place}" for place in reversed(range(len(table.columns))))
    lines = f"contains(coalesce({cells}), chr(10))"
    last = f"SELECT max(source_row), arg_max({lines}, source_row) FROM {table.relation}"  # noqa: S608 - places
    row, swallowed = connection.execute(last).fetchone() or (0, False)
    if swallowed:
        what = f"the file cannot be read: a quote that data row {row} opens is never closed"
        raise UsageError(what, where=str(path), mend="close it, or fetch the file again: it may be cut off")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    import duckdb

    try:
        yield
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as error:
        said = str(error).strip().partition("\n\n")[0].removeprefix("Invalid Input Error: ")[:_SHOWN]
        raise UsageError(f"the file cannot be read: {said}", where=str(path), mend=_MEND) from error

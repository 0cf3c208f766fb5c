"""A file that is to be validated, opened by DuckDB: its columns, and answers to SQL over its rows as they stand.

CSV (also gzip or zstd) is read as text, column by column under its own names; Parquet with its types. Nothing of the
file is kept: every question is a pass over it, in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from fairlead.kernel.errors import BrokenWorldError, UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["RELATION", "ValidatedFile", "opened"]

RELATION = "validated"
"""Name of the file's rows in SQL."""

_MEMORY = "512MB"
_PARQUET = ".parquet"
_MAGIC = b"PAR1"


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
    duckdb = _duckdb()
    typed = _is_parquet(path)
    with duckdb.connect(":memory:", config={"memory_limit": _MEMORY}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        with _readable(path):
            view = f"CREATE VIEW {RELATION} AS SELECT * FROM {_relation(path, typed=typed)}"  # noqa: S608 - quoted
            connection.execute(view)
            columns = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE {RELATION}").fetchall()}
        yield ValidatedFile(path, columns, typed, connection)


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return path.suffix.lower() == _PARQUET or file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise UsageError(error.strerror or str(error), where=str(path), mend="name a file in CSV or Parquet") from error


def _relation(path: Path, *, typed: bool) -> str:
    name = str(path).replace("'", "''")
    if typed:
        return f"read_parquet('{name}')"
    return f"read_csv('{name}', all_varchar = true, header = true, null_padding = false)"


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    duckdb = _duckdb()
    try:
        yield
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as error:
        said = str(error).strip().split("\n\n")[0]
        raise UsageError(f"the file cannot be read: {said}", where=str(path), mend="give CSV or Parquet") from error


def _duckdb() -> ModuleType:
    try:
        import duckdb
    except ImportError as error:
        raise BrokenWorldError("DuckDB is not installed", mend="pip install 'fairlead[finops]'") from error
    return duckdb

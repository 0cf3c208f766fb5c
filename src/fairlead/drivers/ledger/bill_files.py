"""Files of bills as relations: CSV (also gzip, and other encodings), Parquet, JSON. The first step of an import.

Nothing is guessed from the rows. A CSV's columns are those of its first line, all of them text; a line with more or
fewer cells stays a row, and says so in `shape`. Bytes that are no UTF-8 are replaced in a copy, which is then read.
"""

# ruff: noqa: S608 - what goes into a query is quoted, or written here

from __future__ import annotations

import codecs
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.drivers.ledger.csv_files import csv_header, is_gzip, opened, read_through
from fairlead.drivers.ledger.duckdb_connection import literal
from fairlead.kernel.errors import UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "IN_PIECES",
    "BillTable",
    "Lines",
    "csv_table",
    "digest_of",
    "form_of",
    "in_lines",
    "is_parquet",
    "json_table",
    "parquet_table",
    "rewritten",
    "stamp_of",
]

_CHUNK = 1 << 22
_LONGEST_LINE = 1 << 21
"""The engine sets sixteen of them aside."""

_NEVER = "\x01\x02"
"""No cell says this, so an empty cell is an empty text, and NULL is a cell that the line does not have."""

IN_PIECES = "csv_in_pieces"
"""Variable of the engine: whether it reads a CSV piece by piece, which it can where all quotes are as they should be.

As a whole, it keeps every cell with a quote in it until the end.
"""

_MORE = "more"
_BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


Lines = Callable[[Iterable[str]], Iterator[str]]
"""Takes a text, as it comes, apart into lines, one for a row; ValueError where it is wrong."""


@dataclass(frozen=True, slots=True)
class BillTable:
    """A file's columns (name and type, in its order), and SQL for its rows: c0, c1, ..., `source_row` and `shape`."""

    columns: tuple[tuple[str, str], ...]
    relation: str


def digest_of(path: Path) -> str:
    """SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stamp_of(path: Path) -> tuple[int, int]:
    """Size and time of the last change: another pair means that the file was written to."""
    told = path.stat()
    return told.st_size, told.st_mtime_ns


def form_of(path: Path) -> str:
    """`parquet`, `csv`, `json`, or `utf-16`, by the first bytes. UsageError for an empty file, or for a zip."""
    with opened(path) as file:
        start = file.read(4096)
    if not start.strip():
        raise UsageError("the file is empty", where=str(path), mend="give a bill whose first line names its columns")
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"PK\x03\x04"):
        raise UsageError("this is a zip archive", where=str(path), mend="unpack it, and import what is in it")
    if start.startswith(tuple(_BOMS)):
        return "utf-16"
    return "json" if start.lstrip(codecs.BOM_UTF8 + b" \t\r\n").startswith((b"{", b"[")) else "csv"


def is_parquet(path: Path) -> bool:
    """Whether the file is one that several threads can read."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def csv_table(path: Path) -> BillTable:
    """A CSV. UsageError where its first line is no list of names, or where it is packed and breaks off."""
    names, separator = csv_header(path)
    if is_gzip(path):
        read_through(path)
    places = [f"c{place}" for place in range(len(names))]
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in (*places, _MORE))
    options = {
        "auto_detect": "false",
        "header": "true",
        "delim": literal(separator),
        "quote": "'\"'",
        "escape": "'\"'",
        "columns": f"{{{columns}}}",
        "compression": "'gzip'" if is_gzip(path) else "'none'",
        "nullstr": literal(_NEVER),
        "null_padding": "true",
        "strict_mode": f"getvariable({literal(IN_PIECES)})",
        "parallel": f"getvariable({literal(IN_PIECES)})",
        "max_line_size": str(_LONGEST_LINE),
    }
    given = ", ".join(f"{name} = {value}" for name, value in options.items())
    shape = f"CASE WHEN {_MORE} IS NOT NULL THEN 'row-long' WHEN {places[-1]} IS NULL THEN 'row-short' END"
    read = f"read_csv({literal(str(path))}, {given})"
    relation = f"(SELECT {', '.join(places)}, row_number() OVER () AS source_row, {shape} AS shape FROM {read})"
    return BillTable(tuple((name, "VARCHAR") for name in names), relation)


def parquet_table(connection: DuckDBPyConnection, path: Path) -> BillTable:
    """A Parquet file, with its own types."""
    read = f"read_parquet({literal(str(path))}, file_row_number = true, hive_partitioning = false)"
    return _table(connection, read, path, "file_row_number + 1", ("file_row_number",))


def json_table(connection: DuckDBPyConnection, relation: str, path: Path) -> BillTable:
    """What a schema makes of a JSON file."""
    return _table(connection, relation, path, "row_number() OVER ()")


def _table(connection: DuckDBPyConnection, read: str, path: Path, row: str, less: Sequence[str] = ()) -> BillTable:
    import duckdb

    try:
        found = connection.execute(f"DESCRIBE SELECT * FROM {read}").fetchall()
    except duckdb.Error as error:
        raise UsageError(f"cannot be read: {str(error).partition(chr(10))[0]}", where=str(path)) from error
    columns = [(str(name), str(kind)) for name, kind, *_ in found if name not in less]
    names = ", ".join([*(f"c{place}" for place in range(len(columns))), *less])
    places = ", ".join(f"c{place}" for place in range(len(columns)))
    relation = f"(SELECT {places}, {row} AS source_row, CAST(NULL AS VARCHAR) AS shape FROM {read} AS t({names}))"
    return BillTable(tuple(columns), relation)


def rewritten(path: Path, to: Path, encoding: str = "utf-8") -> None:
    """A copy in UTF-8: bytes that are no text are replaced by U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    with opened(path) as source, to.open("wb") as target:
        while chunk := source.read(_CHUNK):
            target.write(decoder.decode(chunk).encode("utf-8"))
        target.write(decoder.decode(b"", final=True).encode("utf-8"))


def in_lines(path: Path, to: Path, lines: Lines) -> None:
    """The file's rows, one in a line. UsageError where it is not what it should be."""
    with opened(path) as source, to.open("w", encoding="utf-8") as target:
        text = io.TextIOWrapper(source, encoding="utf-8-sig", errors="replace")
        try:
            target.writelines(f"{line}\n" for line in lines(iter(lambda: text.read(_CHUNK), "")))
        except ValueError as error:
            raise UsageError(f"cannot be read: {error}", where=str(path)) from error

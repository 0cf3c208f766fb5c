"""DuckDB at work on one import: relations of files, typed Parquet staged from them, and questions asked of both."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from fairlead.drivers.lake_manifest import sync_folder as sync
from fairlead.drivers.ledger.bill_files import (
    IN_PIECES,
    BillTable,
    Lines,
    csv_table,
    form_of,
    in_lines,
    is_parquet,
    json_table,
    parquet_table,
    rewritten,
)
from fairlead.drivers.ledger.duckdb_connection import connect, literal
from fairlead.drivers.ledger.workplace import workplace
from fairlead.kernel.errors import BrokenWorldError, UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["BillStaging", "NotUtf8Error", "forgotten", "moved", "staging"]

_OPTIONS = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 61440, WRITE_BLOOM_FILTER false"
"""The first level: half the time of the usual third, for a twentieth more bytes. Half of the usual rows in a group,
which the writer holds in memory, for a hundredth more bytes; and no filters, which it holds to the end."""

_AS_A_WHOLE = "1536MB"
"""Memory for a CSV that cannot be read piece by piece: it grows with the file, and some gigabytes fit."""

_POLL = 0.1
_SPACE = ("No space left", "disk full", "Could not write", "max_temp_directory_size")


class NotUtf8Error(Exception):
    """A file holds bytes that are no UTF-8: it must be rewritten before it can be read."""


@contextmanager
def staging(folder: Path, *, memory: str = "384MB") -> Iterator[BillStaging]:
    """An engine for one import, whose own files in `folder` are gone afterwards."""
    with workplace(folder / "imports") as place:
        connection = connect(place, threads=_threads(), memory=memory)
        connection.execute("SET enable_external_file_cache = false")  # it fills what memory there is with files
        try:
            yield BillStaging(connection, place, memory)
        finally:
            connection.close()


def _threads(most: int = 4) -> int:
    """One for each core that is ours; more than four would need more memory than they save time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, most)


class BillStaging:
    """One import's engine. Errors of the world are told as such; what a file has wrong is a UsageError."""

    def __init__(self, connection: DuckDBPyConnection, folder: Path, memory: str) -> None:
        self._connection = connection
        self._memory = memory
        self._folder = folder

    def place(self) -> Path:
        """A path for a new Parquet file, on the ledger's disk; it goes with the engine, if it was not moved by then."""
        return self._folder / f"{uuid4().hex}.parquet"

    def form(self, path: Path) -> str:
        """`csv`, `parquet`, `json` or `utf-16`."""
        return form_of(path)

    def table(self, path: Path, form: str) -> BillTable:
        """A CSV or Parquet file as a relation."""
        return parquet_table(self._connection, path) if form == "parquet" else csv_table(path)

    def json_table(self, path: Path, lines: Lines, rows: Callable[[str], str]) -> BillTable:
        """A JSON file as a relation: `rows` makes one of the file of its lines. It goes with the engine."""
        copy = self._folder / f"{len(list(self._folder.iterdir()))}.jsonl"
        with _writing(path):
            in_lines(path, copy, lines)
        return json_table(self._connection, rows(literal(str(copy))), path)

    def in_utf8(self, path: Path, encoding: str = "utf-8") -> Path:
        """A copy of a text file with bytes that are no text replaced; it goes with the engine."""
        copy = self._folder / f"{len(list(self._folder.iterdir()))}.csv"
        with _writing(path):
            rewritten(path, copy, encoding)
        return copy

    def write(self, query: str, to: Path, told: Callable[[float], None], *, of: Path) -> int:
        """The query's rows as one Parquet file, and how many there are. `told` hears the share done; `of` is read."""
        with self._telling(told):
            done = self._ask(f"COPY ({query}) TO {literal(str(to))} ({_OPTIONS})", of).fetchone()
        with _writing(of):
            sync(to)  # here, where nobody waits for it
        return int(done[0]) if done else 0

    def rows(self, query: str, *, of: Path) -> list[Mapping[str, Any]]:
        """The answer's rows by column name. Ask for moments as text."""
        answer = self._ask(query, of)
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def _ask(self, query: str, of: Path) -> DuckDBPyConnection:
        import duckdb

        # A CSV is read by one thread, so that its rows can be counted: more of them would only wait, and burn a core.
        # So would those of a Parquet file for one another, if they had to write in order; its rows have their numbers.
        parallel = is_parquet(of)
        self._connection.execute(f"SET threads = {_threads() if parallel else 1}")
        self._connection.execute(f"SET preserve_insertion_order = {not parallel}")
        try:
            return self._read(query, in_pieces=True)
        except duckdb.Error as error:
            told = _told(error, of)
            if parallel or not isinstance(told, UsageError):
                raise told from error
        try:  # its quotes are not as they should be: the engine is lenient where it reads the file as a whole
            return self._read(query, in_pieces=False)
        except duckdb.Error as error:
            raise _told(error, of) from error

    def _read(self, query: str, *, in_pieces: bool) -> DuckDBPyConnection:
        self._connection.execute(f"SET VARIABLE {IN_PIECES} = {in_pieces}")
        self._connection.execute(f"SET memory_limit = '{self._memory if in_pieces else _AS_A_WHOLE}'")
        return self._connection.execute(query)

    @contextmanager
    def _telling(self, told: Callable[[float], None]) -> Iterator[None]:
        """Say in the background how far a query is."""
        done = threading.Event()
        self._connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")

        def watch() -> None:
            while not done.wait(_POLL):
                told(max(self._connection.query_progress(), 0.0) / 100)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BrokenWorldError(f"the bill cannot be staged: {error}", where=str(path)) from error


def _told(error: Exception, path: Path) -> Exception:
    text = str(error)
    first = text.partition("\n")[0]
    if "unicode" in text.lower() or "not utf-8" in text:
        return NotUtf8Error(first)
    if isinstance(error, _world()) or any(sign in text for sign in _SPACE):
        return BrokenWorldError(f"the bill cannot be staged: {first}", where=str(path))
    return UsageError(f"cannot be read: {first}", where=str(path), mend="look at the line that is named")


def _world() -> tuple[type[Exception], ...]:
    import duckdb

    return (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.InternalException)


def moved(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Move staged files to where they are published, on the same disk."""
    for path, there in pairs:
        with _writing(there):
            path.rename(there)


def forgotten(paths: Sequence[Path]) -> None:
    """Remove staged files that are not published."""
    for path in paths:
        path.unlink(missing_ok=True)

"""Port LedgerEngine: Ibis over DuckDB in memory, which reads the ledger's Parquet files where they lie."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.domain.ledger import TablePart
from fairlead.domain.ledger_tables import PART_COLUMNS
from fairlead.drivers.lake_manifest import read_manifest
from fairlead.drivers.ledger.answers import check_types, plain_rows
from fairlead.drivers.ledger.delta import DeltaLedger
from fairlead.drivers.ledger.duckdb_connection import connect, literal
from fairlead.drivers.ledger.metered import METERED, metered
from fairlead.drivers.ledger.relations import MANY, nothing, one_by_one, places, with_places
from fairlead.drivers.ledger.whole_numbers import DUCKDB_MACROS, WholeNumbers
from fairlead.kernel.errors import BrokenWorldError

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from duckdb import DuckDBPyConnection
    from ibis.backends.duckdb import Backend
    from ibis.expr.operations import Node

__all__ = ["DuckEngine"]

_KEPT = 64
"""Views of tables, and compiled questions, that are kept for being asked again; an older view goes when no question is
built on it any more."""

_HELD = "held_"


class DuckEngine(WholeNumbers):
    """Answers questions on this machine. Threads share one database and its memory; each has its own connection."""

    def __init__(
        self,
        store: DeltaLedger,
        lake: Path,
        columns: Mapping[str, Mapping[str, str]],
        spill: Path,
        *,
        threads: int = 2,
        memory: str = "1GB",
    ) -> None:
        """`columns` are the type by column that each table is promised to have, whatever is in it yet."""
        self._store = store
        self._lake = lake
        self._columns = columns
        self._spill = spill
        self._threads = threads
        self._memory = memory
        self._database: DuckDBPyConnection | None = None
        self._tables: dict[tuple[object, ...], ir.Table] = {}
        self._questions: dict[Node, str] = {}
        self._numbers = count()
        self._opening = threading.RLock()
        self._local = threading.local()

    def table(self, name: str, parts: Sequence[TablePart] | None = None) -> ir.Table:
        """A table of the ledger, or of the meter; see the port."""
        if name in METERED:
            manifest = read_manifest(self._lake)
            return self._view((name, manifest.generation), lambda _: metered(name, self._lake, manifest))
        chosen = self._store.parts(name) if parts is None else parts
        columns = {**PART_COLUMNS, **self._columns[name], **self._store.columns(name)}
        files = tuple(file for each in chosen for file in each.files)
        return self._view((name, tuple(columns), files), lambda view: self._scan(chosen, columns, view))

    def rows(self, question: ir.Table) -> list[dict[str, Any]]:
        """The answer's rows by column name."""
        backend, sql = self._compiled(question)
        return plain_rows(self._ran(backend, sql).to_arrow_table(), question)

    def hold(self, question: ir.Table) -> ir.Table:
        """The answer as a table of its own, which goes when no question is built on it any more."""
        backend, sql = self._prepared(question)
        name = f"{_HELD}{next(self._numbers)}"
        self._ran(backend, f"CREATE TEMP TABLE {name} AS {sql}")
        held = backend.table(name)
        weakref.finalize(held.op(), _let_go, backend.con, name)
        return held

    def write(self, question: ir.Table, path: Path) -> int:
        """Write the answer to one Parquet file; how many rows it has."""
        backend, sql = self._prepared(question)
        empty = self._ran(backend, f"SELECT * FROM ({sql}) LIMIT 0")  # noqa: S608 - compiled
        check_types(empty.to_arrow_table().schema, question)
        copy = f"COPY ({sql}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        written = self._ran(backend, copy).fetchone()
        return int(written[0]) if written else 0

    def close(self) -> None:
        """Let go of memory and of files that were spilled."""
        if self._database is not None:
            self._database.close()

    def _compiled(self, question: ir.Table) -> tuple[Backend, str]:
        """As `_prepared`; a page asks the same again, and Ibis compiles for longer than DuckDB answers.

        A question upon a held answer is not kept, since that would keep the answer.
        """
        asked = question.op()
        with self._opening:
            sql = self._questions.pop(asked, "")
        backend = self._backend()
        if not sql:
            backend, sql = self._prepared(question)
        if _of_views(asked):
            with self._opening:
                self._questions[asked] = sql
                if len(self._questions) > _KEPT:
                    self._questions.pop(next(iter(self._questions)))
        return backend, sql

    def _prepared(self, question: ir.Table) -> tuple[Backend, str]:
        backend = self._backend()
        backend._run_pre_execute_hooks(question)  # noqa: SLF001 - hands over tables in memory, which `compile` does not
        return backend, backend.compile(question)

    def _ran(self, backend: Backend, sql: str) -> DuckDBPyConnection:
        import duckdb

        try:
            ran: DuckDBPyConnection = backend.con.execute(sql)
        except duckdb.Error as error:
            what = str(error).partition("\nLINE ")[0].strip()
            raise BrokenWorldError(f"the ledger cannot be read: {what}") from error
        return ran

    def _scan(self, parts: Sequence[TablePart], columns: Mapping[str, str], view: str) -> str:
        if len(parts) < MANY:
            return one_by_one(parts, columns) if parts else nothing(columns)
        table = _places_of(view)
        database = self._open()
        database.execute(f"CREATE TABLE {table} (file VARCHAR, source VARCHAR, period VARCHAR, adjusts VARCHAR)")
        rows = ", ".join(f"({', '.join(map(literal, row))})" for row in places(parts))
        database.execute(f"INSERT INTO {table} VALUES {rows}")  # noqa: S608 - quoted
        return with_places(parts, columns, table)

    def _view(self, key: tuple[object, ...], sql: Callable[[str], str]) -> ir.Table:
        with self._opening:
            table = self._tables.pop(key, None)
            if table is None:
                name = f"{key[0]}_{next(self._numbers)}"
                self._open().execute(f"CREATE VIEW {name} AS {sql(name)}")
                table = self._backend().table(name)
                weakref.finalize(table.op(), _let_go_view, self._open(), name)
            self._tables[key] = table
            if len(self._tables) > _KEPT:
                self._tables.pop(next(iter(self._tables)))
            return table

    def _backend(self) -> Backend:
        if not hasattr(self._local, "backend"):
            try:
                import ibis
            except ImportError as error:
                raise BrokenWorldError("the ledger needs Ibis", mend="pip install 'fairlead[finops]'") from error
            with self._opening:
                self._local.backend = ibis.duckdb.from_connection(self._open().cursor())
        backend: Backend = self._local.backend
        return backend

    def _open(self) -> DuckDBPyConnection:
        with self._opening:
            if self._database is None:
                self._database = connect(self._spill, threads=self._threads, memory=self._memory)
                for macro in DUCKDB_MACROS:
                    self._database.execute(macro)
            return self._database


def _of_views(question: Node) -> bool:
    """Whether all that the question is built on are views, and no held answer or table in memory."""
    from ibis.expr.operations import DatabaseTable, PhysicalTable

    tables = question.find(PhysicalTable)
    return all(isinstance(each, DatabaseTable) and not each.name.startswith(_HELD) for each in tables)


def _let_go_view(database: DuckDBPyConnection, name: str) -> None:
    """Nobody asks the view again, and no question is built on it; by a cursor, since any thread may come to say so."""
    import duckdb

    with suppress(duckdb.ConnectionException):
        database.cursor().execute(f"DROP VIEW IF EXISTS {name}; DROP TABLE IF EXISTS {_places_of(name)}")


def _let_go(connection: DuckDBPyConnection, name: str) -> None:
    """With its connection the table is gone already."""
    import duckdb

    with suppress(duckdb.ConnectionException):
        connection.execute(f"DROP TABLE IF EXISTS {name}")


def _places_of(view: str) -> str:
    return f"{view}_places"

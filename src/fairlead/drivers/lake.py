"""Port Lake: Parquet files written and read by DuckDB in memory, listed in a manifest.

A window's files are written first, under names that nothing lists; then one rename of the manifest publishes them
together with the checkpoint. No database file is opened, so any number of processes may read while one writes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from fairlead.domain.usage import BillLine, CostLine, UsageRecord
from fairlead.drivers.lake_compaction import compactions
from fairlead.drivers.lake_manifest import LakeFile, Manifest, Retired, read_manifest, sync_folder, write_manifest
from fairlead.drivers.lake_tables import TABLES, bill_row, cost_row, rows_as_json, usage_row
from fairlead.kernel.errors import BrokenWorldError
from fairlead.ports import Clock

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["RETENTION", "ParquetLake"]

RETENTION = timedelta(minutes=15)
"""How long a replaced file stays for readers that opened the lake before."""

_CHUNK_ROWS = 5_000
_ROWS_FROM_JSON = "SELECT row.* FROM (SELECT unnest(from_json($1, $2)) AS row)"


@dataclass(frozen=True, slots=True)
class _Held:
    """A snapshot that a session holds."""

    manifest: Manifest
    connection: DuckDBPyConnection


class ParquetLake:
    """The lake in a folder. One process may publish; any may read."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._local = threading.local()
        self._cleaned = False

    def publish(
        self,
        usage: Sequence[UsageRecord],
        lines: Sequence[CostLine],
        bill: Sequence[BillLine],
        checkpoint: Mapping[str, str],
    ) -> None:
        """Publish records and checkpoint as one atomic act. BrokenWorldError (a full disk) changes nothing."""
        rows = {
            "usage": [usage_row(record) for record in usage],
            "cost_lines": [cost_row(line) for line in lines],
            "bill_lines": [bill_row(line) for line in bill],
        }
        engine = _engine()
        try:
            self._publish(rows, checkpoint)
        except (OSError, engine.Error) as error:
            raise BrokenWorldError(f"cannot publish usage: {error}", where=str(self._folder)) from error

    def checkpoint(self) -> Mapping[str, str]:
        """The checkpoint of the last publish, or of the session's snapshot; empty before the first."""
        held = self._held()
        return (held.manifest if held else read_manifest(self._folder)).checkpoint

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, object]]:
        """Rows by column name; moments are aware UTC in both directions."""
        held = self._held()
        if held is None:
            with self.session():
                return self.query(sql, parameters)
        result = held.connection.execute(sql, [_naive(value) for value in parameters])
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, map(_aware, row), strict=True)) for row in result.fetchall()]

    def session(self) -> AbstractContextManager[None]:
        """Hold one snapshot for several queries of this thread."""
        return self._session()

    @contextmanager
    def _session(self) -> Iterator[None]:
        if self._held() is not None:
            yield
            return
        manifest = read_manifest(self._folder)
        connection = _connect()
        try:
            for table in TABLES:
                connection.execute(f"CREATE VIEW {table} AS {self._scan(manifest.files, table)}")
            self._local.held = _Held(manifest, connection)
            yield
        finally:
            self._local.held = None
            connection.close()

    def _held(self) -> _Held | None:
        held: _Held | None = getattr(self._local, "held", None)
        return held

    def _publish(self, rows: Mapping[str, Sequence[Mapping[str, object]]], checkpoint: Mapping[str, str]) -> None:
        before = read_manifest(self._folder)
        for table in TABLES:
            (self._folder / table).mkdir(parents=True, exist_ok=True)
        if not self._cleaned:
            self._remove_orphans(before)
        generation = before.generation + 1
        connection = _connect()
        try:
            written = [
                self._write_rows(connection, table, content, generation) for table, content in rows.items() if content
            ]
            files, replaced = self._compact(connection, (*before.files, *written), generation)
        finally:
            connection.close()
        now = self._clock.now()
        kept = tuple(each for each in before.retired if now - each.at < RETENTION)
        retired = (*kept, *(Retired(file.table, file.name, now) for file in replaced))
        for table in TABLES:
            sync_folder(self._folder / table)
        write_manifest(self._folder, Manifest(generation, files, retired, checkpoint))
        for each in before.retired:
            if each not in kept:
                (self._folder / each.table / each.name).unlink(missing_ok=True)

    def _remove_orphans(self, manifest: Manifest) -> None:
        """Files that nothing lists: a writer was killed before its manifest. Only the writer comes here."""
        listed = {(each.table, each.name) for each in manifest.files}
        listed |= {(each.table, each.name) for each in manifest.retired}
        for table in TABLES:
            for path in (self._folder / table).iterdir():
                if (table, path.name) not in listed:
                    path.unlink()
        self._cleaned = True

    def _write_rows(
        self, connection: DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, object]], generation: int
    ) -> LakeFile:
        columns = ", ".join(f"{name} {kind}" for name, kind in TABLES[table].items())
        shape = rows_as_json([dict(TABLES[table])])
        connection.execute(f"CREATE TEMP TABLE new_{table} ({columns})")
        for start in range(0, len(rows), _CHUNK_ROWS):
            chunk = rows_as_json([dict(row) for row in rows[start : start + _CHUNK_ROWS]])
            connection.execute(f"INSERT INTO new_{table} {_ROWS_FROM_JSON}", [chunk, shape])
        day = str(rows[0]["window_start"])[:10]
        file = LakeFile(table, day, 0, f"{day}.{generation:09d}.parquet")
        self._copy(connection, f"FROM new_{table}", file)
        return file

    def _compact(
        self, connection: DuckDBPyConnection, files: tuple[LakeFile, ...], generation: int
    ) -> tuple[tuple[LakeFile, ...], list[LakeFile]]:
        """The files after compaction, and those that it replaced."""
        replaced: list[LakeFile] = []
        for merged, sources in compactions(files, generation):
            self._copy(connection, self._scan(sources, merged.table), merged)
            place = files.index(sources[0])
            files = tuple(file for file in files if file not in sources)
            files = (*files[:place], merged, *files[place:])
            replaced += sources
        return files, replaced

    def _copy(self, connection: DuckDBPyConnection, source: str, file: LakeFile) -> None:
        path = self._folder / file.table / file.name
        connection.execute(f"COPY ({source}) TO {_quoted(path)} (FORMAT parquet, COMPRESSION zstd)")
        with path.open("rb") as stream:
            os.fsync(stream.fileno())

    def _scan(self, files: Sequence[LakeFile], table: str) -> str:
        """A SELECT over the table's files among `files`; without any, of the right types and no rows."""
        paths = [_quoted(self._folder / table / file.name) for file in files if file.table == table]
        if paths:
            return f"SELECT * FROM read_parquet([{', '.join(paths)}])"  # noqa: S608 - paths of our own, quoted
        columns = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in TABLES[table].items())
        return f"SELECT {columns} WHERE false"


def _engine() -> ModuleType:
    """DuckDB, imported when it is needed: the core install does without."""
    try:
        import duckdb
    except ImportError as error:
        raise BrokenWorldError("usage and cost need DuckDB", mend="install fairlead[local]") from error
    return duckdb


def _connect() -> DuckDBPyConnection:
    """An engine in memory that loads nothing from a network."""
    connection: DuckDBPyConnection = _engine().connect(
        ":memory:",
        config={
            "threads": 2,
            "memory_limit": "1GB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    return connection


def _quoted(path: Path) -> str:
    text = str(path).replace("'", "''")
    return f"'{text}'"


def _naive(value: object) -> object:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def _aware(value: object) -> object:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value

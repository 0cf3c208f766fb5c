"""Collected usage between its source and the ledger: files of typed rows in a folder that is removed at the end.

What a row must be is said by whoever stages it, as SQL over a file's text; here it is run, in bounded memory. Then one
month after the other is written out, together with what the ledger held of it and nobody collected anew.
"""

# ruff: noqa: S608 - what goes into a query is quoted, or written here

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fairlead.domain.ledger_tables import USAGE_COLUMNS
from fairlead.drivers.ledger.duckdb_connection import connect, literal, path_list
from fairlead.drivers.ledger.text_table import BadLine, TextTable, bad_lines, text_table
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["Keeping", "RefusedRow", "Staged", "UsageStaging"]

_COULD_NOT_WRITE = re.compile("Could not write|No space left|Could not truncate|Failed to (write|flush)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = ", ".join(USAGE_COLUMNS)
_KEY = ", ".join(name for name in USAGE_COLUMNS if name not in {"quantity", "source_file", "source_row"})
_MONTH = "strftime(window_start, '%Y-%m-01')"


@dataclass(frozen=True, slots=True)
class Staged:
    """What became of one source: rows read, and those that no reason refused."""

    place: int
    name: str
    rows: int
    accepted: int


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was refused, for the reason at `reason`; `count` of that reason, where later ones are not listed."""

    reason: int
    row: int
    measure: str
    shown: str
    count: int


@dataclass(frozen=True, slots=True)
class Keeping:
    """What stays of a month: rows outside [since, until).

    With `origins`, only rows from these are collected anew, each in a span of its own; the rest stays.
    """

    since: datetime
    until: datetime
    origins: Mapping[str, tuple[datetime, datetime]] | None = None


class UsageStaging:
    """Sources staged one after the other, numbered from 0. Use within a folder that is there and is removed after."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sources: list[Path] = []
        self._connection = connect(folder)
        self._connection.execute("CREATE TABLE repeats (place INTEGER, source_row BIGINT, measure VARCHAR)")

    def close(self) -> None:
        """Free the engine's memory."""
        self._connection.close()

    def open_table(self, path: Path) -> TextTable:
        """A CSV or Parquet file as text. ValueError where it is neither."""
        return text_table(self._connection, path)

    def take_table(self, name: str, question: str) -> tuple[Staged, list[BadLine]]:
        """Run a SELECT over an opened table into the stage; and lines of the file that are no rows.

        The question gives the columns of `usage` without `source_file`, and `refused` (a number, or NULL) and `shown`.
        duckdb.Error where the file breaks off or is damaged; ValueError where it is hardly a table.
        """
        path = self._folder / f"raw-{len(self._sources)}.parquet"
        self._copy(f"SELECT *, {literal(name)} AS source_file FROM ({question})", path)
        lines = bad_lines(self._connection) if self._has_rejects() else []
        if lines:
            path = self._renumbered(path, lines)
        return self._staged(name, path, len(lines)), lines

    def take_rows(self, name: str, rows: Iterable[Any]) -> Staged:
        """Stage rows that have the fields of `usage`, in pieces, however many they are."""
        from fairlead.drivers.ledger.usage_rows import write_rows

        path = self._folder / f"raw-{len(self._sources)}.parquet"
        try:
            write_rows(path, rows)
        except OSError as error:
            mend = "make room on the disk of the state folder"
            raise BrokenWorldError(f"cannot be written: {error}", where=str(self._folder), mend=mend) from error
        return self._staged(name, path, 0)

    def refused(self, staged: Staged, most: int, apart: Sequence[int]) -> list[RefusedRow]:
        """The first `most` refused rows of each reason; the last one of these counts for itself and all that follow.

        Measures of one line of the file count as one row, but for the reasons `apart`.
        """
        each = ", ".join(map(str, apart)) or "NULL"
        once = f"SELECT DISTINCT ON (refused, source_row, CASE WHEN refused IN ({each}) THEN measure END) *"
        numbered = (
            "SELECT *, row_number() OVER (PARTITION BY refused ORDER BY source_row) AS nth,"
            f" count(*) OVER (PARTITION BY refused) AS whole FROM"
            f" ({once} FROM ({self._source(staged.place)} AND refused IS NOT NULL) ORDER BY source_row, measure)"
        )
        found = self._connection.execute(
            "SELECT refused, source_row, coalesce(measure, ''), coalesce(shown, ''),"
            f" CASE WHEN nth = {most} THEN whole - {most - 1} ELSE 1 END FROM ({numbered})"
            f" WHERE nth <= {most} ORDER BY source_row, refused"
        ).fetchall()
        return [RefusedRow(*row) for row in found]

    def drop_repeated(self, most: int) -> tuple[list[tuple[int, int, str]], dict[int, int]]:
        """Refuse rows whose key came before: (place, row, measure) of `most`, and how many by source's place."""
        accepted = " UNION ALL ".join(
            self._source(place) + " AND refused IS NULL" for place in range(len(self._sources))
        )
        hashed = f"SELECT *, hash({_KEY}) AS digest FROM ({accepted})"
        twice = f"SELECT digest FROM ({hashed}) GROUP BY digest HAVING count(*) > 1"
        self._connection.execute(
            f"INSERT INTO repeats SELECT place, source_row, measure FROM (SELECT *, row_number() OVER"
            f" (PARTITION BY {_KEY} ORDER BY place, source_row) AS time FROM ({hashed}) WHERE digest IN ({twice}))"
            " WHERE time > 1"
        )
        listed = self._connection.execute(f"SELECT * FROM repeats ORDER BY ALL LIMIT {most}").fetchall()
        counted = self._connection.execute("SELECT place, count(*) FROM repeats GROUP BY place").fetchall()
        return listed, dict(counted)

    def beyond_devices(self, most: int) -> list[tuple[int, int, str, int]]:
        """GPUs of which more was used, or reserved, in a window than its time: place, row, device; and how many in all.

        A GPU is told by its label `UUID`, or `gpu` and the resource; rows that name none are not judged.
        """
        device = "coalesce(labels['UUID'], resource || '/' || labels['gpu'])"
        length = "(epoch_us(window_end) - epoch_us(window_start)) / 1000000.0"
        return self._connection.execute(
            f"SELECT min(place), arg_min(source_row, place), {device} AS device, count(*) OVER () FROM"
            f" ({self._accepted()}) WHERE measure = 'gpu_seconds' AND role <> 'capacity' AND {device} <> ''"
            f" GROUP BY window_start, window_end, device, role HAVING sum(quantity) > {length}"
            f" ORDER BY 1, 2 LIMIT {most}"
        ).fetchall()

    def span(self) -> tuple[datetime, datetime] | None:
        """From the first window's start to the last one's end, of the rows accepted; None where there are none."""
        found = self._connection.execute(
            f"SELECT min(epoch_us(window_start)), max(epoch_us(window_end)) FROM ({self._accepted()})"
        ).fetchone()
        if found is None or found[0] is None:
            return None
        first, last = (_EPOCH + timedelta(microseconds=int(each)) for each in found)
        return first, last

    def months(self, since: datetime, until: datetime) -> dict[str, int]:
        """Rows accepted that begin in [since, until), by the first day of their month (UTC)."""
        found = self._connection.execute(
            f"SELECT {_MONTH} AS month, count(*) FROM ({self._accepted()})"
            f" WHERE {_within(since, until)} GROUP BY month ORDER BY month"
        ).fetchall()
        return dict(found)

    def write_month(self, month: str, before: Sequence[str], keeping: Keeping, path: Path) -> tuple[int, int, bool]:
        """Write a month's rows to `path`: the new ones, and of the files `before` those that are kept.

        How many there are, how many of `before` they took the place of, and whether anything differs from it.
        """
        span = _within(keeping.since, keeping.until)
        whole = f"SELECT {_COLUMNS} FROM ({self._accepted()}) WHERE {span} AND {_MONTH} = {literal(month)}"
        if before:
            kept = f"SELECT {_COLUMNS} FROM {_read(before)} WHERE NOT ({_anew(span, keeping)})"
            whole = f"{whole} UNION ALL {kept}"
        self._copy(f"SELECT * FROM ({whole}) ORDER BY window_start, resource, measure", path)
        now = self._signature([str(path)])
        if before and now == self._signature(before):
            return int(now[0]), 0, False
        return int(now[0]), self._counted(before, _anew(span, keeping)) if before else 0, True

    def _counted(self, files: Sequence[str], condition: str) -> int:
        found = self._connection.execute(f"SELECT count(*) FROM {_read(files)} WHERE {condition}").fetchone()
        return int(found[0]) if found else 0

    def _signature(self, files: Sequence[str]) -> tuple[Any, ...]:
        """The same for the same rows in whatever order."""
        asked = f"SELECT count(*), sum(hash({_COLUMNS})::HUGEINT), bit_xor(hash({_COLUMNS})) FROM {_read(files)}"
        return self._connection.execute(asked).fetchone() or ()

    def _staged(self, name: str, path: Path, bad: int) -> Staged:
        place = len(self._sources)
        self._sources.append(path)
        rows, accepted = self._connection.execute(
            f"SELECT count(*), count(*) FILTER (refused IS NULL) FROM {_read([str(path)])}"
        ).fetchone() or (0, 0)
        return Staged(place, name, rows + bad, accepted)

    def _source(self, place: int) -> str:
        return f"SELECT *, {place} AS place FROM {_read([str(self._sources[place])])} WHERE true"

    def _accepted(self) -> str:
        every = " UNION ALL ".join(self._source(place) for place in range(len(self._sources)))
        return f"SELECT * FROM ({every}) ANTI JOIN repeats USING (place, source_row, measure) WHERE refused IS NULL"

    def _has_rejects(self) -> bool:
        tables = self._connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'").fetchone()
        return tables is not None

    def _renumbered(self, path: Path, lines: Sequence[BadLine]) -> Path:
        """The file with its rows counted as if the bad lines were rows: DuckDB leaves them out of its count."""
        shifts = ", ".join(f"({line.row - before}, {before + 1})" for before, line in enumerate(lines))
        self._connection.execute(f"CREATE OR REPLACE TABLE shifts AS FROM (VALUES {shifts}) AS shift(upto, by_rows)")
        moved = path.with_suffix(".moved.parquet")
        last = "(SELECT upto, max(by_rows) AS by_rows FROM shifts GROUP BY upto)"
        self._copy(
            f"SELECT raw.* REPLACE (raw.source_row + coalesce(by_rows, 0) AS source_row) FROM {_read([str(path)])} raw"
            f" ASOF LEFT JOIN {last} shift ON raw.source_row >= shift.upto",
            moved,
        )
        path.unlink()
        return moved

    def _copy(self, question: str, path: Path) -> None:
        import duckdb

        try:
            self._connection.execute(f"COPY ({question}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
        except duckdb.Error as error:
            if isinstance(error, duckdb.OutOfMemoryException) or _COULD_NOT_WRITE.search(str(error)):
                what = str(error).partition("\n")[0]
                mend = "make room on the disk of the state folder"
                raise BrokenWorldError(f"cannot be written: {what}", where=str(path.parent), mend=mend) from error
            raise


def _read(files: Sequence[str]) -> str:
    return f"read_parquet({path_list(files)}, hive_partitioning = false)"


def _within(since: datetime, until: datetime) -> str:
    return f"window_start >= '{since.isoformat()}'::TIMESTAMPTZ AND window_start < '{until.isoformat()}'::TIMESTAMPTZ"


def _anew(span: str, keeping: Keeping) -> str:
    """What is collected anew, and so not kept."""
    if keeping.origins is None:
        return span
    each = (f"(source_file = {literal(name)} AND {_within(*told)})" for name, told in keeping.origins.items())
    return " OR ".join(each) or "false"

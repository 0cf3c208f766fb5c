"""Port LedgerStore: one Delta table per table of the ledger, each in a folder of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from fairlead.domain.ledger import BILLS, LINES, USAGE, Part, TablePart
from fairlead.domain.ledger_tables import PART_COLUMNS
from fairlead.drivers.lake_manifest import sync_folder as sync
from fairlead.drivers.ledger.delta_commit import UNFINISHED, NewFile, actions_of, write_commit
from fairlead.drivers.ledger.delta_log import LOG, DeltaLog
from fairlead.drivers.ledger.delta_snapshot import remove_before, write_snapshot
from fairlead.drivers.ledger.footers import read_footers
from fairlead.drivers.ledger.writing import Writing
from fairlead.kernel.errors import BrokenWorldError, IntegrityError, NotFoundError
from fairlead.ports import Clock

__all__ = ["TABLES", "DeltaLedger", "ledger_files"]

TABLES = (BILLS, USAGE, LINES)

_CHECKPOINT_EVERY = 100
_READ_BY_THEN = timedelta(hours=1)
"""Nobody still reads lines that were replaced so long ago."""


class DeltaLedger:
    """The ledger in a folder. One process may write, any may read; a reader keeps what it has begun with."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder.resolve()
        self._clock = clock
        self._writing = Writing(self._folder, clock)
        self._logs = {table: DeltaLog(self._folder / table) for table in TABLES}
        self._reading = threading.Lock()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the ledger for one writer, and clear away what a killed one left."""
        with self._writing.hold() as taken:
            if taken:
                self._remove_orphans()
            yield

    def stage(self, table: str) -> Path:
        """A path for a new Parquet file of the table, in its folder."""
        self._demand_writing()
        folder = self._log(table).folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BrokenWorldError(f"cannot be written: {error}", where=str(folder)) from error
        return folder / f"{uuid4().hex}.parquet"

    def replace(self, table: str, files: Mapping[Part, Sequence[Path]], note: Mapping[str, str]) -> int:
        """Make staged files the whole content of their parts; see the port."""
        self._demand_writing()
        folder = self._folder / table
        try:
            version = self._replace(table, files, note)
        except OSError as error:
            raise BrokenWorldError(f"cannot be written: {error}", where=str(folder)) from error
        if version and version % _CHECKPOINT_EVERY == 0:
            _checkpoint(folder)
            if table == LINES:
                self._begin_anew(version)
        return version

    def parts(self, table: str, as_of: datetime | None = None) -> Sequence[TablePart]:
        """Parts of the table, sorted; those emptied are no parts any more."""
        with self._reading:
            then = [_as_of(history, as_of) for history in self._log(table).history.values()]
        return sorted((each for each in then if each and each.files), key=lambda each: each.part)

    def history(self, table: str, part: Part) -> Sequence[TablePart]:
        """What the part has been, newest first; one without files was emptied then."""
        with self._reading:
            return self._log(table).history.get(part, [])[::-1]

    def columns(self, table: str) -> Mapping[str, str]:
        """Type by column of the table as it stands; empty before its first part.

        Names that differ in case only are one column to engines, so they are here: under the spelling that came first.
        """
        with self._reading:
            columns = self._log(table).columns
        first = {name.casefold(): name for name in reversed(list(columns))}
        return {name: columns[name] for name in columns if first[name.casefold()] == name}

    def version(self, table: str) -> int:
        """Number of the table's last commit; -1 before the first."""
        with self._reading:
            return self._log(table).version

    def _log(self, table: str) -> DeltaLog:
        if table not in self._logs:
            raise NotFoundError(f"the ledger has no table {table!r}", mend=f"one of {', '.join(TABLES)}")
        self._logs[table].refresh()
        return self._logs[table]

    def _demand_writing(self) -> None:
        if not self._writing.held:
            message = "the ledger is changed within `writing()` only"
            raise RuntimeError(message)

    def _begin_anew(self, version: int) -> None:
        """Sum the log of lines up, and remove what was summed up the time before: nobody still reads that."""
        with self._reading:
            log = self._log(LINES)
            write_snapshot(log.folder / LOG, log.summed_up(self._clock.now() - _READ_BY_THEN))
        remove_before(log.folder / LOG, version - _CHECKPOINT_EVERY)

    def _replace(self, table: str, files: Mapping[Part, Sequence[Path]], note: Mapping[str, str]) -> int:
        with self._reading:
            log = self._log(table)
            staged = self._staged(log, files)
            while True:
                log.refresh()
                moment = max(self._clock.now(), log.written)
                columns = _widened(log, staged)
                try:
                    write_commit(log, actions_of(log, staged, note, columns, moment))
                except FileExistsError:
                    continue  # another engine committed in between: what is removed is looked up again
                log.refresh()
                return log.version

    def _staged(self, log: DeltaLog, files: Mapping[Part, Sequence[Path]]) -> dict[Part, list[NewFile]]:
        """The files of each part, which are on the disk when this returns."""
        paths = [path for each in files.values() for path in each]
        taken = set(log.files)
        for path in paths:
            if path.parent != log.folder or str(path) in taken:
                raise IntegrityError("is no staged file of this table, or is named twice", where=str(path))
            taken.add(str(path))
            sync(path)
        new = read_footers(paths) if paths else {}
        return {part: [new[path] for path in each] for part, each in files.items()}

    def _remove_orphans(self) -> None:
        """Files that no version names: whoever staged them was killed before their commit. And lines of former times.

        Lines are worked out anew for whatever moment they are asked as of, so that nobody reads them once they are
        replaced, but who has begun before.
        """
        long_ago = self._clock.now() - _READ_BY_THEN
        for table in TABLES:
            with self._reading:
                log = self._log(table)
                replaced = log.replaced() if table == LINES else {}
            staged = log.folder.glob("*.parquet")
            for path in (*staged, *(log.folder / LOG).glob(f"*{UNFINISHED}")):
                name = str(path)
                if name not in log.files or (name in replaced and replaced[name] <= long_ago):
                    path.unlink(missing_ok=True)


def ledger_files(folder: Path) -> list[str]:
    """What the tables in a folder are, at one moment: commits, and the files that they name, relative to it.

    Of lines those that hold now, since former ones go. None of them ever changes, and those of lines stay for an hour
    once they are replaced, so they can be copied while a writer goes on.
    """
    folder = folder.resolve()
    found: list[str] = []
    for table in TABLES:
        log = DeltaLog(folder / table)
        log.refresh()
        found += (f"{table}/{LOG}/{name}" for name in log.names())
        gone = log.replaced() if table == LINES else {}
        found += (str(Path(file).relative_to(folder)) for file in log.files if file not in gone)
    return found


def _as_of(history: Sequence[TablePart], moment: datetime | None) -> TablePart | None:
    """The last of a part's states that had been written by the moment."""
    return next((each for each in reversed(history) if moment is None or each.written <= moment), None)


def _widened(log: DeltaLog, staged: Mapping[Part, Sequence[NewFile]]) -> dict[str, str]:
    """The table's columns with those that the files bring. IntegrityError where one has another type than before."""
    columns = dict(log.columns or PART_COLUMNS)
    for file in (file for each in staged.values() for file in each):
        for name, kind in file.columns.items():
            if columns.setdefault(name, kind) != kind:
                raise IntegrityError(
                    f"column {name!r} is {kind}, and in the ledger it is {columns[name]}",
                    where=str(file.path),
                    mend="cast it before it is written",
                )
    return columns


def _checkpoint(folder: Path) -> None:
    """Sum the log up for engines that would else read all of it."""
    try:
        from deltalake import DeltaTable
    except ImportError as error:
        raise BrokenWorldError("the ledger needs deltalake", mend="pip install 'fairlead[finops]'") from error
    DeltaTable(os.fspath(folder)).create_checkpoint()

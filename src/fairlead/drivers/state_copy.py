"""A consistent copy of the state's database while others write to it: SQLite's online backup."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from fairlead.drivers.state_engine import SQLITE_FILE
from fairlead.kernel.errors import BrokenWorldError, NotFoundError

__all__ = ["copy_state"]


def copy_state(folder: Path, target: Path) -> None:
    """Write the database of the state in `folder` to the file `target`, as of one moment.

    NotFoundError where there is no state, BrokenWorldError where it cannot be read.
    """
    source = folder / SQLITE_FILE
    if not source.is_file():
        raise NotFoundError(f"there is no {SQLITE_FILE}", where=str(folder), mend="name a state folder with --state")
    try:
        with closing(sqlite3.connect(source, timeout=30)) as reading, closing(sqlite3.connect(target)) as writing:
            reading.backup(writing)
            writing.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise BrokenWorldError(f"the state cannot be copied: {error}", where=str(source)) from error

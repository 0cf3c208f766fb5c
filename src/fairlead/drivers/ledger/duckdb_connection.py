"""A DuckDB in memory as the ledger uses it: in UTC, bounded, loading nothing from a network."""

from __future__ import annotations

import os
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING
from uuid import uuid4

from fairlead.kernel.errors import BrokenWorldError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from duckdb import DuckDBPyConnection

__all__ = ["connect", "identifier", "literal", "path_list"]


def connect(spill: Path, *, threads: int = 2, memory: str = "1GB") -> DuckDBPyConnection:
    """A new engine; what does not fit into `memory` goes to files in a folder of its own in `spill`."""
    try:
        import duckdb
    except ImportError as error:
        raise BrokenWorldError("the ledger needs DuckDB", mend="pip install 'fairlead[finops]'") from error
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": memory,
            "temp_directory": str(_own_folder(spill)),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection


def _own_folder(spill: Path) -> Path:
    """A name that no other engine uses (two would write into one another's files); what killed ones left is removed.

    The engine makes the folder when it needs it, and removes it when it is closed.
    """
    spill.mkdir(parents=True, exist_ok=True)
    for left in spill.glob("engine-*-*"):
        if not _runs(int(left.name.split("-")[1])):
            rmtree(left, ignore_errors=True)
    return spill / f"engine-{os.getpid()}-{uuid4().hex}"


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def literal(text: str) -> str:
    """Text as a constant of SQL."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def identifier(name: str) -> str:
    """A name as SQL takes it, whatever stands in it."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def path_list(paths: Iterable[str]) -> str:
    """Paths as the list that `read_parquet` takes. A `*` in one is no pattern where the file is there."""
    return f"[{', '.join(map(literal, paths))}]"

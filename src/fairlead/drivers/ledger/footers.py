"""What staged Parquet files say of themselves: rows and columns, from their footers and never from their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.domain.ledger_tables import PART_COLUMNS
from fairlead.drivers.ledger.column_types import name_of_duckdb
from fairlead.drivers.ledger.delta_commit import NewFile
from fairlead.drivers.ledger.duckdb_connection import connect, literal, path_list
from fairlead.kernel.errors import BrokenWorldError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["read_footers"]


def read_footers(paths: Sequence[Path]) -> dict[Path, NewFile]:
    """What each file is. BrokenWorldError where one is missing or no Parquet."""
    import duckdb

    texts = [str(path) for path in paths]
    connection = connect(paths[0].parent)
    try:
        counted = connection.execute(
            f"SELECT file_name, num_rows FROM parquet_file_metadata({path_list(texts)})"  # noqa: S608 - quoted
        ).fetchall()
        rows: Mapping[str, int] = dict(counted)
        return {path: NewFile(path, rows[str(path)], path.stat().st_size, _columns(connection, path)) for path in paths}
    except duckdb.Error as error:
        raise BrokenWorldError(f"cannot be registered: {error}", where=str(paths[0].parent)) from error
    finally:
        connection.close()


def _columns(connection: DuckDBPyConnection, path: Path) -> dict[str, str]:
    described = connection.execute(
        f"DESCRIBE SELECT * FROM read_parquet({literal(str(path))}, hive_partitioning = false)"  # noqa: S608 - quoted
    ).fetchall()
    return {name: name_of_duckdb(kind) for name, kind, *_ in described if name not in PART_COLUMNS}

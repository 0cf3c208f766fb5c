"""Parts of a table as one relation of SQL: their Parquet files, with the values of the partition beside each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.domain.ledger import TablePart
from fairlead.domain.ledger_tables import PART_COLUMNS
from fairlead.drivers.ledger.column_types import duckdb_type
from fairlead.drivers.ledger.duckdb_connection import identifier, literal, path_list

__all__ = ["MANY", "nothing", "one_by_one", "places", "with_places"]

MANY = 64
"""From so many parts on, files are matched with their parts by a join: planning a branch for each would take longer."""

_FILE = "_ledger_file"
_OWN = f"COLUMNS(c -> c NOT IN ({', '.join(map(literal, PART_COLUMNS))}))"


def nothing(columns: Mapping[str, str]) -> str:
    """No rows, but the columns with their types; united by name with rows it fills in what they lack."""
    typed = (f"CAST(NULL AS {duckdb_type(kind)}) AS {identifier(name)}" for name, kind in columns.items())
    return f"SELECT {', '.join(typed)} WHERE false"


def one_by_one(parts: Sequence[TablePart], columns: Mapping[str, str]) -> str:
    """The rows of a few parts: each part's values are constants, so that a filter on them leaves its files unread."""
    return _united([_branch(part) for part in parts], columns)


def with_places(parts: Sequence[TablePart], columns: Mapping[str, str], table: str) -> str:
    """The rows of many parts, whose `places` are in a table of their own."""
    files = [file for part in parts for file in part.files]
    joined = (
        f"SELECT {_OWN}, {', '.join(PART_COLUMNS)} FROM "  # noqa: S608 - quoted
        f"(SELECT {_OWN} FROM {_files(files, more=f', filename = {literal(_FILE)}')}) JOIN {table} "
        f"ON {_FILE} = {table}.file"
    )
    return _united([joined], columns)


def places(parts: Sequence[TablePart]) -> list[tuple[str, str, str, str]]:
    """File, source, period and adjusted period of every file."""
    return [(file, *_values(each)) for each in parts for file in each.files]


def _united(branches: Sequence[str], columns: Mapping[str, str]) -> str:
    named = ", ".join(map(identifier, columns))
    return f"SELECT {named} FROM ({' UNION ALL BY NAME '.join([nothing(columns), *branches])})"  # noqa: S608 - quoted


def _branch(each: TablePart) -> str:
    values = zip(_values(each), PART_COLUMNS, strict=True)
    constants = ", ".join(f"{literal(value)} AS {name}" for value, name in values)
    return f"SELECT {_OWN}, {constants} FROM {_files(each.files)}"  # noqa: S608 - quoted


def _values(each: TablePart) -> tuple[str, str, str]:
    return (each.part.source, each.part.period, each.part.adjusts)


def _files(files: Sequence[str], more: str = "") -> str:
    return f"read_parquet({path_list(files)}, union_by_name = true, hive_partitioning = false{more})"

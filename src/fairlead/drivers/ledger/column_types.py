"""Types of the ledger's columns, in the three languages that a table is told in: ours (Spark's), DuckDB's, Delta's."""

from __future__ import annotations

import re

from fairlead.kernel.errors import IntegrityError

__all__ = ["DeltaType", "delta_type", "duckdb_type", "name_of_delta", "name_of_duckdb"]

DeltaType = str | dict[str, object]
"""A type as the schema of a Delta table writes it in JSON."""

_TAGS: DeltaType = {"type": "map", "keyType": "string", "valueType": "string", "valueContainsNull": True}
_TYPES: dict[str, tuple[str, DeltaType]] = {
    "string": ("VARCHAR", "string"),
    "bigint": ("BIGINT", "long"),
    "int": ("INTEGER", "integer"),
    "boolean": ("BOOLEAN", "boolean"),
    "double": ("DOUBLE", "double"),
    "date": ("DATE", "date"),
    "timestamp": ("TIMESTAMP WITH TIME ZONE", "timestamp"),
    "map<string,string>": ("MAP(VARCHAR, VARCHAR)", _TAGS),
}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)", re.IGNORECASE)


def duckdb_type(name: str) -> str:
    """DuckDB's word for a type of ours."""
    return name.upper() if _DECIMAL.fullmatch(name) else _TYPES[name][0]


def delta_type(name: str) -> DeltaType:
    """Delta's word for a type of ours."""
    return name if _DECIMAL.fullmatch(name) else _TYPES[name][1]


def name_of_duckdb(kind: str) -> str:
    """Our word for a type of DuckDB. IntegrityError for one that the ledger has no column of."""
    if decimal := _DECIMAL.fullmatch(kind):
        return f"decimal({decimal[1]},{decimal[2]})"
    for name, (duckdb, _) in _TYPES.items():
        if duckdb == kind:
            return name
    raise IntegrityError(f"the ledger keeps no column of type {kind}", mend=f"cast it to one of {_known()}")


def name_of_delta(kind: DeltaType) -> str:
    """Our word for a type of Delta. IntegrityError for one that the ledger has no column of."""
    if isinstance(kind, str) and (decimal := _DECIMAL.fullmatch(kind)):
        return f"decimal({decimal[1]},{decimal[2]})"
    for name, (_, delta) in _TYPES.items():
        if delta == kind or (isinstance(kind, dict) and isinstance(delta, dict) and _same_map(kind, delta)):
            return name
    raise IntegrityError(f"the ledger reads no column of type {kind}", mend=f"write it as one of {_known()}")


def _same_map(kind: dict[str, object], delta: dict[str, object]) -> bool:
    return all(kind.get(key) == delta[key] for key in ("type", "keyType", "valueType"))


def _known() -> str:
    return ", ".join([*_TYPES, "decimal(p,s)"])

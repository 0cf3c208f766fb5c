"""The meter's own windows in the shapes of the ledger: what the gateway counted, and what the machine cost."""

from __future__ import annotations

from pathlib import Path

from fairlead.domain.ledger_tables import COST_TYPE, LINE_COLUMNS, PART_COLUMNS, USAGE_COLUMNS
from fairlead.drivers.lake_manifest import Manifest
from fairlead.drivers.ledger.column_types import duckdb_type
from fairlead.drivers.ledger.duckdb_connection import literal, path_list
from fairlead.drivers.ledger.relations import nothing

__all__ = ["METERED", "metered"]

METERED = {
    "metered_usage": ("usage", {**PART_COLUMNS, **USAGE_COLUMNS}),
    "metered_lines": ("cost_lines", {**PART_COLUMNS, **LINE_COLUMNS}),
}
"""Table of the meter's lake, and the columns in which the ledger sees it."""

_WINDOW = {"start": "timezone('UTC', window_start)", "end": "timezone('UTC', window_end)"}
_PERIOD = "strftime(window_start, '%Y-%m-01')"
_QUANTITY = duckdb_type(USAGE_COLUMNS["quantity"])
_COUNTED = ("requests", "inferences", "input_tokens", "output_tokens")
_MEASURES = (
    *((name, f"CAST({name} AS {_QUANTITY})") for name in _COUNTED),
    ("cpu_seconds", f"CAST(CAST(cpu_us AS DECIMAL(19, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS {_QUANTITY})"),
)
_USAGE = {
    "source": "'gateway'",
    "period": _PERIOD,
    "window_start": _WINDOW["start"],
    "window_end": _WINDOW["end"],
    "environment": "environment",
    "model": "model",
    "release": "name",
    "customer": "customer",
    "labels": "MAP {}::MAP(VARCHAR, VARCHAR)",
    "measure": "measured.measure",
    "role": "'used'",
    "quantity": "measured.quantity",
    "source_row": "CAST(0 AS BIGINT)",
}
_CHARGE = "CASE kind WHEN 'release' THEN 'used' WHEN 'platform' THEN 'shared' ELSE kind END"
_COST = f"CAST(amount AS {duckdb_type(COST_TYPE)})"
_NAMED = (
    "kind",
    "window_start",
    "window_end",
    "environment",
    "model",
    "name",
    "customer",
    "method",
    "price",
    "currency",
)
_LINES = {
    "source": "'machine'",
    "period": _PERIOD,
    "line": f"sha256(concat_ws(chr(31), {', '.join(_NAMED)}))",
    "charge": _CHARGE,
    "charge_start": _WINDOW["start"],
    "charge_end": _WINDOW["end"],
    "environment": "environment",
    "model": "model",
    "release": "name",
    "customer": "customer",
    "owner": "'unowned'",
    "method": "method",
    "price": "price",
    "currency": "currency",
    **dict.fromkeys(("billed", "effective", "contracted", "listed"), _COST),
}


def metered(name: str, folder: Path, manifest: Manifest) -> str:
    """SQL of `metered_usage` or `metered_lines` over the lake's files; columns that the meter does not know are ''."""
    table, columns = METERED[name]
    files = [str(folder / table / file.name) for file in manifest.files if file.table == table]
    if not files:
        return nothing(columns)
    known = _USAGE if name == "metered_usage" else _LINES
    chosen = ", ".join(f"{known.get(column, literal(''))} AS {column}" for column in columns)
    rows = f"read_parquet({path_list(files)}, union_by_name = true, hive_partitioning = false)"
    if name == "metered_lines":
        return f"SELECT {chosen} FROM {rows}"  # noqa: S608 - quoted
    measured = ", ".join(f"{{'measure': '{measure}', 'quantity': {quantity}}}" for measure, quantity in _MEASURES)
    melted = f"SELECT *, unnest([{measured}]) AS measured FROM {rows}"  # noqa: S608 - quoted
    return f"SELECT {chosen} FROM ({melted}) WHERE measured.quantity > 0"  # noqa: S608 - quoted

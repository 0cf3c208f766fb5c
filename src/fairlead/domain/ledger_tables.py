"""Columns of the ledger's tables, by the type names that Delta and Spark use. FOCUS columns stand in `meter.bills`."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "COST_DIGITS",
    "COST_TYPE",
    "LINE_COLUMNS",
    "MOST_ADDED",
    "PART_COLUMNS",
    "QUANTITY_TYPE",
    "ROW_COLUMNS",
    "USAGE_COLUMNS",
]

COST_DIGITS = 24
"""Digits after the point of an amount in the ledger. A provider's double of 17 digits fits down to 1e-7; what would
lose digits is refused. 14 digits are left before the point."""

MOST_ADDED = 90_000_000_000_000
"""How much may be added up: beyond, an engine's 38 digits turn over, and some of them say nothing about it."""

COST_TYPE = f"decimal(38,{COST_DIGITS})"
QUANTITY_TYPE = "decimal(38,18)"
"""Quantities and unit prices of bills."""

PART_COLUMNS: Mapping[str, str] = {"source": "string", "period": "string", "adjusts": "string"}
"""Every table is partitioned by these: see `domain.ledger.Part`."""

ROW_COLUMNS: Mapping[str, str] = {"source_file": "string", "source_row": "bigint"}
"""Where a row of bills or usage stands in what was imported: the file's name and the data row, from 1."""

USAGE_COLUMNS: Mapping[str, str] = {
    "window_start": "timestamp",
    "window_end": "timestamp",
    "resource": "string",
    "environment": "string",
    "model": "string",
    "release": "string",
    "customer": "string",
    "team": "string",
    "stage": "string",
    "namespace": "string",
    "pod": "string",
    "labels": "map<string,string>",
    "measure": "string",
    "role": "string",
    "quantity": "decimal(38,9)",
    **ROW_COLUMNS,
}
"""One measure of one consumer of one resource in one window.

`resource` is the ResourceId of the bill (an instance, a node, a volume), '' where usage stands for no single one.
`measure` is a name of `domain.measures`; `role` is `used`, `reserved` (requested, whether used or not) or `capacity`
(what the resource has in all; the consumer's columns are then empty). Strings are never null: '' is not known.
"""

LINE_COLUMNS: Mapping[str, str] = {
    "line": "string",
    "charge": "string",
    "charge_start": "timestamp",
    "charge_end": "timestamp",
    "environment": "string",
    "model": "string",
    "release": "string",
    "customer": "string",
    "team": "string",
    "stage": "string",
    "owner": "string",
    "resource": "string",
    "service": "string",
    "account": "string",
    "region": "string",
    "rule": "string",
    "method": "string",
    "price": "string",
    "currency": "string",
    "billed": COST_TYPE,
    "effective": COST_TYPE,
    "contracted": COST_TYPE,
    "listed": COST_TYPE,
}
"""What a part's money is charged as: all lines of a part sum to its bill rows in each of the four costs, to the last
digit. `line` is the digest of all columns but the amounts, so it is the same whenever it is computed again. A line
covers one UTC day of charges, or the charge's own span where that is longer. Strings are never null; `owner` is the
team, or `unowned`.
"""

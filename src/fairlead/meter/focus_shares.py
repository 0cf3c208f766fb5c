"""Which share of its origin charge each divided line is: FOCUS 1.4's AllocatedMethodDetails, beside `focus_forms`.

Between the two steps of an export. The origin charge of a line are the bill rows that its rule divided and that agree
in span, resource, service, account, region, price and currency; the other lines of them hold the other shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fairlead.domain.ledger_tables import PART_COLUMNS

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["DETAILS", "UNITS", "with_shares"]

_ORIGIN = (
    *PART_COLUMNS, "charge_start", "charge_end",
    "resource", "service", "account", "region", "price", "currency", "rule",
)  # fmt: skip
_WEIGHTS = ("effective", "listed", "contracted", "billed")
"""Costs that a share is taken of: the first that is not zero in sum, since all are divided alike."""

_SHARE = "decimal(16, 15)"

UNITS: Mapping[str, str] = {
    "gpu_seconds": "GPU-Seconds",
    "cpu_seconds": "CPU-Seconds",
    "memory_gib_seconds": "GiB-Seconds",
    "storage_gib_hours": "GiB-Hours",
    "storage_bytes": "B",
    "network_bytes": "B",
    "requests": "Requests",
    "inferences": "Inferences",
    "input_tokens": "Input Tokens",
    "cached_input_tokens": "Cached Input Tokens",
    "output_tokens": "Output Tokens",
    "reasoning_tokens": "Reasoning Tokens",
    "compute_seconds": "Seconds",
    "prefill_seconds": "Seconds",
    "decode_seconds": "Seconds",
    "epochs": "Epochs",
    "trained_models": "Trained Models",
}
"""Measures in FOCUS's format of units."""

_ONE_MEASURE = "^split by [0-9.]+ ([a-z_]+) per "
_UNIT = (
    f"CASE regexp_extract(method, '{_ONE_MEASURE}', 1) "
    + " ".join(f"WHEN '{name}' THEN ',\"UsageUnit\":\"{unit}\"'" for name, unit in UNITS.items())
    + " ELSE '' END"
)
DETAILS = (
    'CASE WHEN allocated_share IS NOT NULL THEN concat(\'{"Elements":[{"AllocatedRatio":\', '
    "regexp_replace(rtrim(allocated_share::VARCHAR, '0'), '[.]$', ''), "
    f"{_UNIT}, '}}],\"x_Method\":', to_json(method), '}}') END"
)
"""The JSON object, as SQL (DuckDB) over lines with shares. Several measures that were added up have no unit."""


def with_shares(lines: ir.Table) -> ir.Table:
    """Divided lines with `allocated_share`; those of one origin sum to 1, to the last of 15 digits.

    Null for what was not divided, and where a share is none: lines of one origin with both signs, or of nothing.
    A share is the difference of two roundings of what is added up so far, so that no rounding is left over; doubles
    do, since it is shown and nothing is computed from it.
    """
    import ibis

    divided = lines.method.startswith("split ") | lines.method.startswith("overhead ")
    # An overhead keeps the charge of its bill rows, a split turns one into several.
    kept = lines.method.startswith("overhead ").ifelse(lines.charge, "")
    within = lines.mutate(kept=kept, divided=divided)
    origin = [*_ORIGIN, "kept", "divided"]
    whole, running = ibis.window(group_by=origin), ibis.cumulative_window(group_by=origin, order_by="line")
    shares = ibis.coalesce(*(_share(within[name], whole, running) for name in _WEIGHTS))
    return within.mutate(allocated_share=within.divided.ifelse(shares, ibis.null(_SHARE))).drop("kept", "divided")


def _share(amount: ir.DecimalColumn, whole: object, running: object) -> ir.Value:
    """The share of one cost; null where its sum is zero, or lines of both signs are in it."""
    total, upto = amount.sum().over(whole), amount.sum().over(running)
    alike = (amount.min().over(whole) >= 0) | (amount.max().over(whole) <= 0)
    size = total.cast("float64").nullif(0.0)
    reached, before = (value.cast("float64") / size for value in (upto, upto - amount))
    share = reached.cast(_SHARE) - before.cast(_SHARE)
    return alike.ifelse(share.cast(_SHARE), None)

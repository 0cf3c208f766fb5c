"""Names that every step of an allocation shares, and bill columns that may be absent.

Steps, in their order: `condense` (rows that nothing tells apart are one), `classify` (which rule a row belongs to),
`pools` (rows added up as far as they are charged alike), `members` (who used what of a shared resource), `sizes` and
`divide` (exact shares), `split`, `overhead`, `lines`. Moments are whole seconds since 1970 UTC until `lines` turns them
back: engines compare and join integers best.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["AMOUNTS", "CONSUMER", "DAY", "HOUR", "KEPT", "text_of"]

CONSUMER = ("environment", "model", "release", "customer", "team", "stage")
"""Columns that say who is charged."""

KEPT = ("resource", "service", "account", "region", "price", "currency")
"""Columns of a bill row that its lines keep."""

AMOUNTS: Mapping[str, str] = {
    "billed": "BilledCost",
    "effective": "EffectiveCost",
    "contracted": "ContractedCost",
    "listed": "ListCost",
}
"""Columns of a line's amounts, and of FOCUS's costs that they are made of."""

HOUR, DAY = 3_600, 86_400


def text_of(bills: ir.Table, *names: str) -> ir.StringValue:
    """The first of these columns that says something, '' where none does or the bill has no such column."""
    import ibis

    values = [bills[name].cast("string") for name in names if name in bills.columns]
    first = [value.nullif("") for value in values[:-1]]
    return ibis.coalesce(*first, *values[-1:], ibis.literal(""))

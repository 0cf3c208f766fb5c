"""Exact division of many amounts at once: largest remainders, as `kernel.money.split` does for one amount."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["divided"]


def divided(engine: LedgerEngine, rows: ir.Table, within: str, totals: Sequence[str]) -> ir.Table:
    """Rows with each of `totals` (whole units, the same in all rows of a group) replaced by the row's share of it.

    Groups are told apart by the column `within`. A row's share is floor(|total| x weight / whole), and one unit more
    for as many rows as units are left, those with the largest remainders first, then by `place`; a negative total is
    divided as its mirror image. The shares of a group sum to its total (Hamilton's method).
    """
    import ibis

    sized = rows.mutate(**{f"{name}_size": rows[name].abs() for name in totals})
    floors = sized.mutate(
        **{f"{name}_part": engine.part(sized[f"{name}_size"], sized.weight, sized.whole) for name in totals},
        **{f"{name}_rest": engine.remainder(sized[f"{name}_size"], sized.weight, sized.whole) for name in totals},
    )
    group = ibis.window(group_by=within)
    ranked = floors.mutate(
        **{f"{name}_short": floors[f"{name}_size"] - floors[f"{name}_part"].sum().over(group) for name in totals},
        **{f"{name}_rank": _rank(floors, within, name) for name in totals},
    )
    helpers = [f"{name}_{what}" for name in totals for what in ("size", "part", "rest", "short", "rank")]
    return ranked.mutate(**{name: _share(ranked, name) for name in totals}).drop(*helpers)


def _rank(floors: ir.Table, within: str, name: str) -> ir.IntegerValue:
    import ibis

    order = [ibis.desc(floors[f"{name}_rest"]), floors.place]
    return ibis.row_number().over(ibis.window(group_by=within, order_by=order))


def _share(ranked: ir.Table, name: str) -> ir.DecimalValue:

    extra = (ranked[f"{name}_rank"] < ranked[f"{name}_short"]).cast("decimal(38,0)")
    share = (ranked[f"{name}_part"] + extra).cast("decimal(38,0)")
    return (ranked[name] < 0).ifelse(-share, share)

"""Exact division of many amounts at once: largest remainders, as `kernel.money.split` does for one amount."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairlead.meter.allocation.units import sum_of
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

    ratios = rows.mutate(**{f"{name}_ratio": engine.ratio(rows[name].abs(), rows.whole) for name in totals})
    rests = ratios.mutate(
        **{f"{name}_rest": ratios[name].abs() - ratios[f"{name}_ratio"] * ratios.whole for name in totals}
    )
    floors = rests.mutate(
        **{f"{name}_part": engine.part(rests[f"{name}_rest"], rests.weight, rests.whole) for name in totals},
        **{f"{name}_over": engine.remainder(rests[f"{name}_rest"], rests.weight, rests.whole) for name in totals},
    )
    orders = {name: [ibis.desc(floors[f"{name}_over"]), floors.place] for name in totals}
    all_of = {name: ibis.window(group_by=within, order_by=orders[name], rows=(None, None)) for name in totals}
    ranked = floors.mutate(
        **{f"{name}_all": sum_of(floors[f"{name}_part"]).over(all_of[name]) for name in totals},
        **{
            f"{name}_rank": ibis.row_number().over(ibis.window(group_by=within, order_by=orders[name]))
            for name in totals
        },
    )
    helpers = [f"{name}_{what}" for name in totals for what in ("ratio", "rest", "part", "over", "all", "rank")]
    return ranked.mutate(**{name: _share(ranked, name) for name in totals}).drop(*helpers)


def _share(ranked: ir.Table, name: str) -> ir.DecimalValue:
    left = ranked[f"{name}_rest"] - ranked[f"{name}_all"]
    extra = (ranked[f"{name}_rank"] < left).cast("int8")
    share = ranked[f"{name}_ratio"] * ranked.weight + ranked[f"{name}_part"] + extra
    return (ranked[name] < 0).ifelse(-share, share)

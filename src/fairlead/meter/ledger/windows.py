"""Lines by five minutes where use says when, else by the hour that was charged, else by the day: a burst stays visible.

A line's money is divided over its `pieces`, to the last digit, and only where they sum to the line: one that other
rules than now's made, or an overhead, is charged evenly over the hours of its bill rows, or stays whole. How each
amount came to its window is said beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from fairlead.meter.allocation.columns import AMOUNTS, DAY
from fairlead.meter.allocation.divide import divided
from fairlead.meter.allocation.spans import moment, seconds
from fairlead.meter.allocation.units import amount_of
from fairlead.meter.ledger.pieces import LIKE, SPREAD
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["SPREADS", "Spread", "alike", "celled", "standing", "windowed"]

_WINDOW = 300
"""Seconds of a window: what is measured more finely is shown by five minutes."""

_WHOLE = "decimal(38,0)"

SPREADS = {
    "use": "in the windows of the use that it was divided by",
    "charge": "in the hour, or the window, that was charged",
    "evenly": "evenly over the hours that were charged",
    "whole": "at its day or longer span: neither use nor charge says when",
}
"""How an amount came to its window."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How much of an answer by window came to its windows in one of the ways of SPREADS."""

    spread: str
    currency: str
    amount: Decimal
    lines: int


def alike(lines: ir.Table) -> ir.Table:
    """LIKE of these lines, each once: which bill rows their pieces are made of."""
    return _told(lines).select(*LIKE).distinct()


def windowed(engine: LedgerEngine, lines: ir.Table, pieces: ir.Table, hours: ir.Table) -> ir.Table:
    """Lines with `window_start`, `window_end` and `spread`, several rows for one: they sum to it in all four costs.

    `pieces` and `hours` are those of all parts; see `ledger.pieces`.
    """
    import ibis

    told = _told(lines)
    sums = pieces.group_by("line").agg(**{f"all_{name}": pieces[name].sum() for name in AMOUNTS})
    both = told.join(sums, "line")
    same = both.filter(reduce(and_, (both[name].identical_to(both[f"all_{name}"]) for name in AMOUNTS)))
    named = same.drop(*AMOUNTS, *(f"all_{name}" for name in AMOUNTS)).join(pieces, "line")
    rest = engine.hold(told.anti_join(same, "line"))
    evenly = _evenly(engine, rest, hours)
    columns = [*lines.columns, "since", "until", SPREAD]
    placed = (named, evenly, _standing(rest.anti_join(evenly, "line")))
    return celled(ibis.union(*(each.select(*columns) for each in placed))).drop("since", "until")


def standing(lines: ir.Table) -> ir.Table:
    """Lines as `windowed` has them, at their own spans: those of the meter are of windows already."""
    return celled(_standing(_told(lines))).drop(*LIKE[:2], "since", "until")


def celled(table: ir.Table) -> ir.Table:
    """With `window_start` and `window_end`: the five minutes that `[since, until)` lies in, or that span itself."""
    import ibis

    first = table.since - table.since % _WINDOW
    inside = table.until <= first + _WINDOW
    start, end = inside.ifelse(first, table.since), inside.ifelse(first + _WINDOW, table.until)
    return table.mutate(window_start=moment(start), window_end=moment(ibis.greatest(end, start)))


def _standing(told: ir.Table) -> ir.Table:
    short = told.line_until - told.line_from < DAY
    return told.mutate(since=told.line_from, until=told.line_until, spread=short.ifelse("charge", "whole"))


def _told(lines: ir.Table) -> ir.Table:
    return lines.mutate(line_from=seconds(lines.charge_start), line_until=seconds(lines.charge_end))


def _evenly(engine: LedgerEngine, lines: ir.Table, hours: ir.Table) -> ir.Table:
    import ibis

    one = ibis.literal(1, _WHOLE)
    named = lines.join(hours, list(LIKE)).mutate(weight=one, **{name: engine.units(lines[name]) for name in AMOUNTS})
    order = ibis.window(group_by="line", order_by=["since", "until"])
    sized = named.mutate(
        whole=named.weight.sum().over(ibis.window(group_by="line")).cast(_WHOLE), place=ibis.row_number().over(order)
    )
    parts = divided(engine, sized, "line", tuple(AMOUNTS))
    return parts.mutate(spread=ibis.literal("evenly"), **{name: amount_of(parts[name]) for name in AMOUNTS})

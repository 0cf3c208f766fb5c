"""Step 5: what all share, on top of what each one uses. It needs the other lines of the same period first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairlead.domain.allocation import AllocationRule, Overhead
from fairlead.domain.ledger import Charge
from fairlead.meter.allocation.columns import AMOUNTS, CONSUMER
from fairlead.meter.allocation.divide import divided
from fairlead.meter.allocation.pools import NUMBER
from fairlead.meter.allocation.weighing import whole_weights
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["overhead_shares", "overheads", "parties", "unshared"]

_WHOLE = "decimal(38,0)"
_MICRO = 10**18
"""Smallest units of an amount in a millionth: an effective cost weighs so finely."""

SHARING = ("rule", "currency")
"""What the parties of an overhead are told apart by."""


def parties(engine: LedgerEngine, pools: ir.Table, lines: ir.Table, rules: Sequence[AllocationRule]) -> ir.Table:
    """Who shares each overhead of `pools`: SHARING, `name`, `weight`, `whole`, `place`. One rule at least has one.

    `lines` are those of the whole period that no overhead made. Who is owed more than charged weighs nothing.
    """
    import ibis

    due = [(place, rule.overhead) for place, rule in enumerate(rules, 1) if rule.overhead]
    weighed = ibis.union(
        *(
            _fixed(pools, place, overhead) if overhead.how == "fixed" else _weighed(engine, lines, place, overhead)
            for place, overhead in due
        )
    )
    weighed = weighed.filter(weighed.weight > 0)
    group = ibis.window(group_by=list(SHARING))
    return weighed.mutate(
        whole=weighed.weight.sum().over(group).cast(_WHOLE),
        place=ibis.row_number().over(ibis.window(group_by=list(SHARING), order_by=weighed.name)),
    )


def overhead_shares(
    engine: LedgerEngine, pools: ir.Table, sharing: ir.Table, rules: Sequence[AllocationRule]
) -> ir.Table:
    """Each overhead's parts: LINE with the party in its consumer's column, `weight`, `whole`, amounts in units.

    `pools` are `numbered`.
    """
    units = pools.mutate(**{name: engine.units(pools[name]) for name in AMOUNTS})
    parts = divided(engine, units.join(sharing, list(SHARING)), NUMBER, tuple(AMOUNTS))
    named = {name: _named(parts, rules, name) for name in CONSUMER}
    return parts.mutate(**named)


def unshared(pools: ir.Table, sharing: ir.Table) -> ir.Table:
    """Overheads that nobody is there to share: they stay shared, and nobody's."""
    return pools.anti_join(sharing, list(SHARING))


def overheads(sums: ir.Table) -> ir.Table:
    """Of sums of rows, those that are overheads."""
    return sums.filter(sums.charge == Charge.SHARED.value)


def _weighed(engine: LedgerEngine, lines: ir.Table, place: int, overhead: Overhead) -> ir.Table:
    """Those with a cost of their own: alike, or by their effective cost in millionths."""
    import ibis

    named = lines.filter(lines[overhead.over] != "")
    costs = named.group_by("currency", name=named[overhead.over]).agg(cost=named.effective.sum())
    weight = ibis.literal(1, _WHOLE)
    if overhead.how == "proportional":
        charged = ibis.greatest(engine.units(costs.cost).fill_null(0), ibis.literal(0, _WHOLE)).cast(_WHOLE)
        weight = engine.ratio(charged, ibis.literal(_MICRO, _WHOLE))
    return _party(costs, place, costs.name, weight)


def _fixed(pools: ir.Table, place: int, overhead: Overhead) -> ir.Table:
    import ibis

    currencies = pools.filter(pools.rule == place).select("currency").distinct()
    weights = whole_weights(overhead.shares)
    return ibis.union(
        *(
            _party(currencies, place, ibis.literal(name), ibis.literal(weight, _WHOLE))
            for name, weight in weights.items()
        )
    )


def _party(table: ir.Table, place: int, name: ir.StringValue, weight: ir.DecimalValue) -> ir.Table:
    import ibis

    return table.select(rule=ibis.literal(place, "int16"), currency=table.currency, name=name, weight=weight)


def _named(parts: ir.Table, rules: Sequence[AllocationRule], column: str) -> ir.StringValue:
    """The consumer's column: the party's name where the rule shares over this column."""
    places = [place for place, rule in enumerate(rules, 1) if rule.overhead and rule.overhead.over == column]
    own = parts[column]
    return parts.rule.isin(places).ifelse(parts.name, own) if places else own

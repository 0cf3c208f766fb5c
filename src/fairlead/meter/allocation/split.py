"""Step 4: pools divided by the use of their bucket, to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairlead.domain.allocation import AllocationRule
from fairlead.domain.ledger import Charge
from fairlead.meter.allocation.columns import AMOUNTS, CONSUMER
from fairlead.meter.allocation.divide import divided
from fairlead.meter.allocation.members import IDLE
from fairlead.meter.allocation.pools import BUCKET, NUMBER
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["shares", "unmeasured"]


def shares(engine: LedgerEngine, pools: ir.Table, members: ir.Table, rules: Sequence[AllocationRule]) -> ir.Table:
    """Parts of `numbered` pools: their columns, with `charge` and consumer of the part, `weight`, `whole`, in units.

    `members` have their place; the member's own consumer stays, as `used_<name>`. What a use does not say of its
    consumer, the rule says. With `idle: spread`, the part that nobody used is divided again by the weights of those who
    used the rest, and stays idle.
    """
    parts = divided(engine, _joined(engine, pools, members), NUMBER, tuple(AMOUNTS))
    spread = [place for place, rule in enumerate(rules, 1) if rule.split and rule.split.idle == "spread"]
    if spread:
        parts = _spread(engine, parts, spread)
    return _named(parts)


def unmeasured(pools: ir.Table, members: ir.Table) -> ir.Table:
    """Pools in whose bucket nothing was measured: a gap is not zero use, so nobody is charged."""
    import ibis

    gaps = pools.anti_join(members, list(BUCKET))
    return gaps.mutate(charge=ibis.literal(Charge.UNALLOCATED.value), **dict.fromkeys(CONSUMER, ibis.literal("")))


def _joined(engine: LedgerEngine, pools: ir.Table, members: ir.Table) -> ir.Table:
    """Pools with each member of their bucket; the member's consumer is `used_<name>`. Amounts in units."""
    units = pools.mutate(**{name: engine.units(pools[name]) for name in AMOUNTS})
    users = members.rename({f"used_{name}": name for name in CONSUMER})
    return units.join(users, list(BUCKET))


def _spread(engine: LedgerEngine, parts: ir.Table, rules: Sequence[int]) -> ir.Table:
    """Parts of these rules' pools, with the idle part divided by the others' weights; without others it stays."""
    import ibis

    used = parts.whole - parts.weight
    is_spread = parts[IDLE] & parts.rule.isin(list(rules)) & (used > 0)
    idle = parts.filter(is_spread).select(NUMBER, *AMOUNTS, whole=used.cast("decimal(38,0)"))
    users = parts.filter(~parts[IDLE]).drop(*AMOUNTS, "whole", IDLE)
    again = idle.join(users, NUMBER).mutate(**{IDLE: ibis.literal(value=True)})
    divided_idle = divided(engine, again, NUMBER, tuple(AMOUNTS))
    return parts.filter(~is_spread).union(divided_idle.select(*parts.columns))


def _named(parts: ir.Table) -> ir.Table:
    """With the part's consumer, and its charge."""
    charge = parts[IDLE].ifelse(Charge.IDLE.value, Charge.USED.value)
    consumer = {name: (parts[f"used_{name}"] == "").ifelse(parts[name], parts[f"used_{name}"]) for name in CONSUMER}
    return parts.mutate(charge=charge, **consumer)

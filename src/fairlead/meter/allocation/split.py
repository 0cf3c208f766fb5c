"""Step 4: pools divided by the use of their bucket, to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.domain.allocation import AllocationRule
from fairlead.domain.ledger import Charge
from fairlead.meter.allocation.columns import AMOUNTS, CONSUMER
from fairlead.meter.allocation.divide import divided
from fairlead.meter.allocation.members import IDLE
from fairlead.meter.allocation.pools import LINE, LINE_NUMBER, NUMBER, SPAN, line_numbers
from fairlead.meter.allocation.sizes import AGAIN, DIVISION, SIZE, as_amounts, divisions, sizes
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["Pools", "line_shares", "shares", "unmeasured"]


@dataclass(frozen=True, slots=True)
class Pools:
    """Rows of a part that are split by use, and who used what. All are kept by the engine while this lives.

    `pools` are numbered, `members` have the number of their bucket, and the place of their consumer in `consumers`.
    `since` and `until` are the seconds that their use is from.
    """

    pools: ir.Table
    members: ir.Table
    consumers: ir.Table
    since: int
    until: int


def shares(engine: LedgerEngine, pools: Pools, rules: Sequence[AllocationRule]) -> ir.Table:
    """Parts of pools: their columns, with `charge` and consumer of the part, `weight`, `whole`, amounts in units.

    The member's own consumer stays, as `used_<name>`. What a use does not say of its consumer, the rule says. With
    `idle: spread`, the part that nobody used is divided again by the weights of those who used the rest, and stays
    idle.
    """
    parts = _added(engine, pools, _again(pools.pools, rules), NUMBER, ("place", IDLE, "weight", "whole"))
    return _named(parts.join(pools.pools.drop(*AMOUNTS), NUMBER), pools.consumers)


def line_shares(engine: LedgerEngine, pools: Pools, rules: Sequence[AllocationRule]) -> ir.Table:
    """`shares` added up over the pools of a line: columns of LINE, amounts in units."""
    lines = engine.hold(line_numbers(pools.pools))
    numbered = _again(pools.pools, rules).join(lines, list(LINE)).select(LINE_NUMBER, SPAN, AGAIN, *AMOUNTS)
    parts = _added(engine, pools, engine.hold(numbered), LINE_NUMBER, ("place", IDLE))
    return _named(parts.join(lines, LINE_NUMBER), pools.consumers)


def unmeasured(pools: ir.Table, members: ir.Table) -> ir.Table:
    """Pools in whose bucket nothing was measured: a gap is not zero use, so nobody is charged."""
    import ibis

    gaps = pools.anti_join(members, SPAN)
    return gaps.mutate(charge=ibis.literal(Charge.UNALLOCATED.value), **dict.fromkeys(CONSUMER, ibis.literal("")))


def _again(pools: ir.Table, rules: Sequence[AllocationRule]) -> ir.Table:
    """With AGAIN: whether the rule spreads what nobody used."""
    import ibis

    spread = [place for place, rule in enumerate(rules, 1) if rule.split and rule.split.idle == "spread"]
    return pools.mutate(**{AGAIN: pools.rule.isin(spread) if spread else ibis.literal(value=False)})


def _added(engine: LedgerEngine, pools: Pools, rows: ir.Table, kept: str, own: Sequence[str]) -> ir.Table:
    told = engine.hold(sizes(engine, rows, [kept]))
    asked = engine.hold(divisions(told))
    return as_amounts(told, asked, _divided(engine, asked, pools.members), [kept], own)


def _divided(engine: LedgerEngine, asked: ir.Table, members: ir.Table) -> ir.Table:
    """Shares of divisions in the place of their size, with the columns of members."""
    import ibis

    parts = divided(engine, asked.join(members, SPAN), DIVISION, [SIZE])
    used = parts.whole - parts.weight
    is_spread = parts[IDLE] & parts[AGAIN] & (used > 0)
    left = parts.filter(is_spread).select(DIVISION, SPAN, AGAIN, SIZE, whole=used)
    users = members.filter(~members[IDLE]).drop("whole", IDLE)
    divided_left = divided(engine, left.join(users, SPAN), DIVISION, [SIZE]).mutate(**{IDLE: ibis.literal(value=True)})
    return parts.filter(~is_spread).union(divided_left.select(*parts.columns))


def _named(parts: ir.Table, consumers: ir.Table) -> ir.Table:
    """With the part's consumer, and its charge. What nobody used has no consumer."""
    users = consumers.rename({f"used_{name}": name for name in CONSUMER})
    both = parts.left_join(users, "place").drop("place_right")
    known = both.mutate(**{f"used_{name}": both[f"used_{name}"].fill_null("") for name in CONSUMER})
    charge = known[IDLE].ifelse(Charge.IDLE.value, Charge.USED.value)
    consumer = {name: (known[f"used_{name}"] == "").ifelse(known[name], known[f"used_{name}"]) for name in CONSUMER}
    return known.mutate(charge=charge, **consumer)

"""How a line came about, in a few words: the text of its column `method`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairlead.domain.allocation import AllocationRule
from fairlead.domain.ledger import Charge
from fairlead.kernel.money import plain
from fairlead.meter.allocation.columns import AMOUNTS

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["UNMEASURED", "method_of"]

UNMEASURED = "no use was measured"


def method_of(table: ir.Table, rules: Sequence[AllocationRule]) -> ir.StringValue:
    """The rule's way, what was missing for it, and which costs the bill does not tell."""
    import ibis

    ways = [(place, _way(rule)) for place, rule in enumerate(rules, 1)]
    way = table.rule.cases(*ways, else_="no rule") if ways else ibis.literal("no rule")
    gap = (table.rule > 0) & (table.charge == Charge.UNALLOCATED.value)
    told = gap.ifelse(way.concat(f"; {UNMEASURED}"), way)
    return told.concat(table.unknown.cases(*_unknown(), else_=""))


def _way(rule: AllocationRule) -> str:
    if rule.split:
        weights = " + ".join(f"{plain(weight)} {name}" for name, weight in sorted(rule.split.by.items()))
        return f"split by {weights} per {rule.split.per}"
    if rule.overhead:
        return f"overhead {rule.overhead.how} over {rule.overhead.over}"
    return "assigned"


def _unknown() -> list[tuple[int, str]]:
    """Texts by the bits of `unknown`, which has one for each amount."""
    names = list(AMOUNTS)
    combinations = range(1, 2 ** len(names))
    return [
        (bits, f"; not in the bill: {', '.join(name for place, name in enumerate(names) if bits & 2**place)}")
        for bits in combinations
    ]

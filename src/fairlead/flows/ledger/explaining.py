"""`fairlead cost --explain LINE`: where a line's money comes from, down to the rows of bills and usage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.domain.allocation import AllocationRule
from fairlead.domain.ledger import BILLS, LINES, USAGE, Part
from fairlead.flows.ledger.allocating import used
from fairlead.flows.ledger.allocation_inputs import allocator_of
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError
from fairlead.meter.allocation.explain import explained

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One line, its rule, and rows as `meter.allocation.explain.Explained` says; () where there are none."""

    line: Mapping[str, Any]
    rule: AllocationRule | None
    bills: Sequence[Mapping[str, Any]]
    shares: Sequence[Mapping[str, Any]]
    usage: Sequence[Mapping[str, Any]]


def explain(world: World, line: str, limit: int = 1_000) -> Explanation:
    """What a line is made of, at most `limit` rows of bills and as many of usage. NotFoundError for an unknown line.

    The line is computed again by the rules of now: after they changed, refresh the lines first.
    """
    engine = world.engine
    lines = engine.table(LINES)
    found = engine.rows(lines.filter(lines.line == line))
    if not found:
        raise NotFoundError(f"there is no line {line[:64]!r}", mend="list lines with `fairlead cost --by line`")
    part = Part(*(found[0][name] for name in ("source", "period", "adjusts")))
    allocator = allocator_of(world, engine)
    bills = engine.table(BILLS, [each for each in world.ledger.parts(BILLS) if each.part == part])
    period = [each for each in world.ledger.parts(LINES) if each.part.period == part.period]
    asked = explained(allocator, found[0], bills, used(engine, world.ledger.parts(USAGE)), engine.table(LINES, period))
    usage = (
        asked.usage.order_by("window_start", "source_file", "source_row").limit(limit)
        if asked.usage is not None
        else None
    )
    return Explanation(
        line=found[0],
        rule=next((rule for rule in allocator.rules if rule.name == found[0]["rule"]), None),
        bills=engine.rows(asked.bills.order_by("source_file", "source_row").limit(limit)),
        shares=engine.rows(asked.shares) if asked.shares is not None else (),
        usage=engine.rows(usage) if usage is not None else (),
    )

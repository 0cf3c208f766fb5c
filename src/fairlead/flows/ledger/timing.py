"""Lines by window: each part of the bills that the question's lines are of, asked once more when its money was used."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from fairlead.domain.ledger import BILLS, USAGE, Part
from fairlead.domain.ledger_tables import PART_COLUMNS
from fairlead.flows.ledger.allocating import used
from fairlead.flows.ledger.allocation_inputs import allocator_of
from fairlead.flows.world import World
from fairlead.meter.allocation.classify import classified
from fairlead.meter.allocation.pools import spanned
from fairlead.meter.ledger.expressions import asked, spread
from fairlead.meter.ledger.pieces import LIKE, hours, pieces
from fairlead.meter.ledger.question import CostQuestion
from fairlead.meter.ledger.windows import Spread, alike, standing, windowed
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["spreads", "timed_lines"]


def timed_lines(
    world: World, engine: LedgerEngine, lines: ir.Table, question: CostQuestion, as_of: datetime | None
) -> ir.Table:
    """The question's lines by window; see `meter.ledger.windows.windowed`. Computed when asked, and not kept."""
    import ibis

    chosen = engine.hold(asked(lines, question))
    parts = {Part(**row) for row in engine.rows(chosen.select(*PART_COLUMNS).distinct())}
    wanted = engine.hold(alike(chosen))
    allocator = allocator_of(world, engine)
    usage = used(engine, world.ledger.parts(USAGE, as_of), as_of)
    found, charged = [], []
    for each in world.ledger.parts(BILLS, as_of):
        if each.part in parts:
            rows = spanned(classified(engine.table(BILLS, [each]), allocator.rules)).semi_join(wanted, list(LIKE))
            found.append(pieces(allocator, each.part, rows, usage))
            charged.append(hours(rows))
    if not found:
        return standing(chosen)
    return engine.hold(windowed(engine, chosen, ibis.union(*found), engine.hold(ibis.union(*charged))))


def spreads(engine: LedgerEngine, lines: ir.Table, question: CostQuestion) -> tuple[Spread, ...]:
    """How the money came to its windows, by currency, the most of it first."""
    rows = engine.rows(spread(lines, question))
    told = [
        Spread(str(row["spread"]), str(row["currency"]), row["amount"] or Decimal(0), int(row["lines"])) for row in rows
    ]
    return tuple(sorted(told, key=lambda each: (each.currency, -abs(each.amount), each.spread)))

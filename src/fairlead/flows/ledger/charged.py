"""All that is charged: lines of the bills, computed anew where something under them changed, and this machine's own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from fairlead.domain.ledger import LINES
from fairlead.domain.ledger_tables import LINE_COLUMNS, PART_COLUMNS
from fairlead.flows.declared import declared_workspace
from fairlead.flows.ledger.allocating import allocate_at, refresh
from fairlead.flows.world import World
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["charged_lines"]


def charged_lines(world: World, engine: LedgerEngine, as_of: datetime | None = None) -> ir.Table:
    """Lines in the columns of `lines` and its parts. With `as_of`, from the bills as they were known then.

    This machine's own are left out where an imported bill has the machine (`allocation.machine: billed`).
    """
    if as_of is None:
        refresh(world)
        lines = engine.table(LINES)
    else:
        lines = allocate_at(world, as_of, engine)
    workspace = declared_workspace(world)
    columns = [*LINE_COLUMNS, *PART_COLUMNS]
    chosen = lines.select(*columns)
    if workspace is not None and workspace.allocation.machine == "billed":
        return chosen
    return chosen.union(engine.table("metered_lines").select(*columns))

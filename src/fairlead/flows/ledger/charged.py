"""All that is charged: lines of the bills, computed anew where something under them changed, and this machine's own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from fairlead.domain.ledger import BILLS, LINES, TablePart
from fairlead.domain.ledger_tables import LINE_COLUMNS, MOST_ADDED, PART_COLUMNS
from fairlead.flows.declared import declared_workspace
from fairlead.flows.ledger.allocating import allocate_at, refresh
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError
from fairlead.meter.bills.statements import statement_of
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["charged_lines"]


def charged_lines(world: World, engine: LedgerEngine, as_of: datetime | None = None) -> ir.Table:
    """Lines in the columns of `lines` and its parts. With `as_of`, from the bills as they were known then.

    This machine's own are left out where an imported bill has the machine (`allocation.machine: billed`).
    """
    _require_countable(world.ledger.parts(BILLS, as_of))
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


def _require_countable(bills: Iterable[TablePart]) -> None:
    """UsageError where all bills together are more than an engine adds up exactly: it would turn over in silence."""
    whole: dict[str, Decimal] = {}
    for statement in map(statement_of, bills):
        for currency, sums in (statement.sums if statement else {}).items():
            most = max((abs(amount) for amount in sums.values() if amount is not None), default=Decimal(0))
            whole[currency] = whole.get(currency, Decimal(0)) + most
    beyond = [currency for currency, amount in whole.items() if amount > MOST_ADDED]
    if beyond:
        what = f"all bills in {beyond[0]} are more than {MOST_ADDED:,} together, and cannot be added up exactly"
        raise UsageError(what, mend="keep them in two workspaces")

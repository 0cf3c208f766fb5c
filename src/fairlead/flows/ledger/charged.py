"""All that is charged: lines of the bills, computed anew where something under them changed, and this machine's own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from fairlead.domain.ledger import BILLS, LINES, USAGE
from fairlead.domain.ledger_tables import LINE_COLUMNS, PART_COLUMNS, USAGE_COLUMNS
from fairlead.flows.declared import declared_now, declared_workspace
from fairlead.flows.ledger.allocating import allocate_at, refresh
from fairlead.flows.ledger.countable import require_countable
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError, UsageError
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["charged_lines", "counted_use", "line_named", "machine_is_billed", "with_teams"]


def charged_lines(world: World, engine: LedgerEngine, as_of: datetime | None = None) -> ir.Table:
    """Lines in the columns of `lines` and its parts. With `as_of`, from the bills as they were known then.

    This machine's own are left out where an imported bill has the machine (`allocation.machine: billed`).
    """
    if as_of is None:
        refresh(world)
        lines = engine.table(LINES)
    else:
        require_countable(world.engine, world.ledger.parts(BILLS, as_of))
        lines = allocate_at(world, as_of, engine)
    columns = [*LINE_COLUMNS, *PART_COLUMNS]
    chosen = lines.select(*columns)
    if machine_is_billed(world):
        return chosen
    metered = with_teams(engine.table("metered_lines").select(*columns), world)
    owner = (metered.team == "").ifelse(metered.owner, metered.team)
    return chosen.union(metered.mutate(owner=owner).select(*columns))


def counted_use(world: World, engine: LedgerEngine) -> ir.Table:
    """All use that was collected, and what this machine's gateway counted."""
    columns = ["source", *USAGE_COLUMNS, "period"]
    return with_teams(engine.table(USAGE).select(*columns).union(engine.table("metered_usage").select(*columns)), world)


def line_named(world: World, begin: str) -> str:
    """The one line of a bill whose name begins so, as of now. NotFoundError for none, UsageError for several."""
    refresh(world)
    lines = world.engine.table(LINES)
    found = world.engine.rows(lines.filter(lines.line.startswith(begin)).select("line").distinct().limit(2))
    if not found:
        raise NotFoundError(f"no line of a bill begins with {begin[:64]!r}", mend="look with `fairlead cost --by line`")
    if len(found) > 1:
        raise UsageError(f"several lines begin with {begin[:64]!r}", mend="write more of it")
    return str(found[0]["line"])


def machine_is_billed(world: World) -> bool:
    """Whether an imported bill has this machine, so that the price book's figures would count it twice."""
    workspace = declared_workspace(world)
    return workspace is not None and workspace.allocation.machine == "billed"


def with_teams(table: ir.Table, world: World) -> ir.Table:
    """The team that declares a model owns what is of it and names no team."""
    declared = declared_now(world)
    models = declared.models if declared else {}
    owners = sorted((name, model.spec.owner) for name, model in models.items() if model.spec)
    if not owners:
        return table
    return table.mutate(team=(table.team == "").ifelse(table.model.cases(*owners, else_=""), table.team))

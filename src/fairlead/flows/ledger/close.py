"""`fairlead ledger close`: a month is frozen. What is found out later about it is booked as an adjustment, later."""

from __future__ import annotations

from fairlead.domain.journal import Actor
from fairlead.domain.ledger import BILLS, Part
from fairlead.flows.ledger.allocating import refresh
from fairlead.flows.ledger.closing import Closing, closings, write_closing
from fairlead.flows.principals import authorise
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError, UsageError
from fairlead.meter.ledger.question import month_span

__all__ = ["close"]


def close(world: World, period: str, actor: Actor) -> Closing:
    """Close a month with the lines that the rules of now make; one that is closed answers as it was closed.

    UsageError for what is no month or has not ended; NotFoundError where no bill of it was imported; ConflictError
    while another writes the ledger, so that nothing changes between the last look and the closing.
    """
    authorise(world, actor, "operator")
    _, end = month_span(period)
    if end > world.clock.now():
        raise UsageError(f"{period} has not ended", mend=f"close it from {end:%Y-%m-%d} on")
    with world.ledger.writing():
        already = closings(world.state).get(period)
        if already is not None:
            return already
        parts = [each for each in world.ledger.parts(BILLS) if each.part.period[:7] == period]
        if not parts:
            raise NotFoundError(f"no bill of {period} was imported", mend="import one with `fairlead ledger import`")
        refresh(world, [each.part for each in parts])
        made = Closing(period, world.clock.now(), actor.name, {_name(each.part): each.version for each in parts})
        write_closing(world.state, made, actor)
    return made


def _name(part: Part) -> str:
    return "/".join(filter(None, (part.source, part.period, part.adjusts)))

"""`fairlead suspend` and `fairlead resume`: a person stops the synchronisation of a model for a time, with a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

from fairlead.domain.incident import Suspension
from fairlead.domain.journal import Actor, Draft
from fairlead.flows.principals import authorise
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError
from fairlead.kernel.windows import iso

__all__ = ["LONGEST", "resume", "suspend"]

LONGEST = timedelta(days=90)
"""A suspension ends by itself: what nobody remembers must not keep Git from being live for ever."""


def suspend(world: World, model: str, *, reason: str, until: datetime, actor: Actor) -> Suspension:
    """Suspend `model` until a moment, instead of a suspension that it may have.

    UsageError without a reason, or for a moment that has passed or is more than LONGEST away.
    """
    authorise(world, actor, "operator")
    now = world.clock.now()
    if not reason.strip():
        raise UsageError("a suspension needs a reason", mend="say it with --reason")
    if not now < until <= now + LONGEST:
        raise UsageError(
            f"a suspension until {iso(until)} is not possible",
            mend=f"name a moment after now and before {iso(now + LONGEST)}",
        )
    suspension = Suspension(model, reason.strip(), actor.name, now, until)
    body = {"reason": suspension.reason, "until": iso(until)}
    world.state.suspend(suspension, Draft("model.suspended", actor, model=model, body=body))
    return suspension


def resume(world: World, model: str, actor: Actor) -> bool:
    """Lift the suspension of `model`; False where it has none."""
    authorise(world, actor, "operator")
    return world.state.resume(model, Draft("model.resumed", actor, model=model))

"""`fairlead down`: the end of serving, through the control plane where one runs, else by this process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fairlead.domain.journal import Actor
from fairlead.domain.serving import ServerState
from fairlead.flows.converging.serving_end import ask_to_end, end_serving
from fairlead.flows.metering.machine import end_session
from fairlead.flows.principals import authorise
from fairlead.flows.world import World
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["DownResult", "down"]

_LONGEST = timedelta(seconds=120)
_PAUSE = timedelta(milliseconds=200)


@dataclass(frozen=True, slots=True)
class DownResult:
    """Who ended the serving (`control plane` or `this command`), and how many servers had run."""

    by: str
    servers: int


def down(world: World, actor: Actor) -> DownResult:
    """Drain and stop everything that serves here. BrokenWorldError where the control plane does not answer."""
    authorise(world, actor, "operator")
    if not world.holder():
        ended = end_serving(world, actor)
        end_session(world)
        return DownResult("this command", ended)
    running = len(world.host.servers())
    ask_to_end(world, actor)
    until = world.clock.now() + _LONGEST
    while holder := world.holder():
        if world.clock.now() > until:
            raise BrokenWorldError(f"the control plane does not end: {holder}", mend="end it, and try again")
        world.clock.sleep(_PAUSE)
    if any(each.state is not ServerState.EXITED for each in world.host.servers()):
        # It took the request and died before it had done what was asked.
        end_serving(world, actor)
        end_session(world)
    return DownResult("control plane", running)

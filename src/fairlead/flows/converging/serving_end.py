"""The end of serving: the gateway drains, the servers finish; their last CPU figures stay to be metered."""

from __future__ import annotations

import json
from datetime import timedelta

from fairlead.domain.journal import Actor, Draft
from fairlead.domain.serving import ServerState
from fairlead.flows.converging.reconcile import STANDING
from fairlead.flows.converging.requests import Verb
from fairlead.flows.world import World

__all__ = ["ask_to_end", "end_serving"]

_LONGEST = timedelta(seconds=60)
_PAUSE = timedelta(milliseconds=100)


def end_serving(world: World, actor: Actor) -> int:
    """Drain and stop everything that serves; answers how many servers ended. Twice is once."""
    before = _running(world)
    world.target.drain()
    until = world.clock.now() + _LONGEST
    while running := _running(world):
        if world.clock.now() > until:
            break
        world.clock.sleep(_PAUSE)
    ended = before - running
    world.state.put_fact(STANDING, json.dumps({"synced": False, "ended": True}))
    body = {"ended": ended, "running": running}
    world.state.append(Draft("serving.ended", actor, body=body))
    return ended


def _running(world: World) -> int:
    return sum(each.state is not ServerState.EXITED for each in world.host.servers())


def ask_to_end(world: World, actor: Actor) -> int:
    """Ask the running control plane to drain and to end; answers the request's number."""
    return world.state.request(Verb.DOWN, "", Draft("request.down", actor))

"""Gateways that died uncleanly: what the servers had answered by then, so that the meter can tell what the log lost."""

from __future__ import annotations

import json

from fairlead.domain.journal import Draft
from fairlead.domain.serving import ServerState
from fairlead.flows.incidents import CONTROL
from fairlead.flows.world import World
from fairlead.kernel.windows import iso, parse_iso
from fairlead.meter.unmetered import GatewayLoss

__all__ = ["losses", "note_losses"]

_FACT = "meter.losses"
_KEPT = 20


def losses(world: World) -> tuple[GatewayLoss, ...]:
    """Losses noted so far, oldest first."""
    return tuple(
        GatewayLoss(parse_iso(each["at"]), each["gateway"], each["counts"])
        for each in json.loads(world.state.fact(_FACT) or "[]")
    )


def note_losses(world: World) -> None:
    """Note each gateway that died uncleanly, once. Called before a successor starts, while no request can pass.

    A server that keeps no count of its own is left out: what it answered and the log lost is bounded by one flush
    of the log, a tenth of a second of its traffic.
    """
    noted = json.loads(world.state.fact(_FACT) or "[]")
    known = {each["gateway"] for each in noted}
    for gateway in world.host.find({"kind": "gateway"}):
        if gateway.state is not ServerState.EXITED or not gateway.exit_code or gateway.id in known:
            continue
        counts = {each.id: count for each in world.host.servers() if (count := world.host.answered(each)) is not None}
        noted.append({"at": iso(world.clock.now()), "gateway": gateway.id, "counts": counts})
        body = {"gateway": gateway.id, "exit_code": gateway.exit_code}
        world.state.put_fact(_FACT, json.dumps(noted[-_KEPT:]), Draft("gateway.died", CONTROL, body=body))

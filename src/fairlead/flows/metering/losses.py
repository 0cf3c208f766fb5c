"""What the log of the gateway lost, when it died uncleanly or the disk was full; the servers' counts tell what."""

from __future__ import annotations

import json
from datetime import timedelta

from fairlead.domain.journal import Draft
from fairlead.domain.serving import ServerState
from fairlead.flows.incidents import CONTROL, close_incident, open_incident
from fairlead.flows.world import World
from fairlead.kernel.windows import iso, parse_iso
from fairlead.meter.unmetered import GatewayLoss

__all__ = ["losses", "note_log_failures", "note_losses"]

_FACT = "meter.losses"
_KEPT = 20
_TROUBLE = "meter.log-trouble"
_LOG_LOST = "log-lost"
_STILL = timedelta(milliseconds=300)
"""How long no server may answer for its count to be compared: the gateway writes its log every 100 ms."""
_WATCHED = timedelta(minutes=10)
"""How long counts are compared after the log's last failure, until a moment without traffic was among them."""


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
    known = {each["gateway"] for each in noted if each["dead"]}
    for gateway in world.host.find({"kind": "gateway"}):
        if gateway.state is not ServerState.EXITED or not gateway.exit_code or gateway.id in known:
            continue
        noted.append({"at": iso(world.clock.now()), "gateway": gateway.id, "counts": _counts(world), "dead": True})
        body = {"gateway": gateway.id, "exit_code": gateway.exit_code}
        world.state.put_fact(_FACT, json.dumps(noted[-_KEPT:]), Draft("gateway.died", CONTROL, body=body))


def note_log_failures(world: World) -> None:
    """Where the running gateway could not write its log: say so, and compare counts when nobody asks anything.

    Counts are cumulative, so a comparison that traffic spoiled is made good by the next one.
    """
    gateway = next((each.id for each in world.host.find({"kind": "gateway"}) if not each.ended), "")
    failures = world.gateway.log_failures()
    trouble = json.loads(world.state.fact(_TROUBLE) or "{}")
    if failures and (gateway, failures) != (trouble.get("gateway"), trouble.get("failures")):
        since = iso(world.clock.now())
        world.state.put_fact(_TROUBLE, json.dumps({"gateway": gateway, "failures": failures, "at": since}))
        message = "the gateway could not write its log: what is answered meanwhile is metered late, as unmetered"
        open_incident(world, _LOG_LOST, message, "make space on the disk of the state folder")
    elif trouble:
        _compare(world, trouble)


def _compare(world: World, trouble: dict[str, str]) -> None:
    before = _counts(world)
    world.clock.sleep(_STILL)
    if _counts(world) == before:
        dead = [each for each in json.loads(world.state.fact(_FACT) or "[]") if each["dead"]]
        entry = {"at": iso(world.clock.now()), "gateway": trouble["gateway"], "counts": before, "dead": False}
        world.state.put_fact(_FACT, json.dumps([*dead, entry][-_KEPT:]))
    if world.clock.now() - parse_iso(trouble["at"]) > _WATCHED:
        world.state.put_fact(_TROUBLE, "{}")
        close_incident(world, _LOG_LOST)


def _counts(world: World) -> dict[str, int]:
    """What each server has answered by its own count; one that keeps none is left out."""
    return {each.id: count for each in world.host.servers() if (count := world.host.answered(each)) is not None}

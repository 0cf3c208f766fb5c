"""Asking the running loop: to look, to go to a commit, to stop serving; and waiting until Git is live."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from fairlead.domain.incident import Incident
from fairlead.domain.journal import Actor, Draft
from fairlead.flows.converging.follow import UNREACHABLE
from fairlead.flows.converging.reconcile import STANDING
from fairlead.flows.converging.requests import HANDLED, Verb
from fairlead.flows.principals import authorise
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError

__all__ = ["SyncReport", "confirm", "request_look", "request_sync", "wait_synced"]

_PAUSE = timedelta(milliseconds=100)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """Whether Git is live at `head`; if not, what is on its way, what is held, and why."""

    synced: bool
    head: str
    waiting_for: tuple[str, ...]
    held: tuple[str, ...]
    incidents: tuple[Incident, ...]


def request_look(world: World, actor: Actor) -> int:
    """Ask for a look at Git now; answers the request's number."""
    return world.state.request(Verb.LOOK, "", Draft("request.look", actor))


def request_sync(world: World, models: Sequence[str], actor: Actor) -> int:
    """Let models (none given: all) go to what Git says, in environments that wait for a person."""
    authorise(world, actor, "operator")
    number = 0
    for model in models or ("*",):
        draft = Draft("request.sync", actor, model="" if model == "*" else model)
        number = world.state.request(Verb.SYNC, model, draft)
    return number


def confirm(world: World, commit: str, actor: Actor) -> int:
    """Allow `commit` (at least 7 hex digits) to remove more than half of the models."""
    authorise(world, actor, "operator")
    known = world.repository.commit(commit).id
    if known != world.repository.head().id:
        raise UsageError(f"commit {commit} is not the followed one", mend="confirm the newest commit of the branch")
    return world.state.request(Verb.CONFIRM, known, Draft("request.confirm", actor, commit=known))


def wait_synced(world: World, timeout: timedelta, actor: Actor) -> SyncReport:
    """Ask for a look and wait until Git is live, something is refused, or `timeout` is over.

    A running control plane must answer; without one the report comes after `timeout`, and says so.
    """
    number = request_look(world, actor)
    until = world.clock.now() + timeout
    while True:
        report = _report(world)
        handled = int(world.state.fact(HANDLED) or 0) >= number
        if handled and (report.synced or (report.held and not report.waiting_for)):
            return report
        if world.clock.now() >= until:
            return report if handled else replace(report, synced=False, waiting_for=("the control plane",))
        world.clock.sleep(_PAUSE)


def _report(world: World) -> SyncReport:
    standing = json.loads(world.state.fact(STANDING) or "{}")
    opened = tuple(world.state.incidents(open_only=True))
    # Nobody can say that the newest commit is live while nobody can ask which one that is.
    cut_off = any(each.kind == UNREACHABLE for each in opened)
    return SyncReport(
        synced=bool(standing.get("synced")) and not cut_off,
        head=str(standing.get("commit", "")),
        waiting_for=("the repository",) if cut_off else tuple(standing.get("working", ())),
        held=tuple(standing.get("held", ())),
        incidents=opened,
    )

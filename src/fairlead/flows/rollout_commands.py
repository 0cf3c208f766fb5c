"""What became of a person's word to a rollout: they are told at once, not sent to look for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from fairlead.domain.journal import Actor, Record
from fairlead.flows.converging.requests import HANDLED
from fairlead.flows.rollouts.asking import ask_rollout, rollout_views
from fairlead.flows.world import World

__all__ = ["PATIENCE", "Spoken", "speak"]

PATIENCE = timedelta(seconds=10)
"""A control plane looks twice a second; one that takes longer is busy, or hangs."""

_PAUSE = timedelta(milliseconds=100)
_DONE = {
    "pause": "rollout.paused",
    "resume": "rollout.resumed",
    "promote": "rollout.promoted",
    "abort": "rollout.aborted",
}


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was asked of the rollout of `model` in `environment`, and what became of it.

    `outcome`: `done`, `refused` (it came too late: `message` says why), `waiting` (for a control plane: none runs), or
    `unanswered` (one runs, and has not taken it yet). `phase` is where the rollout stands now.
    """

    command: str
    environment: str
    model: str
    outcome: Literal["done", "refused", "waiting", "unanswered"]
    message: str
    phase: str


def speak(world: World, verb: str, model: str, *, environment: str = "", reason: str = "", actor: Actor) -> Spoken:
    """Ask, and wait until the control plane took it, for PATIENCE at most. Raises what `ask_rollout` raises."""
    number = ask_rollout(world, verb, model, environment=environment, reason=reason, actor=actor)
    asked = world.state.search(kind="request.rollout", model=model, limit=1)[0]
    place = asked.draft.environment
    until = world.clock.now() + PATIENCE
    while int(world.state.fact(HANDLED) or 0) < number:
        if not world.holder():
            return _told(world, verb, place, model, "waiting", "no control plane runs; the next one takes it")
        if world.clock.now() >= until:
            return _told(world, verb, place, model, "unanswered", "the control plane has not taken it yet")
        world.clock.sleep(_PAUSE)
    record = _answer(world, verb, asked)
    if record is None:
        return _told(world, verb, place, model, "unanswered", "the journal does not say what became of it")
    done = record.draft.kind == _DONE[verb]
    message = str(record.draft.body.get("message", ""))
    return _told(world, verb, place, model, "done" if done else "refused", message)


def _answer(world: World, verb: str, asked: Record) -> Record | None:
    """The first record after the asking that is its consequence."""
    found = world.state.search(kind="rollout", model=asked.draft.model, environment=asked.draft.environment)
    later = [each for each in found if each.sequence > asked.sequence and _answers(each, verb, asked.draft.actor)]
    return later[-1] if later else None


def _answers(record: Record, verb: str, actor: Actor) -> bool:
    draft = record.draft
    refused = draft.kind == "rollout.refused" and draft.body.get("command") == verb
    return draft.actor.name == actor.name and (refused or draft.kind == _DONE[verb])


def _told(
    world: World,
    verb: str,
    environment: str,
    model: str,
    outcome: Literal["done", "refused", "waiting", "unanswered"],
    message: str,
) -> Spoken:
    phase = rollout_views(world, model, environment)[0].rollout.phase
    return Spoken(verb, environment, model, outcome, message, phase.value)

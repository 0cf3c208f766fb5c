"""What people ask of the running loop, and what has been asked for so far. Facts survive the control process."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fairlead.domain.incident import Suspension
from fairlead.domain.plan import Key
from fairlead.domain.request import ROLLOUT, RolloutCommand
from fairlead.flows.converging.desired import Holds
from fairlead.flows.rollouts.quarantine import quarantines
from fairlead.flows.world import World

__all__ = ["HANDLED", "Asked", "Verb", "holds", "take"]

HANDLED = "handled-request"
_SYNCED = "synced"
_CONFIRMED = "confirmed-commit"


class Verb:
    """Names of requests."""

    SYNC = "sync"
    CONFIRM = "confirm"
    LOOK = "look"
    DOWN = "down"
    ROLLOUT = ROLLOUT


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests not handled before: models to sync ('*' is all), and whether serving is to end.

    `newest` is the number of the last one, 0 for none.
    """

    newest: int = 0
    sync: frozenset[str] = frozenset()
    down: bool = False
    rollouts: tuple[RolloutCommand, ...] = ()


def take(world: World) -> Asked:
    """What is waiting. It counts as handled only when the look that took it says so, so that no kill loses it."""
    taken = world.state.requests(int(world.state.fact(HANDLED) or 0))
    for _, verb, argument in taken:
        if verb == Verb.CONFIRM:
            world.state.put_fact(_CONFIRMED, argument)
    return Asked(
        newest=max((number for number, _, _ in taken), default=0),
        sync=frozenset(argument for _, verb, argument in taken if verb == Verb.SYNC),
        down=any(verb == Verb.DOWN for _, verb, _ in taken),
        rollouts=tuple(RolloutCommand(**json.loads(argument)) for _, verb, argument in taken if verb == Verb.ROLLOUT),
    )


def remember_sync(world: World, commit: str, asked: frozenset[str], places: set[Key]) -> None:
    """Let the asked models go to `commit` where an environment waits for a person; holds for this commit only."""
    known = _synced(world, commit)
    chosen = {key for key in places if "*" in asked or key[1] in asked}
    value = {"commit": commit, "places": sorted([*map(list, known | chosen)])}
    world.state.put_fact(_SYNCED, json.dumps(value))


def holds(world: World, commit: str) -> Holds:
    """What is held back, and what was let go, for `commit` at this moment."""
    now = world.clock.now()
    active: dict[str, Suspension] = {each.model: each for each in world.state.suspensions() if each.until > now}
    confirmed = world.state.fact(_CONFIRMED) or ""
    matches = bool(confirmed) and commit.startswith(confirmed)
    return Holds(active, frozenset(_synced(world, commit)), commit if matches else "", quarantines(world))


def _synced(world: World, commit: str) -> set[Key]:
    stored = json.loads(world.state.fact(_SYNCED) or "{}")
    if stored.get("commit") != commit:
        return set()
    return {(environment, model) for environment, model in stored["places"]}

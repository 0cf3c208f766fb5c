"""Every way that a rollout can go, walked by trying all kinds of facts and commands in all kinds of states."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import product
from typing import Any, TypeAlias

from fairlead.deliver.rollout.commands import abort, pause, promote, resume
from fairlead.deliver.rollout.machine import Advance, advance
from fairlead.domain.journal import Actor
from fairlead.domain.rollout import Exposure, Phase, Rollout, RolloutFacts
from fairlead.kernel.errors import ConflictError
from tests.unit.deliver.rollout.samples import ANN, BLUE_GREEN, CANARY, CLOSED, NEW, OLD, SHADOW, begun

Command: TypeAlias = Callable[[Rollout, Actor, str, datetime], Advance]

COMMANDS: tuple[Command, ...] = (pause, resume, promote, abort)

CAP = {"maxExposure": {"requests": 10}}
ALL: dict[str, tuple[dict[str, Any], ...]] = {
    name: tuple(
        declared | kept | checked
        for kept in ({"retention": "0s"}, {"retention": "10m"})
        for checked in ({}, {"smoke": True})
    )
    for name, declared in {"canary": CANARY | CAP, "blueGreen": BLUE_GREEN, "shadow": SHADOW | CAP}.items()
}
"""By strategy: with and without a retention, with and without checks."""

TIMES = tuple(timedelta(minutes=each) for each in (0, 1, 10, 60))
"""Since the phase began: the same moment, the longest pause of a first step, the retention, the longest time."""

SERVERS = (
    (NEW.digest, True, ""),
    (NEW.digest, False, ""),
    (NEW.digest, False, "exit 1"),
    (NEW.digest, True, "exit 1"),
    (OLD.digest, True, ""),
)
"""What Git wants, whether the servers are ready, and how they failed."""


@dataclass(frozen=True, slots=True)
class Move:
    """One advance: by facts, or by a command."""

    before: Rollout
    after: Advance
    facts: RolloutFacts | None = None


def looks(rollout: Rollout) -> Iterator[RolloutFacts]:
    """All kinds of facts that this rollout may be asked with."""
    for elapsed, (wanted, ready, failed), checks, verdict, met, hold in product(
        TIMES,
        SERVERS,
        (None, "", "differs") if rollout.strategy.smoke else ("",),
        ("worse", "not-worse", "insufficient"),
        (Exposure(), Exposure(10, 10)) if rollout.strategy.max_exposure.requests else (Exposure(),),
        ("", CLOSED),
    ):
        yield RolloutFacts(rollout.since + elapsed, wanted, ready, failed, checks, verdict, "latency", "", met, hold)


@cache
def walk(strategy: str) -> tuple[Move, ...]:
    """All advances from all kinds of states that a strategy's rollouts reach."""
    moves: list[Move] = []
    for declared, before in product(ALL[strategy], (False, True)):
        waiting, seen = [begun(declared, healthy_before=before)], set[object]()
        while waiting:
            rollout = waiting.pop()
            if _kind(rollout) not in seen:
                seen.add(_kind(rollout))
                found = list(_moves(rollout))
                moves += found
                waiting += [each.after.rollout for each in found]
    return tuple(moves)


def edges(strategy: str) -> set[tuple[Phase, Phase]]:
    """Which phase leads to which; a phase leads to itself where another of its steps comes."""
    return {
        (each.before.phase, each.after.rollout.phase)
        for each in walk(strategy)
        if (each.before.phase, each.before.step) != (each.after.rollout.phase, each.after.rollout.step)
    }


def _moves(rollout: Rollout) -> Iterator[Move]:
    for facts in looks(rollout):
        yield Move(rollout, advance(rollout, facts), facts)
    for command in COMMANDS:
        try:
            yield Move(rollout, command(rollout, ANN, "because", rollout.since))
        except ConflictError:
            continue


def _kind(rollout: Rollout) -> object:
    """What distinguishes states for what may come after them; nothing does after the end."""
    if rollout.phase.final:
        return rollout.phase
    return rollout.phase, rollout.step, rollout.pause is None, rollout.ready

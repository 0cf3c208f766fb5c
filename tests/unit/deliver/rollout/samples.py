"""Rollouts and facts as tests state them: valid, and only what differs is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fairlead.deliver.rollout.machine import advance, begin
from fairlead.domain.journal import Actor
from fairlead.domain.release_strategy import ReleaseStrategy
from fairlead.domain.rollout import Arm, Rollout, RolloutFacts

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANN = Actor("ann")
NEW, OLD, THIRD = (Arm(letter * 64, f"churn@{letter * 12}") for letter in "bac")
CLOSED = "the promotion window is closed"
"""What holds a rollout, as its facts say it."""

CANARY: dict[str, Any] = {
    "strategy": "canary",
    "steps": [{"weight": 10, "pause": "1m"}, {"weight": 50, "pause": "2m", "analysis": False}],
    "longest": "1h",
}
SHADOW: dict[str, Any] = {"strategy": "shadow", "share": 30, "longest": "1h"}
BLUE_GREEN: dict[str, Any] = {"strategy": "blueGreen", "retention": "10m", "longest": "1h"}


def begun(declared: dict[str, Any], *, healthy_before: bool = False) -> Rollout:
    """A rollout that has just begun."""
    strategy = ReleaseStrategy.model_validate(declared)
    return begin("prod", "churn", NEW, OLD, "d" * 40, strategy, START, healthy_before=healthy_before, id="r1").rollout


def at(seconds: float, **known: Any) -> RolloutFacts:  # noqa: ANN401 - any of the facts
    """What is known so long after the start: all servers ready, nothing else."""
    facts = RolloutFacts(now=START + timedelta(seconds=seconds), wanted=NEW.digest, ready=True)
    return replace(facts, **known)


def looked(rollout: Rollout, *looks: RolloutFacts) -> Rollout:
    """The rollout after these looks."""
    for facts in looks:
        rollout = advance(rollout, facts).rollout
    return rollout


def stepping(declared: dict[str, Any]) -> Rollout:
    """A rollout that is at its first step since second 1 (or in what comes before or instead of it)."""
    return looked(begun(declared), at(1))

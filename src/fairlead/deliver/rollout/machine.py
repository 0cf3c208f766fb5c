"""The state machine of a rollout: pure, no clock, no I/O. Who looks asks it at every look, keeps the result, acts.

`advance` may be asked again with the same facts, by a process that was killed before or after it kept the result:
both ways lead to the same state, and no event comes twice.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fairlead.deliver.rollout.endings import ending
from fairlead.deliver.rollout.gates import due, held
from fairlead.deliver.rollout.transitions import CONTROL, Advance, go_on
from fairlead.domain.release_strategy import ReleaseStrategy
from fairlead.domain.rollout import Arm, Exposure, Phase, Rollout, RolloutEvent, RolloutFacts

__all__ = ["Advance", "advance", "begin"]


def begin(  # noqa: PLR0913 - the parts of a rollout, each from another place
    environment: str,
    model: str,
    new: Arm,
    old: Arm,
    commit: str,
    strategy: ReleaseStrategy,
    now: datetime,
    *,
    healthy_before: bool,
    id: str,  # noqa: A002 - as the field is called
) -> Advance:
    """A rollout in its first phase. `commit` brought `new` here; `id` is unique for ever.

    `healthy_before`: whether `new` ran here whole and healthy within `strategy.rollback_window`; then it only waits
    for its servers and has all traffic at once.
    """
    rollout = Rollout(
        id=id,
        environment=environment,
        model=model,
        new=new,
        old=old,
        commit=commit,
        strategy=strategy,
        analysis=strategy.analysis,
        started=now,
        phase=Phase.PREPARING,
        since=now,
        returns=healthy_before,
    )
    how = "returns without steps" if healthy_before else strategy.strategy
    return Advance(rollout, (RolloutEvent("started", CONTROL, f"{new.name} is to replace {old.name}: {how}"),))


def advance(rollout: Rollout, facts: RolloutFacts) -> Advance:
    """The rollout after a look: ended, one step further, or waiting. A final phase never changes."""
    if rollout.phase.final:
        return Advance(rollout)
    met = Exposure(
        max(rollout.exposure.requests, facts.exposure.requests),
        max(rollout.exposure.customers, facts.exposure.customers),
    )
    seen = _timed(replace(rollout, ready=facts.ready, exposure=met), facts)
    return ending(seen, facts) or _go_on(seen, facts)


def _timed(rollout: Rollout, facts: RolloutFacts) -> Rollout:
    """Its clock stands while a person or a window alone holds it."""
    if facts.now <= rollout.since:
        return rollout
    holds = held(rollout, facts) != ""
    if holds and rollout.held_since is None:
        return replace(rollout, held_since=facts.now)
    if not holds and rollout.held_since is not None:
        return replace(rollout, held_since=None, held_for=rollout.held_for + (facts.now - rollout.held_since))
    return rollout


def _go_on(rollout: Rollout, facts: RolloutFacts) -> Advance:
    """One step at most: facts that are not younger than the phase were measured before it, and say nothing of it.

    So each phase and each step has a look of its own, and the same facts twice move nothing twice.
    """
    if facts.now <= rollout.since:
        return Advance(rollout)
    waiting = held(rollout, facts)
    if waiting or not due(rollout, facts):
        return _wait(rollout, waiting)
    return go_on(rollout, facts.now)


def _wait(rollout: Rollout, waiting: str) -> Advance:
    """Where it stands; the journal is told of a reason to wait once, and not of its end, which the next step tells."""
    if waiting == rollout.waiting:
        return Advance(rollout)
    events = (RolloutEvent("waiting", CONTROL, waiting),) if waiting else ()
    return Advance(replace(rollout, waiting=waiting), events)

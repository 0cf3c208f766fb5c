"""Steps that the machine and people's commands take alike: into the next phase, to all traffic, to an end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fairlead.domain.journal import Actor
from fairlead.domain.quantity import duration_text
from fairlead.domain.rollout import Phase, Rollout, RolloutEvent

__all__ = ["CONTROL", "Advance", "finish", "following", "go_on", "whole"]

CONTROL = Actor("fairlead", claimed=False)
"""Who decides where no person does."""

_KINDS = {Phase.COMPLETED: "completed", Phase.ABORTED: "aborted", Phase.SUPERSEDED: "superseded"}


@dataclass(frozen=True, slots=True)
class Advance:
    """A rollout after a look or a command, and what happened, in order."""

    rollout: Rollout
    events: tuple[RolloutEvent, ...] = ()


def following(rollout: Rollout) -> tuple[Phase, int]:
    """Phase and step that come next if nothing ends the rollout before. ValueError in a final phase."""
    strategy, phase = rollout.strategy, rollout.phase
    if phase.final:
        raise ValueError(f"nothing follows {phase}")
    if rollout.returns or phase is Phase.RETAINING:
        return Phase.COMPLETED, rollout.step
    if phase is Phase.PREPARING and (strategy.smoke or strategy.load is not None):
        return Phase.CHECKING, 0
    step = rollout.step + 1 if phase is Phase.STEPPING else 0
    if step < len(strategy.weights):
        return Phase.STEPPING, step
    return whole(rollout), rollout.step


def whole(rollout: Rollout) -> Phase:
    """The phase in which the new release first has all traffic."""
    return Phase.RETAINING if rollout.strategy.retention > timedelta(0) else Phase.COMPLETED


def go_on(rollout: Rollout, now: datetime) -> Advance:
    """Into what follows."""
    phase, step = following(rollout)
    if phase is Phase.COMPLETED:
        return finish(rollout, phase, now, _completed(rollout))
    moved = replace(rollout, phase=phase, step=step, since=now, waiting="")
    return Advance(moved, (RolloutEvent("step", CONTROL, _entered(moved)),))


def finish(
    rollout: Rollout, phase: Phase, now: datetime, reason: str, *, metric: str = "", actor: Actor = CONTROL
) -> Advance:
    """Into the final `phase`; a pause ends with the rollout."""
    ended = replace(rollout, phase=phase, since=now, pause=None, waiting="", reason=reason, metric=metric)
    return Advance(ended, (RolloutEvent(_KINDS[phase], actor, reason),))


def _entered(rollout: Rollout) -> str:
    strategy, name = rollout.strategy, rollout.new.name
    if rollout.phase is Phase.CHECKING:
        return f"the servers of {name} are ready; they are checked before they get traffic"
    if rollout.phase is Phase.RETAINING:
        kept = duration_text(strategy.retention)
        return f"{name} has all traffic; the servers of {rollout.old.name} are kept for {kept}"
    if strategy.strategy == "shadow":
        return f"{name} gets copies of {strategy.share} % of the requests"
    weights = strategy.weights
    return f"{name} gets {weights[rollout.step].weight} % of the traffic (step {rollout.step + 1} of {len(weights)})"


def _completed(rollout: Rollout) -> str:
    if rollout.returns:
        window = duration_text(rollout.strategy.rollback_window)
        return f"{rollout.new.name} ran here whole and healthy within the last {window}: it returns without steps"
    if rollout.phase is Phase.RETAINING:
        return f"it has had all traffic for {duration_text(rollout.strategy.retention)}, and nothing was found worse"
    return "all its steps are done" if rollout.phase is Phase.STEPPING else "its servers are ready"

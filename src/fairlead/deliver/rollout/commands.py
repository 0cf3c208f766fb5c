"""What people may tell a rollout: pause, resume, promote, abort. What overrules the machine is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fairlead.deliver.rollout.gates import pause_text
from fairlead.deliver.rollout.transitions import Advance, finish, whole
from fairlead.domain.journal import Actor
from fairlead.domain.rollout import Pause, Phase, Rollout, RolloutEvent
from fairlead.kernel.errors import ConflictError, UsageError

__all__ = ["abort", "pause", "promote", "resume"]


def pause(rollout: Rollout, actor: Actor, reason: str, now: datetime) -> Advance:
    """Let it stay where it is; it can still end, by a verdict and by Git; its clock stands.

    UsageError without a reason; ConflictError where it ended, has all traffic, or is paused already.
    """
    said = _reason(reason, "pause")
    _running(rollout, "pause")
    if rollout.phase is Phase.RETAINING:
        raise _conflict(rollout, "has all traffic already, so there is nothing to pause", "abort takes it back")
    if rollout.pause is not None:
        raise _conflict(rollout, f"is {pause_text(rollout.pause.actor, rollout.pause.reason)}", "resume it first")
    paused = replace(rollout, pause=Pause(actor.name, said, now), waiting=pause_text(actor.name, said))
    return Advance(paused, (RolloutEvent("paused", actor, said),))


def resume(rollout: Rollout, actor: Actor, reason: str, now: datetime) -> Advance:  # noqa: ARG001 - as all commands
    """Let it go on at the next look; its step began when it began. ConflictError where it is not paused."""
    _running(rollout, "resume")
    if rollout.pause is None:
        raise _conflict(rollout, "is not paused", "see what it waits for with `fairlead rollout show`")
    message = reason.strip() or f"paused by {rollout.pause.actor} before: {rollout.pause.reason}"
    return Advance(replace(rollout, pause=None, waiting=""), (RolloutEvent("resumed", actor, message),))


def promote(rollout: Rollout, actor: Actor, reason: str, now: datetime) -> Advance:
    """Skip what remains: all traffic at once, whatever pause, cap, window or verdict it waits for.

    UsageError without a reason; ConflictError where it ended, has all traffic, or its servers do not answer.
    """
    said = _reason(reason, "promote")
    _running(rollout, "promote")
    if rollout.phase is Phase.RETAINING:
        raise _conflict(rollout, "has all traffic already", "the old servers go by themselves")
    if not rollout.ready:
        raise _conflict(rollout, "has servers that do not answer", f"see `fairlead logs {rollout.model}`")
    message = f"promoted by {actor.name}: {said}"
    promoted = RolloutEvent("promoted", actor, message)
    counted = replace(rollout, overrides=rollout.overrides + 1, pause=None, waiting="")
    if whole(rollout) is Phase.RETAINING:
        return Advance(replace(counted, phase=Phase.RETAINING, since=now), (promoted,))
    ended = finish(counted, Phase.COMPLETED, now, message, actor=actor)
    return Advance(ended.rollout, (promoted, *ended.events))


def abort(rollout: Rollout, actor: Actor, reason: str, now: datetime) -> Advance:
    """Give all traffic back to the old release, and refuse the new one until Git says something else.

    UsageError without a reason; ConflictError where it ended.
    """
    said = _reason(reason, "abort")
    _running(rollout, "abort")
    counted = replace(rollout, overrides=rollout.overrides + 1)
    return finish(counted, Phase.ABORTED, now, f"aborted by {actor.name}: {said}", actor=actor)


def _reason(reason: str, command: str) -> str:
    said = reason.strip()
    if not said:
        raise UsageError(f"{command} needs a reason", mend="say why; the journal keeps it")
    return said


def _running(rollout: Rollout, command: str) -> None:
    if rollout.phase.final:
        raise _conflict(
            rollout, f"has ended: {rollout.reason}", f"there is nothing to {command}; a new commit begins a new rollout"
        )


def _conflict(rollout: Rollout, what: str, mend: str) -> ConflictError:
    said = f"the rollout of {rollout.new.name} ({rollout.phase}) {what}"
    return ConflictError(said, where=f"{rollout.environment}/{rollout.model}", mend=mend)

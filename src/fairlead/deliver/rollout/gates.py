"""What a rollout waits for before it goes on, and what holds it although it could."""

from __future__ import annotations

from fairlead.deliver.rollout.transitions import following
from fairlead.domain.analysis import MetricVerdict
from fairlead.domain.rollout import Phase, Rollout, RolloutFacts

__all__ = ["due", "held", "pause_text"]


def due(rollout: Rollout, facts: RolloutFacts) -> bool:
    """Whether all that the phase itself waits for is there."""
    waited = facts.now - rollout.since
    if rollout.phase is Phase.RETAINING:
        return waited >= rollout.strategy.retention
    if not facts.ready:
        return False
    if rollout.phase is Phase.CHECKING:
        return facts.checks == ""
    if rollout.phase is Phase.STEPPING:
        step = rollout.strategy.weights[rollout.step]
        return waited >= step.pause and (not step.analysis or facts.verdict == MetricVerdict.NOT_WORSE)
    return True


def held(rollout: Rollout, facts: RolloutFacts) -> str:
    """Why it must not go on; '' where it may. A hold keeps back more traffic only, and nothing that returns.

    What was already everybody's is held by nothing: RETAINING ends by time.
    """
    if rollout.pause is not None:
        return pause_text(rollout.pause.actor, rollout.pause.reason)
    if rollout.returns or not _rises(rollout):
        return ""
    return facts.hold if due(rollout, facts) else ""


def pause_text(actor: str, reason: str) -> str:
    """What a paused rollout says of its waiting."""
    return f"paused by {actor}: {reason}"


def _rises(rollout: Rollout) -> bool:
    """Whether the new release gets more of the traffic in what follows."""
    phase, _ = following(rollout)
    if phase is Phase.STEPPING:
        return rollout.strategy.strategy == "canary"
    return phase is not Phase.CHECKING and rollout.phase is not Phase.RETAINING

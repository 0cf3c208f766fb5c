"""What people ask of the running control plane, as it is kept until the next look takes it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ROLLOUT", "RolloutCommand"]

ROLLOUT = "rollout"
"""Verb of a command to a rollout."""


@dataclass(frozen=True, slots=True)
class RolloutCommand:
    """What a person says to the rollout of a model: `verb` is pause, resume, promote or abort."""

    verb: str
    environment: str
    model: str
    reason: str
    actor: str
    claimed: bool

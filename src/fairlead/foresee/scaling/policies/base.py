"""What a policy sees each step and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Observed", "Policy"]


@dataclass(frozen=True, slots=True)
class Observed:
    """The service at the start of a step; `demand`, `queue` and `late` (requests) are those of the step before.

    `step` counts from 0 and `second` from the trace's start in epoch seconds, so that policies know day and hour.
    """

    step: int
    second: float
    demand: float
    queue: float
    late: float
    ready: int
    ordered: int


class Policy(Protocol):
    """Decides on replicas from what has been seen; holds what it has learnt."""

    expected: float
    """Requests per step that the last order was for: what is foreseen, or what is there now."""

    def order(self, seen: Observed) -> int:
        """Return the replicas wanted from now on; the simulator keeps them inside the bounds."""
        ...

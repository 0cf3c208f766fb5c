"""The model of a scaled service: orders become ready late, requests queue in order, and long waits are counted.

A replica is paid from its order on and is ready `time_to_ready_s` later; fewer replicas take effect at once, the
newest going first, so the ready ones are the smallest order of the last `time_to_ready_s`. A request that arrived in
a step and is not served by the end of the step in which its allowed wait runs out is late; it is served all the same.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.scaling.config import ServiceModel
from fairlead.foresee.scaling.policies.base import Observed, Policy

__all__ = ["Outcome", "Replay", "simulate"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Cost in replica-seconds from the order on, and the share of requests that waited too long."""

    replica_seconds: float
    late_share: float
    mean_replicas: float


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """One value per step, (steps,): requests arrived, replicas ordered and ready, requests waiting and newly late."""

    start: float
    step_s: float
    demand: NDArray[np.float64]
    ordered: NDArray[np.int64]
    ready: NDArray[np.int64]
    queue: NDArray[np.float64]
    late: NDArray[np.float64]

    def outcome(self, from_second: float = 0) -> Outcome:
        """Count from so many seconds after the start."""
        first = -int(-from_second // self.step_s)
        ordered, asked = self.ordered[first:], float(self.demand[first:].sum())
        late_share = float(self.late[first:].sum()) / asked if asked else 0.0
        return Outcome(float(ordered.sum() * self.step_s), late_share, float(ordered.mean()) if len(ordered) else 0.0)


class _Queue:
    """Requests in order of arrival, as running totals; `waits` is the number of steps that a request may wait."""

    def __init__(self, waits: int) -> None:
        self._arrived = 0.0
        self._served = 0.0
        self._totals = deque([0.0] * (waits + 1), maxlen=waits + 2)

    def step(self, demand: float, capacity: float) -> tuple[float, float]:
        """Return requests waiting at the end of the step, and those whose allowed wait ran out in it."""
        self._arrived += demand
        self._totals.append(self._arrived)
        self._served = min(self._served + capacity, self._arrived)
        before, due = self._totals[0], self._totals[1]
        return self._arrived - self._served, max(0.0, due - max(self._served, before))


def simulate(demand: NDArray[np.float64], service: ServiceModel, policy: Policy, *, start: float = 0) -> Replay:
    """Replay the demand (steps,) under a policy, which sees nothing of the step that it orders for."""
    steps = len(demand)
    ordered, ready = np.zeros(steps, dtype=np.int64), np.zeros(steps, dtype=np.int64)
    queues, lates = np.zeros(steps), np.zeros(steps)
    queue = _Queue(service.steps(service.slo.wait_s))
    recent: deque[int] = deque(maxlen=service.steps_to_ready + 1)
    last = Observed(0, start, 0.0, 0.0, 0.0, service.min, service.min)
    for step, asked in enumerate(demand.tolist()):
        wanted = min(max(policy.order(last), service.min), service.max)
        recent.append(wanted)
        able = min(recent)
        waiting, late = queue.step(asked, able * service.capacity_per_step)
        ordered[step], ready[step], queues[step], lates[step] = wanted, able, waiting, late
        last = Observed(step + 1, start + (step + 1) * service.step_s, asked, waiting, late, able, wanted)
    return Replay(start, service.step_s, demand, ordered, ready, queues, lates)

"""The model of a scaled service: orders become ready late, requests queue in order, and long waits are counted.

A replica is paid from its order on and is ready `time_to_ready_s` later; fewer replicas take effect at once, the
newest going first, so the ready ones are the smallest order of the last `time_to_ready_s`. A request that arrived in
a step and is not served by the end of the step in which its allowed wait runs out is late; it is served all the same.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from fairlead.foresee.scaling.config import ServiceModel

__all__ = ["Modelled", "Served"]


@dataclass(frozen=True, slots=True)
class Served:
    """A step: replicas that were ready, requests that wait at its end, and those that became late in it."""

    ready: int
    waiting: float
    late: float


class Modelled:
    """The service, step by step."""

    def __init__(self, service: ServiceModel) -> None:
        self._service = service
        self._recent: deque[int] = deque(maxlen=service.steps_to_ready + 1)
        self._queue = _Queue(service.steps(service.slo.wait_s))

    def step(self, ordered: int, demand: float) -> Served:
        """Serve a step's demand with what an order, and those before it, have made ready."""
        self._recent.append(ordered)
        able = min(self._recent)
        return Served(able, *self._queue.step(demand, able * self._service.capacity_per_step))


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

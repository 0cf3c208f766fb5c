"""Policies that look at the present only: static, the horizontal pod autoscaler, and a KEDA-like scaler."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from fairlead.foresee.scaling.config import ServiceModel
from fairlead.foresee.scaling.policies.base import Observed

__all__ = ["CronWindow", "Hpa", "KedaLike", "Peak", "Static"]

_DAY_S = 86_400


@dataclass(slots=True)
class Static:
    """Always the same number."""

    replicas: int
    expected: float = 0.0

    def order(self, seen: Observed) -> int:
        """Return the number."""
        self.expected = seen.demand
        return self.replicas


class Peak:
    """The largest of the values of the last `steps` steps."""

    def __init__(self, steps: int) -> None:
        self._steps = max(steps, 1)
        self._falling: deque[tuple[int, int]] = deque()
        self._now = 0

    def push(self, value: int) -> int:
        """Add the newest value and return the peak."""
        while self._falling and self._falling[-1][1] <= value:
            self._falling.pop()
        self._falling.append((self._now, value))
        if self._falling[0][0] <= self._now - self._steps:
            self._falling.popleft()
        self._now += 1
        return self._falling[0][1]


class Hpa:
    """The horizontal pod autoscaler on utilisation, with its tolerance and scale-down stabilisation.

    desired = ceil(ready × utilisation / target), left alone within 10 % of the target (Kubernetes documentation,
    "Algorithm details"). Utilisation cannot exceed 1: a busy replica does not know how long its queue is.
    """

    def __init__(self, service: ServiceModel, *, target: float = 0.7, stabilisation_s: float = 300) -> None:
        self._service = service
        self._target = target
        self._peak = Peak(service.steps(stabilisation_s))
        self._tolerance = 0.1
        self.expected = 0.0

    def order(self, seen: Observed) -> int:
        """Return the peak of what was desired within the stabilisation window."""
        self.expected = seen.demand
        capacity = seen.ready * self._service.capacity_per_step
        ratio = min((seen.demand + seen.queue) / capacity, 1.0) / self._target if capacity else 1.0
        near = abs(ratio - 1) <= self._tolerance
        return self._peak.push(seen.ordered if near else max(ceil(seen.ready * ratio), self._service.min))


@dataclass(frozen=True, slots=True)
class CronWindow:
    """At least `replicas` between two seconds of the day (UTC); a window may run past midnight."""

    start_s: float
    end_s: float
    replicas: int

    def holds(self, second: float) -> bool:
        """Tell whether the window is open at an epoch second."""
        now = second % _DAY_S
        if self.start_s <= self.end_s:
            return self.start_s <= now < self.end_s
        return now >= self.start_s or now < self.end_s


class KedaLike:
    """The largest wish of several triggers: rate per replica, queue per replica, cron windows; or paused at N."""

    def __init__(
        self,
        service: ServiceModel,
        *,
        target: float = 0.7,
        queue_per_replica: float | None = None,
        windows: Sequence[CronWindow] = (),
        paused_at: int | None = None,
        cooldown_s: float = 300,
    ) -> None:
        self._service = service
        self._target = target
        self._queue_per_replica = queue_per_replica or service.capacity_per_step
        self._windows = tuple(windows)
        self._paused_at = paused_at
        self._peak = Peak(service.steps(cooldown_s))
        self.expected = 0.0

    def order(self, seen: Observed) -> int:
        """Return the largest wish within the cool-down."""
        self.expected = seen.demand
        if self._paused_at is not None:
            return self._paused_at
        rate = ceil(seen.demand / (self._target * self._service.capacity_per_step))
        queue = ceil(seen.queue / self._queue_per_replica)
        cron = max((window.replicas for window in self._windows if window.holds(seen.second)), default=0)
        return self._peak.push(max(rate + queue, cron))

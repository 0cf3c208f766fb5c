"""The replay of a trace under a policy, by the model of a scaled service in `modelled`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.scaling.config import ServiceModel
from fairlead.foresee.scaling.modelled import Modelled
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
    """One value per step, (steps,): requests arrived, replicas ordered and ready, requests waiting and newly late.

    Replicas are whole, but for those of the clairvoyant's plan.
    """

    start: float
    step_s: float
    demand: NDArray[np.float64]
    ordered: NDArray[Any]
    ready: NDArray[Any]
    queue: NDArray[np.float64]
    late: NDArray[np.float64]

    def outcome(self, from_second: float = 0) -> Outcome:
        """Count from so many seconds after the start."""
        first = -int(-from_second // self.step_s)
        ordered, asked = self.ordered[first:], float(self.demand[first:].sum())
        late_share = float(self.late[first:].sum()) / asked if asked else 0.0
        return Outcome(float(ordered.sum() * self.step_s), late_share, float(ordered.mean()) if len(ordered) else 0.0)


_TOLD_EVERY = 1000


def simulate(
    demand: NDArray[np.float64],
    service: ServiceModel,
    policy: Policy,
    *,
    start: float = 0,
    told: Callable[[int], None] = lambda _: None,
) -> Replay:
    """Replay the demand (steps,) under a policy, which sees nothing of the step that it orders for.

    `told` hears now and then how many steps are done.
    """
    steps = len(demand)
    ordered, ready = np.zeros(steps, dtype=np.int64), np.zeros(steps, dtype=np.int64)
    queues, lates = np.zeros(steps), np.zeros(steps)
    model = Modelled(service)
    last = Observed(0, start, 0.0, 0.0, 0.0, service.min, service.min)
    for step, asked in enumerate(demand.tolist()):
        if not step % _TOLD_EVERY:
            told(step)
        wanted = min(max(policy.order(last), service.min), service.max)
        served = model.step(wanted, asked)
        ordered[step], ready[step], queues[step], lates[step] = wanted, served.ready, served.waiting, served.late
        second = start + (step + 1) * service.step_s
        last = Observed(step + 1, second, asked, served.waiting, served.late, served.ready, wanted)
    return Replay(start, service.step_s, demand, ordered, ready, queues, lates)

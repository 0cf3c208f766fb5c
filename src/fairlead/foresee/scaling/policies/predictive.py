"""The predictive policy: orders for the demand expected when an order becomes ready, and calibrates its own safety.

How much safety the SLO needs is not known beforehand. The policy therefore runs, beside the real service, a model of
it for each of a ladder of safety factors over the same demand as it comes in, and takes the factor that cost least
among those whose modelled share of late requests keeps the SLO. The smallest factor is not the cheapest: what it does
not order beforehand it orders for the queue. Nothing of the future enters; the first days serve to learn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.scaling.config import ServiceModel
from fairlead.foresee.scaling.policies.base import Observed
from fairlead.foresee.scaling.policies.outlook import Outlook

__all__ = ["LADDER", "Predictive"]

_DRAIN = 0.4
"""Share of the queue that is ordered for on top of the expected demand."""

LADDER: NDArray[np.float64] = np.geomspace(0.8, 3.0, 49)
"""Safety factors on expected demand; neighbours are 2.8 % apart."""

_MEMORIES = ((7 * 86_400, 0.7), (2 * 86_400, 1.0))
"""Lateness is forgotten with these time constants in seconds, and within each may use this share of what is allowed.

The long memory leaves room for what the past did not show; the short one follows a change of the demand's nature.
"""

_UNLEARNT_S = 6 * 3600
_UNLEARNT_FACTOR = 1.6
"""Until so much has been seen the models say little, and a factor of rule-of-thumb size is used."""


class _Ladder:
    """One modelled service per safety factor, all stepped together; arrays are (factors,)."""

    def __init__(self, service: ServiceModel, factors: NDArray[np.float64]) -> None:
        count = len(factors)
        self.factors = factors
        self._service = service
        self._hold = np.zeros((max(service.steps(service.scale_down_hold_s), 1), count), dtype=np.float32)
        self._pipeline = np.full((service.steps_to_ready + 1, count), service.min, dtype=np.float32)
        self._arrived = np.zeros(service.steps(service.slo.wait_s) + 2)
        self._served = np.zeros(count)
        self._step = 0
        self.queue = np.zeros(count)

    def order(self, expected: float) -> NDArray[np.float64]:
        """Order replicas in every model for the demand expected; return the orders."""
        service = self._service
        wish = np.ceil((expected * self.factors + _DRAIN * self.queue) / service.capacity_per_step)
        self._hold[self._step % len(self._hold)] = np.clip(wish, service.min, service.max)
        orders = np.asarray(self._hold.max(axis=0), dtype=np.float64)
        self._pipeline[self._step % len(self._pipeline)] = orders
        return orders

    def serve(self, demand: float) -> NDArray[np.float64]:
        """Serve a step's demand with what is ready in every model; return the requests that became late."""
        self._arrived[:-1] = self._arrived[1:]
        self._arrived[-1] += demand
        capacity = self._pipeline.min(axis=0) * self._service.capacity_per_step
        self._served = np.minimum(self._served + capacity, self._arrived[-1])
        self.queue = self._arrived[-1] - self._served
        self._step += 1
        return np.asarray(np.maximum(0.0, self._arrived[1] - np.maximum(self._served, self._arrived[0])))


class _Memory:
    """Fading sums over the modelled services: requests asked, late (factors,), and replicas ordered (factors,)."""

    def __init__(self, service: ServiceModel, constant_s: float, share: float) -> None:
        self.keep = float(np.exp(-service.step_s / constant_s))
        self._allowed = share * service.slo.max_share
        self.asked = 0.0
        self.late = np.zeros(len(LADDER))
        self.cost = np.zeros(len(LADDER))

    def keeps(self) -> NDArray[np.bool_]:
        """Tell which factors kept the SLO, (factors,)."""
        return np.asarray(self.late <= self._allowed * self.asked)


class Predictive:
    """Expected demand times a safety factor plus the queue; held before it scales down.

    With `factor` the safety is fixed, as for a comparison with what hindsight would have chosen.
    """

    def __init__(self, service: ServiceModel, *, factor: float | None = None) -> None:
        self._service = service
        self._outlook = Outlook(service.step_s, service.steps_to_ready)
        self._fixed = factor
        self._models = _Ladder(service, LADDER)
        self._own = _Ladder(service, np.ones(1))
        self._memories = tuple(_Memory(service, constant, share) for constant, share in _MEMORIES)
        self.expected = 0.0

    def order(self, seen: Observed) -> int:
        """Return the order for the demand expected once it is ready."""
        if seen.step:
            self._learn(seen)
        expected = self.expected = self._outlook.predict(seen.second)
        orders = self._models.order(expected)
        for memory in self._memories:
            memory.cost = memory.keep * memory.cost + orders
        self._own.queue = np.array([seen.queue])
        return int(self._own.order(expected * self._factor(seen))[0])

    def _learn(self, seen: Observed) -> None:
        self._outlook.learn(seen.second, seen.demand)
        self._own.serve(seen.demand)
        late = self._models.serve(seen.demand)
        for memory in self._memories:
            memory.late = memory.keep * memory.late + late
            memory.asked = memory.keep * memory.asked + seen.demand

    def _factor(self, seen: Observed) -> float:
        if self._fixed is not None:
            return self._fixed
        if seen.step * self._service.step_s < _UNLEARNT_S:
            return _UNLEARNT_FACTOR
        keeps = np.logical_and.reduce([memory.keeps() for memory in self._memories])
        if not keeps.any():
            return float(LADDER[np.argmin(self._memories[-1].late)])
        return float(LADDER[np.argmin(np.where(keeps, self._memories[0].cost, np.inf))])

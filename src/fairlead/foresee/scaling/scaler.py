"""The scaler's step: what was seen in, an order out, within the bounds whatever was seen. Pure; it knows no clock.

Demand is counted in the work of a replica: 1 is what one replica answers in a step. So a capacity that is measured anew
changes what comes in, and nothing of what was learnt.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from math import ceil

from fairlead.foresee.scaling.config import ServiceModel
from fairlead.foresee.scaling.keeping import freeze, thaw
from fairlead.foresee.scaling.modelled import Modelled
from fairlead.foresee.scaling.policies.base import Observed, Policy

__all__ = ["PATIENCE", "Basis", "Bounds", "Decision", "Scaler", "Seen"]

PATIENCE = 3
"""Steps without knowledge of the demand for which the order stands still, before it reacts to what can be counted."""

_REACTIVE_TARGET = 0.7
_LONGEST_GAP = 2880
"""Steps that are made up for at most: a day of half minutes."""

_MOST_WARMING = 20_160
"""Steps of the past that a new policy learns from: a week of half minutes."""


class Basis(StrEnum):
    """What an order rests on."""

    POLICY = "policy"
    IDLE = "idle"
    """Nothing was asked for as long as fewer replicas must suffice."""
    WOKEN = "woken"
    """Requests wait, and no replica is there."""
    BOUNDS = "bounds"
    """Other bounds, or less money, than when it was decided."""
    HELD = "held"
    """The demand is not known: the order stands still."""
    REACTIVE = "reactive"
    """The demand has not been known for long: replicas follow what can be counted, upwards alone."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Fewest and most replicas now: what is declared, and what the budget pays for. `least` is at most `most`."""

    least: int
    most: int

    def clamp(self, order: int) -> int:
        """The nearest number within them."""
        return min(max(order, self.least), self.most)


@dataclass(frozen=True, slots=True)
class Seen:
    """The service since the last step, which is `steps` steps ago; `second` is now, in epoch seconds.

    `demand` (None: not known), `waiting` and `late` in the work of a replica for a step; `ready` replicas answer, and
    `serving` have not ended. `counted` is the demand by other counts, where those can be had.
    """

    second: float
    steps: int
    demand: float | None
    waiting: float
    late: float
    ready: int
    serving: int
    counted: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Replicas ordered, what that rests on, and the work per step that it was ordered for."""

    order: int
    basis: Basis
    expected: float


class Scaler:
    """One model's scaler. With `alone` it sees the demand only, and replicas and queue are those of a model."""

    def __init__(self, service: ServiceModel, policy: Policy, order: int, *, alone: bool = False) -> None:
        """Begin at `order` replicas. `service` counts demand in the work of a replica: its capacity is 1 per step."""
        self._service = service
        self._policy = policy
        self._order = order
        self._model = Modelled(service) if alone else None
        self._steps = 0
        self._quiet = 0
        self._blind = 0

    @property
    def order(self) -> int:
        """Replicas ordered by now."""
        return self._order

    def step(self, seen: Seen, bounds: Bounds) -> Decision:
        """Decide. The order is within the bounds whatever was seen; a demand that is not known never lowers it."""
        steps = min(max(seen.steps, 1), _LONGEST_GAP)
        if seen.demand is None:
            return self._blindly(seen, bounds, steps)
        self._blind = 0
        for left in range(steps, 0, -1):
            self._order = bounds.clamp(self._decide(seen, seen.demand / steps, left - 1, bounds))
        idle = self._order == 0 and self._quiet > 0
        return Decision(self._order, Basis.IDLE if idle else Basis.POLICY, self._policy.expected)

    def wake(self, bounds: Bounds) -> Decision:
        """Requests wait and no replica is there: one is ordered at once, where the bounds have room for it."""
        self._quiet = 0
        self._order = bounds.clamp(max(self._order, 1))
        return Decision(self._order, Basis.WOKEN, self._policy.expected)

    def bound(self, bounds: Bounds) -> Decision:
        """The order within other bounds, between two steps."""
        self._order = bounds.clamp(self._order)
        return Decision(self._order, Basis.BOUNDS, self._policy.expected)

    def warm(self, past: Iterable[tuple[float, float, int]]) -> None:
        """Learn from the past: (second of its end, work, steps) of each window, oldest first, at most a week of it."""
        windows = list(past)
        totals = accumulate(count for _, _, count in reversed(windows))
        fitting = sum(total <= _MOST_WARMING for total in totals)
        model = Modelled(self._service)
        order = max(self._order, self._service.min)
        for second, work, count in windows[len(windows) - fitting :]:
            for left in range(count, 0, -1):
                served = model.step(order, work / count)
                at = second - (left - 1) * self._service.step_s
                order = self._asked(at, work / count, served.waiting, served.late, served.ready, order)
                order = min(max(order, self._service.min), self._service.max)

    def kept(self) -> object:
        """All that it has learnt, as JSON."""
        return freeze(self)

    def resume(self, kept: object) -> None:
        """Go on from what was kept of a scaler of the same configuration; ValueError where it is of another form."""
        thaw(kept, self)

    def _decide(self, seen: Seen, demand: float, left: int, bounds: Bounds) -> int:
        """One step, `left` of them before now."""
        second = seen.second - left * self._service.step_s
        waiting, late, ready = seen.waiting, seen.late / max(seen.steps, 1), seen.ready
        if self._model is not None:
            served = self._model.step(self._order, demand)
            waiting, late, ready = served.waiting, served.late, served.ready
        wish = self._asked(second, demand, waiting, late, ready, self._order)
        self._quiet = 0 if demand > 0 or waiting > 0 else self._quiet + 1
        if bounds.least == 0 and self._quiet >= self._service.steps(self._service.scale_down_hold_s):
            return 0
        return max(wish, 1) if self._order or demand > 0 or waiting > 0 else 0

    def _asked(self, second: float, demand: float, waiting: float, late: float, ready: int, ordered: int) -> int:
        self._steps += 1
        return self._policy.order(Observed(self._steps, second, demand, waiting, late, ready, ordered))

    def _blindly(self, seen: Seen, bounds: Bounds, steps: int) -> Decision:
        self._blind += steps
        order, basis = self._order if self._model else max(self._order, seen.serving), Basis.HELD
        if self._blind > PATIENCE and seen.counted is not None:
            order, basis = max(order, ceil(seen.counted / steps / _REACTIVE_TARGET)), Basis.REACTIVE
        self._order = bounds.clamp(order)
        return Decision(self._order, basis, self._policy.expected)

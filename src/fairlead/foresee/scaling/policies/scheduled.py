"""The scheduled policy: for each time of day, what nearly sufficed at that time on the days before."""

from __future__ import annotations

from collections import deque
from math import ceil

from fairlead.foresee.scaling.config import ServiceModel
from fairlead.foresee.scaling.policies.base import Observed

__all__ = ["Scheduled"]

_DAY_S = 86_400
_BIN_S = 600
_DAYS = 7


class Scheduled:
    """Orders for the largest demand of the last days at this time of day, with some headroom.

    Looks as far ahead as an order needs to become ready. A time of day without a day before it is served like the
    largest demand seen so far.
    """

    def __init__(self, service: ServiceModel, *, headroom: float = 0.1) -> None:
        self._service = service
        self._headroom = headroom
        self._peaks: list[deque[float]] = [deque(maxlen=_DAYS) for _ in range(_DAY_S // _BIN_S)]
        self._open = (-1, 0.0)
        self._largest = 0.0
        self.expected = 0.0

    def order(self, seen: Observed) -> int:
        """Return the order for the time of day at which it will be ready."""
        if seen.step:
            self._learn(seen.second - self._service.step_s, seen.demand)
        first = int(seen.second % _DAY_S // _BIN_S)
        ready = int((seen.second + self._service.time_to_ready_s) % _DAY_S // _BIN_S)
        self.expected = max(self._peak(first), self._peak(ready))
        return ceil(self.expected * (1 + self._headroom) / self._service.capacity_per_step)

    def _peak(self, place: int) -> float:
        return max(self._peaks[place], default=self._largest)

    def _learn(self, second: float, demand: float) -> None:
        """Close a time of day when it is over, so that its own demand never serves it on the same day."""
        place = int(second % _DAY_S // _BIN_S)
        before, peak = self._open
        if place != before and before >= 0:
            self._peaks[before].append(peak)
        self._open = (place, max(peak, demand) if place == before else demand)
        self._largest = max(self._largest, demand)

"""The values that a channel has shown, kept in order, and how new another value is beside them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable

__all__ = ["CAPACITY", "Past"]

CAPACITY = 20_000
"""Newest values that are remembered: more than two months of five-minute steps."""

_FEWEST = 20
"""With fewer values nothing is new yet."""

_TAIL = 20
"""The spread runs from the 20th part of the values to the 20th part before the end: 5 % and 95 %."""

_EDGE = 3
"""Neighbours on either side among which the third nearest must be."""

_NOISE = 1e-9
"""Distances below this share of the range are rounding, not news."""


class Past:
    """Sorted values with their order of arrival; every operation costs a few microseconds."""

    __slots__ = ("_arrival", "_sorted")

    def __init__(self, values: Iterable[float] = ()) -> None:
        self._arrival = deque(values)
        self._sorted = array("d", sorted(self._arrival))  # side by side in memory: twice as fast as a list

    def __len__(self) -> int:
        return len(self._sorted)

    def meet(self, value: float) -> tuple[float, float]:
        """Remember a value and return how new it was: by range and by spread, each 0 for nothing new.

        The distance to the nearest value per range, and to the third nearest per spread. Where all values were equal
        any other one is wholly new: 1 and 1. The oldest value beyond the capacity is forgotten.
        """
        place = bisect_left(self._sorted, value)
        news = self._novelty(value, place)
        self._keep(value, place)
        return news

    def rank(self, value: float) -> float:
        """Remember a value and return the share of the values, itself among them, that are not below it, in (0, 1].

        A streaming conformal p-value (Vovk et al. 2005), equal values counted against it.
        """
        place = bisect_left(self._sorted, value)
        count = len(self._sorted)
        self._keep(value, place)
        return (count - place + 1) / (count + 1)

    def _keep(self, value: float, place: int) -> None:
        ordered = self._sorted
        ordered.insert(place, value)
        self._arrival.append(value)
        if len(ordered) > CAPACITY:
            del ordered[bisect_left(ordered, self._arrival.popleft())]

    def _novelty(self, value: float, place: int) -> tuple[float, float]:
        ordered = self._sorted
        count = len(ordered)
        if count < _FEWEST:
            return 0.0, 0.0
        reach = ordered[-1] - ordered[0]
        if reach <= 0:
            return (0.0, 0.0) if value == ordered[0] else (1.0, 1.0)
        nearest, third = (_near if _EDGE <= place <= count - _EDGE else _near_edge)(ordered, value, place)
        if third <= _NOISE * reach:
            return 0.0, 0.0
        spread = ordered[count - 1 - count // _TAIL] - ordered[count // _TAIL]
        return nearest / reach, third / spread if spread > 0 else 1.0

    def quantile(self, share: float) -> float:
        """The value below which a share of the values lies; 0 without any."""
        return self._sorted[min(int(share * len(self._sorted)), len(self._sorted) - 1)] if self._sorted else 0.0

    def saved(self) -> list[float]:
        """The values in order of arrival, from which the same past can be made again."""
        return list(self._arrival)


def _near(ordered: array[float], value: float, place: int) -> tuple[float, float]:
    """Distances to the nearest and the third nearest of the values, of which `place` are smaller.

    Walks outwards to the nearer side; without loops and calls, as it runs for every channel of every row.
    """
    low, high = place - 1, place
    below, above = value - ordered[low], ordered[high] - value
    if below < above:
        nearest = below
        low -= 1
        below = value - ordered[low]
    else:
        nearest = above
        high += 1
        above = ordered[high] - value
    if below < above:
        below = value - ordered[low - 1]
    else:
        above = ordered[high + 1] - value
    return nearest, below if below < above else above  # noqa: FURB136 a call costs as much as all of this


def _near_edge(ordered: array[float], value: float, place: int) -> tuple[float, float]:
    """The same where fewer than three values are on one side."""
    near = sorted([abs(value - other) for other in ordered[max(place - _EDGE, 0) : place + _EDGE]])
    return near[0], near[_EDGE - 1]

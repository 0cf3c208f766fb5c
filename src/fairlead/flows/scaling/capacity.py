"""What one replica can answer: declared, or measured from what its servers did, busy or not.

A server that works on at most p requests at once and never idles while one waits has worked, at every moment with k
requests, for min(k, p) of them. The sum of that over time, by the requests answered, is the work of one request,
however long they queued; p over it is the capacity.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from fairlead.domain.scaling import Scaling

__all__ = ["Interval", "ServiceTimes", "capacity_of", "worked_us"]

_ENOUGH = 20
"""Requests that a capacity is drawn from at least."""

_WINDOW_S = 300
_WINDOWS = 12
"""An hour: what requests cost in work changes with what is asked."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A request at a server, from its first byte sent to its last received; microseconds of the epoch."""

    server: str
    begin: int
    end: int


def worked_us(intervals: Iterable[Interval], parallel: int) -> int:
    """Work in microseconds: over time and servers, the requests at a server, but at most `parallel` of them."""
    ordered = sorted(intervals, key=attrgetter("server"))
    return sum(_at_one(list(group), parallel) for _, group in groupby(ordered, key=attrgetter("server")))


def _at_one(intervals: list[Interval], parallel: int) -> int:
    moments = sorted([(each.begin, 1) for each in intervals] + [(each.end, -1) for each in intervals])
    total, present, last = 0, 0, moments[0][0]
    for moment, change in moments:
        total += (moment - last) * min(present, parallel)
        present, last = present + change, moment
    return total


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """Windows of five minutes of the last hour: (begin in epoch seconds, work in microseconds, requests)."""

    windows: tuple[tuple[int, int, int], ...] = ()

    def with_more(self, worked: int, requests: int, now: int) -> ServiceTimes:
        """With a step's."""
        if not requests:
            return self
        place = now // _WINDOW_S * _WINDOW_S
        if self.windows and self.windows[-1][0] == place:
            _, known, count = self.windows[-1]
            return replace(self, windows=(*self.windows[:-1], (place, known + worked, count + requests)))
        return replace(self, windows=(*self.windows, (place, worked, requests))[-_WINDOWS:])

    @property
    def each_us(self) -> int | None:
        """The work of one request; None while too few are known."""
        count = sum(requests for _, _, requests in self.windows)
        return sum(worked for _, worked, _ in self.windows) // count if count >= _ENOUGH else None


def capacity_of(scaling: Scaling, times: ServiceTimes) -> float | None:
    """Requests per second that one replica answers; None while nobody knows."""
    if scaling.capacity is not None:
        return float(scaling.capacity)
    each = times.each_us
    return scaling.parallel * 1_000_000 / max(each, 1) if each is not None else None

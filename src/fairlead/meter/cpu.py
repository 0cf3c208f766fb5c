"""CPU time of a window, from cumulative readings of servers and of the platform's own processes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairlead.domain.serving import CpuReading

__all__ = ["CpuUse", "MeteredServer", "ReleaseKey", "cpu_at", "cpu_in_window", "is_settled"]

ReleaseKey = tuple[str, str, str]
"""Environment, model, release's digest."""

_MICROSECOND = timedelta(microseconds=1)

_AT_BOUNDARY = timedelta(seconds=1)
"""A reading this near to a boundary is the boundary's own, though the figure is interpolated to it."""


@dataclass(frozen=True, slots=True)
class MeteredServer:
    """A process whose CPU time is metered: a model server, or (`release` empty) a part of the platform.

    `id` is unique for ever, so a counter never restarts under it. `address` is `host:port` as the access log names
    the upstream. `gone`: it has ended, and no further reading will come, final or not.

    """

    id: str
    environment: str
    model: str
    release: str
    name: str
    started: datetime
    readings: tuple[CpuReading, ...]
    address: str = ""
    gone: bool = False

    @property
    def key(self) -> ReleaseKey:
        """The release that it serves."""
        return self.environment, self.model, self.release


@dataclass(frozen=True, slots=True)
class CpuUse:
    """Microseconds used in a window. `booked` is the cumulative figure per server up to which is now booked.

    `interpolated` says that a boundary fell between two readings and near neither.
    """

    releases: Mapping[ReleaseKey, int]
    platform_us: int
    booked: Mapping[str, int]
    interpolated: bool


def cpu_at(server: MeteredServer, moment: datetime) -> tuple[int, bool]:
    """Cumulative CPU at `moment`, and whether it was interpolated with no reading near.

    At its start a server has used nothing. Between two neighbouring readings the figure is linear in time, rounded
    down; after the newest it is the newest, and what is learned later falls into a later window.
    """
    readings = server.readings
    place = bisect_right(readings, moment, key=lambda reading: reading.at)
    before = readings[place - 1] if place else CpuReading(server.id, server.started, 0)
    if place == len(readings) or before.at == moment or moment <= server.started:
        return (0 if moment <= server.started else before.cpu_us), False
    after = readings[place]
    span, passed = (after.at - before.at) // _MICROSECOND, (moment - before.at) // _MICROSECOND
    return before.cpu_us + (after.cpu_us - before.cpu_us) * passed // span, not _is_near(before, after, moment)


def _is_near(before: CpuReading, after: CpuReading, moment: datetime) -> bool:
    return min(moment - before.at, after.at - moment) <= _AT_BOUNDARY


def cpu_in_window(
    servers: Iterable[MeteredServer], booked: Mapping[str, int], since: datetime, end: datetime
) -> CpuUse:
    """CPU used up to `end` that is not in `booked` yet; of a server not met before, what it used after `since`.

    Working from what is booked, not from the window's start, makes the windows sum to the final reading whatever
    readings were missing when each was closed.
    """
    releases: dict[ReleaseKey, int] = {}
    platform, marks, interpolated = 0, dict[str, int](), False
    for server in servers:
        earlier = booked[server.id] if server.id in booked else cpu_at(server, since)[0]
        upto, between = cpu_at(server, end)
        marks[server.id] = max(earlier, upto)
        used = marks[server.id] - earlier
        interpolated |= between
        if server.release:
            releases[server.key] = releases.get(server.key, 0) + used
        else:
            platform += used
    return CpuUse({key: used for key, used in releases.items() if used}, platform, marks, interpolated)


def is_settled(server: MeteredServer, booked: Mapping[str, int]) -> bool:
    """Whether nothing of the server remains to be booked, so that its traces may be dropped."""
    newest = server.readings[-1] if server.readings else None
    ended = server.gone or (newest is not None and newest.final)
    return ended and (newest is None or booked.get(server.id, -1) >= newest.cpu_us)

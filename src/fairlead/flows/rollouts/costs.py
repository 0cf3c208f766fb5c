"""What an inference costs in CPU time, told from what the servers take at rest; or why that cannot be told.

Readings come in ticks of 10 ms, so a block is closed only when both releases have used enough of them, and none is ever
dropped for being small: what is left out by its size makes the mean of the others wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import log

from fairlead.domain.analysis import Block, Sample
from fairlead.domain.serving import RunningServer
from fairlead.flows.rollouts.arms import Arms
from fairlead.ports import ServerHost

__all__ = ["COST", "REST", "Spent", "closed", "used_by", "used_more"]

COST = "cost-per-inference"

REST = timedelta(seconds=5)
"""How long a server that nobody asks is watched, so that what it costs at rest is charged to no request."""

_TICK_US = 20_000
"""Two ticks: what a difference of two readings may be wrong by."""

_SURE = 10
"""What requests took is told from rest where it is so many times what rest may be wrong by."""

_LEAST_US = 1_000_000
_LEAST = 30
"""A block needs a second of CPU and so many inferences of each release."""

_UNLIKE = 4
"""Requests are cheaper the more there are: beyond this ratio of the two releases' that is told from no difference."""


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU microseconds and inferences of both releases since the last block, and what rest may be wrong by in them."""

    new_us: float = 0.0
    old_us: float = 0.0
    new: int = 0
    old: int = 0
    doubt_us: float = 0.0


def used_by(host: ServerHost, servers: Iterable[RunningServer]) -> dict[str, int]:
    """CPU time of each server so far."""
    readings = {each.id: host.readings(each.id) for each in servers if not each.ended}
    return {server: found[-1].cpu_us for server, found in readings.items() if found}


def used_more(before: Mapping[str, int], now: Mapping[str, int]) -> int | None:
    """CPU time between two looks at the same servers; None where one came meanwhile."""
    return sum(now[each] - before[each] for each in now) if now and not now.keys() - before.keys() else None


def closed(
    spent: Spent, arms: Arms, used: tuple[int | None, int | None], servers: int, idle: float | None, span: timedelta
) -> tuple[Spent, Block | None, str]:
    """What was spent with one more look, a block where there is enough for one, and why there is none else.

    `servers` of each release, `idle` CPU microseconds per second of one at rest.
    """
    if used[0] is None or used[1] is None:
        return Spent(), None, "a server came or went meanwhile"
    rest = (idle or 0.0) * servers * span.total_seconds()
    doubt = _TICK_US / REST.total_seconds() * servers * span.total_seconds()
    spent = Spent(
        spent.new_us + used[0] - rest,
        spent.old_us + used[1] - rest,
        spent.new + arms.new.inferences,
        spent.old + arms.old.inferences,
        spent.doubt_us + doubt,
    )
    few, many = sorted((spent.new, spent.old))
    if few < _LEAST or min(spent.new_us, spent.old_us) < _LEAST_US:
        return spent, None, ""
    if many > _UNLIKE * few:
        return Spent(), None, "the releases are asked too unequally: few requests cost more each by that alone"
    if min(spent.new_us, spent.old_us) < _SURE * spent.doubt_us:
        return Spent(), None, "the requests take too little CPU time to be told from the servers' rest"
    block = Block(Sample(1, log(spent.new_us / spent.new)), Sample(1, log(spent.old_us / spent.old)))
    return Spent(), block, ""

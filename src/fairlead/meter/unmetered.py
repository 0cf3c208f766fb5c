"""Pure: requests that servers answered and the log of a killed gateway does not hold. Bounded, booked, not dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

__all__ = ["GatewayLoss", "ServerCounts", "find_unmetered"]


@dataclass(frozen=True, slots=True)
class GatewayLoss:
    """A gateway incarnation that died uncleanly.

    `counts` are the servers' own cumulative counts of answered requests by server id, read after the death and
    before its successor passed the first request: with no traffic, they are exact.
    """

    at: datetime
    gateway: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ServerCounts:
    """Cumulative per server id: requests that log lines told of, and requests already booked as unmetered."""

    metered: Mapping[str, int]
    unmetered: Mapping[str, int]


def find_unmetered(
    losses: Iterable[GatewayLoss],
    lines: Mapping[tuple[str, str], int],
    servers: Mapping[str, str],
    before: ServerCounts,
) -> tuple[dict[str, int], ServerCounts]:
    """Newly found losses per server id, and the counts after this window.

    `lines` are the window's log lines per (gateway incarnation, server address), `servers` the ids by address.
    Each loss, oldest first, is compared with the lines up to the end of its incarnation; a server without a count
    of its own cannot be compared and is left out.
    """
    metered, booked = dict(before.metered), dict(before.unmetered)
    found: dict[str, int] = {}
    left = dict(lines)
    for loss in sorted(losses, key=lambda each: each.at):
        _count(left, servers, metered, loss.gateway)
        for server, answered in loss.counts.items():
            missing = answered - metered.get(server, 0) - booked.get(server, 0)
            if missing > 0:
                booked[server] = booked.get(server, 0) + missing
                found[server] = found.get(server, 0) + missing
    for gateway in {incarnation for incarnation, _ in left}:
        _count(left, servers, metered, gateway)
    return found, ServerCounts(metered, booked)


def _count(
    lines: dict[tuple[str, str], int], servers: Mapping[str, str], metered: dict[str, int], gateway: str
) -> None:
    """Move the lines of one incarnation into the cumulative counts."""
    for key in [key for key in lines if key[0] == gateway]:
        count, server = lines.pop(key), servers.get(key[1])
        if server is not None:
            metered[server] = metered.get(server, 0) + count

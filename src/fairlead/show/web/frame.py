"""What surrounds every page: filters kept in the address, open incidents, freshness, the equal command."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from starlette.requests import Request

from fairlead.flows.fleet import Fleet, fleet
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError

__all__ = ["PERIODS", "Frame", "View", "api_link", "command", "frame_for", "link"]

PERIODS = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
_PERIOD = "24h"

_LATE_READ = timedelta(seconds=60)
"""The loop reads the repository every two seconds; after a minute something keeps it from doing so."""

_LATE_METER = timedelta(minutes=15)
"""Three of the default metering windows."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The filters of one request ('' matches all), and the whole fleet, which the frame's choices and counts come from.

    `sequence` is the journal's newest record, which the page's stream goes on from; `address` the view's permanent one.
    """

    now: datetime
    environment: str
    owner: str
    period: str
    whole: Fleet
    sequence: int
    may_act: bool
    address: str

    @property
    def since(self) -> datetime:
        """When the chosen period begins."""
        return self.now - PERIODS[self.period]

    @property
    def environments(self) -> list[str]:
        """Environments in the order of promotion, as the rows name them."""
        return list(dict.fromkeys(row.environment for row in self.whole.rows))

    @property
    def owners(self) -> list[str]:
        """Owners, sorted."""
        return sorted({row.owner for row in self.whole.rows if row.owner})

    @property
    def open_incidents(self) -> int:
        """How many incidents wait for somebody."""
        return len(self.whole.attention)

    @property
    def filters(self) -> dict[str, str]:
        """The filters as an address keeps them: what is not chosen is not written."""
        chosen = {"environment": self.environment, "owner": self.owner}
        kept = {key: value for key, value in chosen.items() if value}
        return kept if self.period == _PERIOD else {**kept, "period": self.period}

    @property
    def read_is_late(self) -> bool:
        """Whether what the page says of Git may be old."""
        fetched = self.whole.freshness.fetched
        return fetched is None or self.now - fetched > _LATE_READ

    @property
    def meter_is_late(self) -> bool:
        """Whether what the page says of use and cost may be old."""
        metered = self.whole.freshness.metered
        return metered is not None and self.now - metered > _LATE_METER


@dataclass(frozen=True, slots=True)
class View:
    """One page's own part of the frame.

    `section` is its place in the navigation, `command` what a person would type for the same answer, `json` the address
    of the same as JSON, `search` what the search box looks through, `text` what it holds, `action` where it leads (''
    is this page), and `narrows` which of the frame's filters narrow this view; the others go along unseen.
    """

    section: str
    title: str
    command: str
    json: str
    search: str
    text: str = ""
    action: str = ""
    narrows: tuple[str, ...] = ()


def frame_for(world: World, request: Request) -> Frame:
    """Read the filters of a request, and the fleet around them. UsageError for a period that is not offered."""
    asked = request.query_params
    period = asked.get("period") or _PERIOD
    if period not in PERIODS:
        raise UsageError(f"unknown period {period!r}", mend=f"use one of: {', '.join(PERIODS)}")
    newest = world.state.newest(1)
    return Frame(
        now=world.clock.now(),
        environment=asked.get("environment", ""),
        owner=asked.get("owner", ""),
        period=period,
        whole=fleet(world),
        sequence=newest[0].sequence if newest else 0,
        may_act=request.state.may_act,
        address=f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path,
    )


def link(path: str, *parts: str, **query: str | int) -> str:
    """An address on this server: `path` and quoted `parts`, and the query's non-empty values."""
    place = "/".join([path.rstrip("/"), *(quote(part, safe="@") for part in parts)]) or "/"
    kept = {key: str(value) for key, value in query.items() if value not in ("", 0)}
    return f"{place}?{urlencode(kept)}" if kept else place


def api_link(*parts: str, **query: str | int) -> str:
    """The same under the API."""
    return link("/api/v1", *parts, **query)


def command(*words: str, **options: str) -> str:
    """What a person types: words and non-empty options, quoted for a shell."""
    said = [*words]
    for name, value in options.items():
        if value:
            said += [f"--{name.replace('_', '-')}", value]
    return shlex.join(["fairlead", *said])

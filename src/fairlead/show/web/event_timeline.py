"""The timeline of cost events: a lane per model and environment, a bar from when each began to when it was over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairlead.flows.cost_watch.listing import EventView

__all__ = ["WIDTH", "Bar", "Lane", "Timeline", "timeline_of"]

WIDTH = 1000
_LEAST = 8.0
"""Width of the shortest bar: an hour of three months must be seen, and hit."""

_ROOM = 0.05
"""Share of the span that is left free before the first event."""


@dataclass(frozen=True, slots=True)
class Bar:
    """An event on its lane, in parts of `WIDTH`."""

    view: EventView
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Lane:
    """Events of one model in one environment, oldest first."""

    environment: str
    model: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Lanes between two moments, those with the newest event first."""

    start: datetime
    end: datetime
    lanes: tuple[Lane, ...]


def timeline_of(events: Sequence[EventView], now: datetime) -> Timeline | None:
    """The lanes of events, newest first as given; None where there is none. It ends now."""
    if not events:
        return None
    first = min(each.kept.event.began for each in events)
    start = first - max((now - first) * _ROOM, timedelta(hours=1))
    whole = (now - start).total_seconds()
    lanes: dict[tuple[str, str], list[Bar]] = {}
    for view in events:
        event = view.kept.event
        left = (event.began - start).total_seconds() / whole * WIDTH
        right = ((event.ended or now) - start).total_seconds() / whole * WIDTH
        wide = max(right - left, _LEAST)
        bar = Bar(view, round(min(left, WIDTH - wide), 1), round(wide, 1))
        lanes.setdefault((event.environment, event.model), []).insert(0, bar)
    return Timeline(start, now, tuple(Lane(*key, tuple(bars)) for key, bars in lanes.items()))

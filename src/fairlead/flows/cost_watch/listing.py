"""Cost events as they are asked for: which are going on, what was said of them, and how precise alarms were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fairlead.flows.cost_watch.events import KeptEvent, kept_events
from fairlead.flows.cost_watch.feedback import WeekOfAlarms, weeks_of_alarms
from fairlead.flows.world import World

__all__ = ["CostEvents", "EventView", "cost_events", "event_view"]


@dataclass(frozen=True, slots=True)
class EventView:
    """An event and where it stands: `open`, `muted`, `expected`, `acknowledged` or `over`."""

    kept: KeptEvent
    standing: str


@dataclass(frozen=True, slots=True)
class CostEvents:
    """Events, newest first, and the precision of alarms by week, newest first."""

    events: tuple[EventView, ...]
    weeks: tuple[WeekOfAlarms, ...]


def cost_events(
    world: World, *, model: str = "", environment: str = "", open_only: bool = False, days: int = 90
) -> CostEvents:
    """Events of the last `days`, those that go on in any case; of one model or environment where named."""
    since = world.clock.now() - timedelta(days=days)
    known = [
        each
        for each in kept_events(world)
        if model in {"", each.event.model} and environment in {"", each.event.environment}
    ]
    views = (event_view(world, each) for each in known if each.event.ended is None or each.event.found >= since)
    chosen = tuple(each for each in views if each.standing in {"open", "acknowledged"} or not open_only)
    return CostEvents(chosen, weeks_of_alarms(known))


def event_view(world: World, kept: KeptEvent) -> EventView:
    """Where an event stands now."""
    if kept.event.ended is not None:
        return EventView(kept, "over")
    if kept.is_loud(world.clock.now()):
        return EventView(kept, "acknowledged" if kept.said is not None and kept.said.kind == "ack" else "open")
    return EventView(kept, "expected" if kept.said is not None and kept.said.kind == "expected" else "muted")

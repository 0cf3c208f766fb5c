"""Cost events as they are asked for: which are going on, what was said of them, and how precise alarms were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fairlead.flows.cost_watch.alerts import Alert, alert_of, alerts
from fairlead.flows.cost_watch.events import KeptEvent, kept_events
from fairlead.flows.cost_watch.feedback import WeekOfAlarms, weeks_of_alarms
from fairlead.flows.world import World

__all__ = ["CostEvents", "EventView", "cost_events", "event_view"]


@dataclass(frozen=True, slots=True)
class EventView:
    """An event and where it stands: `open`, `muted`, `expected`, `acknowledged` or `over`.

    `beside` are the other places (`environment/model`) of the same change that goes on.
    """

    kept: KeptEvent
    standing: str
    beside: tuple[str, ...] = ()


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
    every = kept_events(world)
    known = [each for each in every if model in {"", each.event.model} and environment in {"", each.event.environment}]
    beside = {each.event.id: alert for alert in alerts(every) for each in alert.members}
    views = (
        _view(world, each, beside.get(each.event.id))
        for each in known
        if each.event.ended is None or each.event.found >= since
    )
    chosen = tuple(each for each in views if each.standing in {"open", "acknowledged"} or not open_only)
    return CostEvents(chosen, weeks_of_alarms(known))


def event_view(world: World, kept: KeptEvent) -> EventView:
    """Where an event stands now."""
    return _view(world, kept, alert_of(kept, kept_events(world)))


def _view(world: World, kept: KeptEvent, alert: Alert | None) -> EventView:
    others = [each.event for each in alert.members if each.event.id != kept.event.id] if alert else []
    beside = tuple(sorted(f"{each.environment}/{each.model}" for each in others))
    return EventView(kept, _standing(kept, world.clock.now()), beside)


def _standing(kept: KeptEvent, now: datetime) -> str:
    said = kept.said.kind if kept.said is not None else ""
    if kept.event.ended is not None:
        return "over"
    if kept.is_loud(now):
        return "acknowledged" if said == "ack" else "open"
    return "expected" if said == "expected" else "muted"

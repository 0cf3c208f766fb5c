"""One change over many models is one alert: one incident, one word to owners, and what they say holds for all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from fairlead.domain.anomaly import CostEvent
from fairlead.flows.cost_watch.events import KeptEvent

__all__ = ["Alert", "alert_of", "alerts"]


@dataclass(frozen=True, slots=True)
class Alert:
    """`event` is the change as a whole, `members` what it is of each model; an alert of one model is its event."""

    event: CostEvent
    members: tuple[KeptEvent, ...]

    def loud(self, now: datetime) -> tuple[KeptEvent, ...]:
        """Members that go on and that nobody silenced."""
        return tuple(each for each in self.members if each.is_loud(now))

    @property
    def open(self) -> tuple[KeptEvent, ...]:
        """Members that go on."""
        return tuple(each for each in self.members if each.event.ended is None)


def alerts(known: Iterable[KeptEvent]) -> tuple[Alert, ...]:
    """The alerts of which anything goes on. Which events belong together does not change when one of them ends."""
    from fairlead.foresee.cost_events.merging import joined, together

    kept = {each.event.id: each for each in known}
    lasting = {each.event.found for each in kept.values() if each.event.ended is None}
    begun = (replace(each.event, ended=None, ending=None) for each in kept.values() if each.event.found in lasting)
    own = (sorted(group, key=lambda event: event.id) for group in together(begun))
    found = (Alert(joined(events), tuple(kept[event.id] for event in events)) for events in own)
    return tuple(each for each in found if each.open)


def alert_of(value: KeptEvent, known: Iterable[KeptEvent]) -> Alert:
    """The alert that an event belongs to; what is over is one by itself."""
    found = (each for each in alerts(known) if value.event.id in {member.event.id for member in each.members})
    return next(found, Alert(value.event, (value,)))

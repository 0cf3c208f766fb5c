"""`fairlead anomalies ack|mute|expected`: what owners say of an event, and what that says of the alarms so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairlead.domain.anomaly import Feedback, FeedbackKind
from fairlead.domain.journal import Actor
from fairlead.flows.cost_watch.alerts import alert_of
from fairlead.flows.cost_watch.events import KeptEvent, event_of, keep_event, kept_events, with_word
from fairlead.flows.cost_watch.telling import untell
from fairlead.flows.principals import authorise
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError

__all__ = ["WeekOfAlarms", "judge_event", "weeks_of_alarms"]

_RECORDS: dict[FeedbackKind, str] = {"ack": "acknowledged", "mute": "muted", "expected": "expected"}


@dataclass(frozen=True, slots=True)
class WeekOfAlarms:
    """Alarms of one ISO week: how many were told, how many owners called right (`ack`) or known (`expected`)."""

    monday: str
    told: int
    right: int
    expected: int

    @property
    def precision(self) -> float | None:
        """Right ones among those that were judged; None where nobody judged one."""
        judged = self.right + self.expected
        return self.right / judged if judged else None


def judge_event(
    world: World, name: str, kind: FeedbackKind, *, reason: str, until: datetime | None, actor: Actor
) -> KeptEvent:
    """Say it of all that changed with the event, and close the incident of what needs no more telling.

    UsageError without a reason, or for a moment past. `mute` needs an end: what nobody remembers must not be silent
    for ever. Of an event that is over it is said alone.
    """
    authorise(world, actor, "operator")
    now = world.clock.now()
    if not reason.strip():
        raise UsageError("a word about an event needs a reason", mend="say it with --reason")
    if kind == "mute" and until is None:
        raise UsageError("`mute` needs an end", mend="say it with --until")
    if until is not None and until <= now:
        raise UsageError("`--until` is in the past", mend="name a moment after now")
    found = event_of(world, name)
    alert = alert_of(found, kept_events(world))
    meant = alert.open if found.event.ended is None else (found,)
    judged = {
        each.event.id: with_word(each, Feedback(each.event.id, kind, actor.name, now, reason.strip(), until))
        for each in meant
    }
    for each in judged.values():
        keep_event(world, each, _RECORDS[kind], reason.strip(), actor)
    # The incident of what is over is closed; one that is open by now is that of a newer event.
    if found.event.ended is None and not any(each.is_loud(now) for each in judged.values()):
        untell(world, alert)
    return judged[found.event.id]


def weeks_of_alarms(events: Iterable[KeptEvent]) -> tuple[WeekOfAlarms, ...]:
    """Precision by the owners' words, newest week first; an event that an earlier word silenced was no alarm."""
    weeks: dict[str, list[KeptEvent]] = {}
    for each in events:
        if not each.silenced_by:
            found = each.event.found
            monday = (found - timedelta(days=found.weekday())).date().isoformat()
            weeks.setdefault(monday, []).append(each)
    return tuple(_week(monday, weeks[monday]) for monday in sorted(weeks, reverse=True))


def _week(monday: str, events: list[KeptEvent]) -> WeekOfAlarms:
    words = [{word.kind for word in each.feedback} for each in events]
    expected = sum("expected" in each for each in words)
    right = sum("ack" in each and "expected" not in each for each in words)
    return WeekOfAlarms(monday, len(events), right, expected)

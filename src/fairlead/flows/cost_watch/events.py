"""Cost events as they are kept: each with what owners said of it, changed together with the record that explains it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from fairlead.domain.anomaly import CostEvent, Feedback
from fairlead.domain.journal import Actor, Draft
from fairlead.flows.incidents import CONTROL
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError, UsageError
from fairlead.kernel.windows import iso

__all__ = ["KeptEvent", "event_of", "keep_event", "kept_events", "silenced", "with_word"]

_FACT = "cost-events/"


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event and the words of its owners, oldest first.

    `silenced_by` is the event whose word holds for this one too until `silenced_until` ('' where none does); `done`
    are actions that were taken, as they were told.
    """

    event: CostEvent
    feedback: tuple[Feedback, ...] = ()
    silenced_by: str = ""
    silenced_until: datetime | None = None
    done: tuple[str, ...] = ()

    @property
    def said(self) -> Feedback | None:
        """The newest word."""
        return self.feedback[-1] if self.feedback else None

    def is_loud(self, now: datetime) -> bool:
        """Whether it goes on and nobody silenced it, or not any more."""
        quiet = self.silenced_until is not None and self.silenced_until > now
        return self.event.ended is None and not quiet and not _silences(self, now)

    @property
    def is_expected(self) -> bool:
        """Whether its owner said that what it changed is the new level."""
        return self.said is not None and self.said.kind == "expected" and self.said.until is None


_FORM = TypeAdapter(KeptEvent)


def kept_events(world: World) -> tuple[KeptEvent, ...]:
    """All of them, newest first."""
    found = (_FORM.validate_json(text) for text in world.state.facts(_FACT).values() if text)
    return tuple(sorted(found, key=lambda each: (each.event.found, each.event.id), reverse=True))


def event_of(world: World, name: str) -> KeptEvent:
    """The event of that id, or of the one id that begins so. UsageError where several do, NotFoundError for none."""
    found = [each for each in kept_events(world) if each.event.id.startswith(name)]
    exact = [each for each in found if each.event.id == name]
    if len(exact or found) > 1:
        shown = ", ".join(each.event.id for each in found[:5])
        raise UsageError(f"{name!r} is the beginning of several events: {shown}", mend="name one of them in full")
    if not found:
        raise NotFoundError(f"there is no cost event {name!r}", mend="`fairlead anomalies` lists them")
    return (exact or found)[0]


def keep_event(world: World, value: KeptEvent, kind: str, message: str, actor: Actor = CONTROL) -> None:
    """Write it down with its record `anomaly.KIND`. Killed before, nothing has happened."""
    event = value.event
    origin = event.origin
    body = {
        "event": event.id,
        "kind": event.kind.value,
        "message": message,
        "began": iso(event.began),
        "stakePerHour": str(event.stake),
        "cause": f"{event.cause.dimension}={','.join(event.cause.values)}" if event.cause else "",
        "author": origin.author if origin else "",
    }
    place = (event.environment, event.model, "", origin.commit if origin else "")
    draft = Draft(f"anomaly.{kind}", actor, *place, body)
    world.state.put_fact(f"{_FACT}{event.id}", _FORM.dump_json(value).decode(), draft)


def silenced(value: KeptEvent, known: Iterable[KeptEvent], now: datetime) -> KeptEvent:
    """The event, silent as long as the word of an owner about one that is alike: same kind, place and cause.

    A word without an end is about its own event alone: the next one may be another change.
    """
    for each in known:
        until = each.said.until if each.said is not None and _silences(each, now) else None
        if until is not None and _alike(each.event, value.event):
            return replace(value, silenced_by=each.event.id, silenced_until=until)
    return value


def with_word(value: KeptEvent, word: Feedback) -> KeptEvent:
    """The event with one more word of its owner."""
    return replace(value, feedback=(*value.feedback, word))


def _silences(value: KeptEvent, now: datetime) -> bool:
    word = value.said
    return word is not None and word.kind != "ack" and (word.until is None or word.until > now)


def _alike(one: CostEvent, other: CostEvent) -> bool:
    places = {(each.environment, each.model, each.kind) for each in (one, other)}
    causes = {(each.cause.dimension, each.cause.values) if each.cause else None for each in (one, other)}
    return len(places) == 1 and len(causes) == 1

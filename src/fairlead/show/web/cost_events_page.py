"""*Cost events*: what costs more since when, for how much, with whose commit, and what owners said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse

from fairlead.flows.cost_watch.events import event_of
from fairlead.flows.cost_watch.listing import EventView, cost_events, event_view
from fairlead.flows.cost_watch.readiness import watched
from fairlead.flows.metering.machine import cost_flow
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError
from fairlead.show.web.event_picture import EventPicture, event_picture, span_around
from fairlead.show.web.event_timeline import WIDTH, timeline_of
from fairlead.show.web.frame import Frame, View, api_link, command, frame_for
from fairlead.show.web.rendering import page

__all__ = ["EventPanel", "panels_of", "show_cost_event", "show_cost_events"]

SECTION = "Cost events"
_SPANS = (7, 30, 90, 365)
_DAYS = 90
_DRAWN = 4
"""Events of a list whose series are drawn; each page of one event draws its own."""

_GOING_ON = {"open", "acknowledged"}


@dataclass(frozen=True, slots=True)
class EventPanel:
    """An event on a page, what is drawn of it, and what may still be said of it."""

    view: EventView
    picture: EventPicture | None
    verbs: tuple[str, ...]


def show_cost_events(world: World, request: Request) -> HTMLResponse:
    """Events of the last days, those that go on first; narrowed by the frame's filters and by search."""
    frame = frame_for(world, request)
    asked = request.query_params
    text, days, open_only = asked.get("text", "").strip(), _days(asked.get("days", "")), bool(asked.get("open"))
    found = cost_events(world, environment=frame.environment, open_only=open_only, days=days)
    shown = [each for each in found.events if _concerns(each, frame, text)]
    shown.sort(key=lambda each: each.standing not in _GOING_ON)
    options = {"environment": frame.environment, "days": "" if days == _DAYS else str(days)}
    words = ["anomalies", "events", *(["--open"] if open_only else [])]
    view = View(
        SECTION,
        SECTION,
        command(*words, **options),
        api_link("anomalies", **options, open="true" if open_only else ""),
        search="events, models, commits",
        text=text,
        narrows=("environment", "owner"),
    )
    content = {
        "panels": panels_of(world, shown),
        "timeline": timeline_of(sorted(shown, key=lambda each: each.kept.event.found, reverse=True), frame.now),
        "width": WIDTH,
        "weeks": [each for each in found.weeks if each.precision is not None],
        "watched": watched(world),
        "days": days,
        "spans": _SPANS,
        "open_only": open_only,
    }
    return page("cost_events.html", frame, view, content)


def show_cost_event(world: World, request: Request, event: str) -> HTMLResponse:
    """One event, with its series."""
    frame = frame_for(world, request)
    shown = event_view(world, event_of(world, event))
    name = shown.kept.event.id
    view = View(
        SECTION,
        f"Cost event {name}",
        command("anomalies", "events", model=shown.kept.event.model),
        api_link("anomalies", name),
        search="events, models, commits",
        action="/anomalies",
    )
    return page("cost_event_page.html", frame, view, {"panels": panels_of(world, [shown])})


def panels_of(world: World, events: Sequence[EventView]) -> list[EventPanel]:
    """Panels of events; the first ones of a place are drawn, read from the meter at one moment."""
    drawn = [each for each in events if each.kept.event.model][:_DRAWN]
    pictures: dict[str, EventPicture | None] = {}
    if drawn:
        with cost_flow(world).at_once() as flow:
            for each in drawn:
                event = each.kept.event
                rows = flow.series(event.model, event.environment, span_around(event, world.clock.now()))
                pictures[event.id] = event_picture(event, rows)
    return [EventPanel(each, pictures.get(each.kept.event.id), _verbs(each)) for each in events]


def _verbs(view: EventView) -> tuple[str, ...]:
    """What was not said last. What is over is not muted, but still judged: precision counts it."""
    said = view.kept.said.kind if view.kept.said else ""
    known = ("ack", "expected") if view.standing == "over" else ("ack", "mute", "expected")
    return tuple(verb for verb in known if verb != said) if said != "expected" else ()


def _concerns(view: EventView, frame: Frame, text: str) -> bool:
    event, origin = view.kept.event, view.kept.event.origin
    owned = {row.model for row in frame.whole.rows if row.owner == frame.owner}
    words = f"{event.id} {event.kind} {event.model} {event.sentence} {origin.commit if origin else ''}"
    return (not frame.owner or event.model in owned or not event.model) and text.lower() in words.lower()


def _days(text: str) -> int:
    if not text:
        return _DAYS
    if text not in {str(each) for each in _SPANS}:
        raise UsageError(f"unknown span {text[:20]!r}", mend=f"use one of: {', '.join(map(str, _SPANS))} days")
    return int(text)

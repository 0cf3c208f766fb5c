"""Cost events as people read them: what costs more since when, for how much, with which commit, and who said what."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.domain.release import SHORT
from fairlead.flows.cost_watch.feedback import WeekOfAlarms
from fairlead.flows.cost_watch.listing import CostEvents, EventView
from fairlead.show.outputs.console import Block
from fairlead.show.outputs.figures import moment_text, money_text, share_text
from fairlead.show.outputs.table import Cell, Column, Table
from fairlead.show.outputs.text import safe

__all__ = ["event_lines", "events_view"]

_TONES = {"open": "bad", "acknowledged": "warn", "muted": "dim", "expected": "dim", "over": "good"}

_EVENTS = (
    Column("event"),
    Column("model", priority=1),
    Column("environment", priority=4),
    Column("kind"),
    Column("since", priority=2),
    Column("a month", right=True),
    Column("commit", priority=3),
    Column("stands"),
)
_WEEKS = (
    Column("week of"),
    Column("alarms", right=True),
    Column("right", right=True),
    Column("expected", right=True),
    Column("precision", right=True),
)


def events_view(found: CostEvents) -> Iterator[Block]:
    """A table of events, a sentence for each that goes on, and the precision of alarms by week."""
    empty = "No cost event. `fairlead up` watches each model's metering windows once it knows two weeks of them."
    yield Table(_EVENTS, [_row(each) for each in found.events], empty=empty)
    for each in found.events:
        if each.standing in {"open", "acknowledged"}:
            yield "\n".join(event_lines(each))
    if any(week.precision is not None for week in found.weeks):
        yield Table(_WEEKS, [_week(each) for each in found.weeks], title="Alarms by week, as owners judged them")


def event_lines(view: EventView) -> Iterator[str]:
    """What an event says in full: the sentence, what was done, what was said."""
    kept = view.kept
    yield safe(f"{kept.event.id}: {kept.event.sentence}")
    if view.beside:
        yield safe(f"  the same change: {', '.join(view.beside)}; what is said of one is said of all")
    yield from (safe(f"  {each}") for each in kept.done)
    for word in kept.feedback:
        until = f" until {moment_text(word.until)}" if word.until else ""
        yield safe(f"  {word.by} said {word.kind}{until}: {word.reason}")


def _row(view: EventView) -> list[Cell | str | None]:
    event = view.kept.event
    return [
        event.id,
        event.model or "several",
        event.environment,
        event.kind.value,
        moment_text(event.began),
        money_text(event.stake_per_month),
        event.origin.commit[:SHORT] if event.origin else None,
        Cell(view.standing, _TONES[view.standing]),
    ]


def _week(week: WeekOfAlarms) -> list[Cell | str | None]:
    return [week.monday, str(week.told), str(week.right), str(week.expected), share_text(week.precision)]

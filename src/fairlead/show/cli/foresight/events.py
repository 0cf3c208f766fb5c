"""`fairlead anomalies events|ack|mute|expected`: cost events that the control plane found, and an owner's word."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from fairlead.show.cli.actor import claimed_actor
from fairlead.show.cli.options import MOMENT, Where, examples, format_option, world_options
from fairlead.show.outputs.console import Console
from fairlead.show.outputs.figures import moment_text

if TYPE_CHECKING:
    from fairlead.domain.anomaly import FeedbackKind

__all__ = ["ack", "events", "expected", "mute"]

_REASON = click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the journal.")


@click.command(epilog=examples("fairlead anomalies events", "fairlead anomalies events --model churn --open"))
@click.option("--model", default="", metavar="NAME", help="Of one model.")
@click.option("--environment", default="", metavar="NAME", help="Of one environment.")
@click.option("--open", "open_only", is_flag=True, help="Only those that go on and that nobody silenced.")
@click.option("--days", type=click.IntRange(min=1), default=90, show_default=True, help="How far back.")
@click.option("--fail-on-alarm", is_flag=True, help="Exit 1 where any goes on that nobody silenced.")
@world_options
@format_option
def events(
    where: Where, console: Console, model: str, environment: str, days: int, *, open_only: bool, fail_on_alarm: bool
) -> int:
    """Show cost events: what costs more since when, for how much, and with which commit it began."""
    from fairlead.flows.cost_watch.listing import cost_events
    from fairlead.show.outputs.cost_event_tables import events_view

    with where.world() as world:
        found = cost_events(world, model=model, environment=environment, open_only=open_only, days=days)
    console.show(found, events_view)
    return 1 if fail_on_alarm and any(each.standing in {"open", "acknowledged"} for each in found.events) else 0


@click.command(epilog=examples('fairlead anomalies ack 3f9a1c --reason "we look into it"'))
@click.argument("event", metavar="ID")
@_REASON
@world_options
@format_option
def ack(where: Where, console: Console, event: str, reason: str) -> int:
    """Say that an event is right, and that somebody looks into it."""
    return _say(where, console, event, "ack", reason, None)


@click.command(epilog=examples('fairlead anomalies mute 3f9a1c --until 2026-12-01 --reason "known, mended next week"'))
@click.argument("event", metavar="ID")
@click.option("--until", type=MOMENT, required=True, metavar="MOMENT", help="Until when what is alike stays silent.")
@_REASON
@world_options
@format_option
def mute(where: Where, console: Console, event: str, until: datetime, reason: str) -> int:
    """Silence an event and what is alike: same model, environment, kind and cause."""
    return _say(where, console, event, "mute", reason, until)


@click.command(epilog=examples('fairlead anomalies expected 3f9a1c --reason "the larger model costs so much"'))
@click.argument("event", metavar="ID")
@click.option("--until", type=MOMENT, metavar="MOMENT", help="Until when. Default: from now on it is the new level.")
@_REASON
@world_options
@format_option
def expected(where: Where, console: Console, event: str, until: datetime | None, reason: str) -> int:
    """Say that an event was known before: the alarm was none, and counts against the week's precision."""
    return _say(where, console, event, "expected", reason, until)


def _say(where: Where, console: Console, event: str, kind: FeedbackKind, reason: str, until: datetime | None) -> int:
    from fairlead.flows.cost_watch.feedback import judge_event
    from fairlead.flows.cost_watch.listing import event_view

    with where.world() as world:
        made = event_view(world, judge_event(world, event, kind, reason=reason, until=until, actor=claimed_actor()))
    end = f" until {moment_text(until)}" if until else ""
    console.done(made, f"{made.kept.event.id} is {made.standing}{end}")
    return 0

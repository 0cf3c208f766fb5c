"""`fairlead history`: the releases of a model, newest first, and how well they are delivered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import click

from fairlead.flows.delivery_metrics import DeliveryMetrics
from fairlead.flows.history import TimelineEntry
from fairlead.show.cli.options import MOMENT, Where, examples, format_option, world_options
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.figures import (
    change_text,
    count_text,
    moment_text,
    money_text,
    seconds_text,
    share_text,
    span_text,
)
from fairlead.show.outputs.findings import VERDICT_TONES
from fairlead.show.outputs.table import Cell, Column, Table

__all__ = ["history", "metrics_view", "timeline_view"]

_COLUMNS = (
    Column("environment"),
    Column("release"),
    Column("state"),
    Column("since", priority=6),
    Column("author", priority=3),
    Column("change", priority=5, wrap=16),
    Column("verdict"),
    Column("requests", right=True, priority=7),
    Column("cost", right=True, priority=4),
    Column("per 1k", right=True, priority=1),
    Column("dearer", right=True, priority=2),
    Column("recovery", right=True, priority=8),
    Column("why", priority=9, wrap=24),
)

_DEARER = 0.2
"""From this rise of the cost per thousand on, the figure is marked."""

_STATE_TONES = {"live": "good", "refused": "bad", "rolled-back": "bad"}


_METRICS = (
    Column("environment"),
    Column("deployments", right=True, priority=1),
    Column("per week", right=True, priority=5),
    Column("lead time", right=True),
    Column("90 % within", right=True, priority=7),
    Column("changes", right=True, priority=4),
    Column("failed", right=True, priority=2),
    Column("failure rate", right=True),
    Column("recovery", right=True),
    Column("not recovered", right=True, priority=6),
    Column("measured", right=True, priority=3),
)

_WEEK = 7
_INSUFFICIENT = Cell("insufficient", "dim")


@click.command(epilog=examples("fairlead history digits --environment prod", "fairlead history digits --metrics"))
@click.argument("model")
@click.option("--environment", default="", metavar="NAME", help="Only this environment.")
@click.option("--metrics", is_flag=True, help="How well it is delivered: lead time, frequency, failures, recovery.")
@click.option("--from", "since", type=MOMENT, metavar="MOMENT", help="With --metrics: from when on. Default: 30 days.")
@click.option("--to", "until", type=MOMENT, metavar="MOMENT", help="With --metrics: until when. Default: now.")
@world_options
@format_option
def history(
    where: Where,
    console: Console,
    model: str,
    environment: str,
    metrics: bool,
    since: datetime | None,
    until: datetime | None,
) -> int:
    """Show the releases of a model, newest first."""
    from fairlead.flows.delivery_metrics import delivery_metrics
    from fairlead.flows.history import history as timeline
    from fairlead.flows.names import require_names

    _require_metrics(metrics, since, until)
    with where.world() as world:
        require_names(world, models=[model], environment=environment)
        if metrics:
            figures = delivery_metrics(world, model, since, until, environment=environment)
            console.show(figures, metrics_view, key="metrics")
        else:
            console.show(tuple(timeline(world, model, environment=environment)), timeline_view, key="history")
    return 0


def _require_metrics(metrics: bool, since: datetime | None, until: datetime | None) -> None:
    from fairlead.kernel.errors import UsageError

    if not metrics and (since is not None or until is not None):
        raise UsageError("`--from` and `--to` belong to `--metrics`", mend="add --metrics, or leave them out")
    if since is not None and until is not None and since >= until:
        raise UsageError("`--from` is not before `--to`", mend="name an earlier moment in `--from`")


def metrics_view(found: Iterable[DeliveryMetrics]) -> Iterator[Block]:
    """One row per environment; what is not known is said to be insufficient."""
    empty = "Nothing of it has been live yet: commit the model and its lock, then run `fairlead up`."
    yield Table(_METRICS, [_figures(each) for each in found], empty=empty)


def _figures(each: DeliveryMetrics) -> list[Cell | str | None]:
    found = each.figures
    lead, recovery = found.lead_time, found.recovery
    return [
        each.environment,
        count_text(found.deployments),
        _INSUFFICIENT if found.per_day is None else f"{found.per_day * _WEEK:.1f}",
        span_text(lead.median_s) or _INSUFFICIENT,
        span_text(lead.p90_s) or _INSUFFICIENT,
        count_text(found.changes),
        Cell(count_text(found.failures) or "", "bad" if found.failures else ""),
        share_text(found.failure_rate) or _INSUFFICIENT,
        span_text(recovery.median_s) or _INSUFFICIENT,
        Cell(count_text(found.unrecovered) or "", "bad" if found.unrecovered else ""),
        span_text(found.measured_s),
    ]


def timeline_view(entries: Iterable[TimelineEntry]) -> Iterator[Block]:
    """One row per commit that changed the model."""
    empty = "No release yet: commit the model and its lock, then run `fairlead up`."
    yield Table(_COLUMNS, [_row(entry) for entry in entries], empty=empty)


def _state(entry: TimelineEntry) -> str:
    """What became of it; of what is live and scaled, the servers that are ordered."""
    parts = [entry.state, "back" if entry.returned else "", entry.scaling.text if entry.scaling is not None else ""]
    return ", ".join(part for part in parts if part)


def _row(entry: TimelineEntry) -> list[Cell | str | None]:
    change = entry.change
    return [
        entry.environment,
        entry.release,
        Cell(_state(entry), _STATE_TONES.get(entry.state, "dim")),
        moment_text(entry.since),
        entry.commit.author,
        entry.commit.subject,
        Cell(entry.verdict.value, VERDICT_TONES[entry.verdict]),
        count_text(entry.requests),
        money_text(entry.cost),
        money_text(entry.per_1k),
        None if change is None else Cell(change_text(change) or "", "bad" if change > _DEARER else ""),
        seconds_text(entry.recovery_s),
        entry.message,
    ]

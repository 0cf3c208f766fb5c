"""`fairlead history`: the releases of a model, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from fairlead.flows.history import TimelineEntry
from fairlead.show.cli.options import Where, examples, format_option, world_options
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.figures import change_text, count_text, moment_text, money_text, seconds_text
from fairlead.show.outputs.findings import VERDICT_TONES
from fairlead.show.outputs.table import Cell, Column, Table

__all__ = ["history", "timeline_view"]

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

_STATE_TONES = {"live": "good", "refused": "bad"}


@click.command(epilog=examples("fairlead history digits --environment prod"))
@click.argument("model")
@click.option("--environment", default="", metavar="NAME", help="Only this environment.")
@world_options
@format_option
def history(where: Where, console: Console, model: str, environment: str) -> int:
    """Show the releases of a model, newest first."""
    from fairlead.flows.history import history as timeline
    from fairlead.flows.names import require_names

    with where.world() as world:
        require_names(world, models=[model], environment=environment)
        console.show(tuple(timeline(world, model, environment=environment)), timeline_view, key="history")
    return 0


def timeline_view(entries: Iterable[TimelineEntry]) -> Iterator[Block]:
    """One row per commit that changed the model."""
    empty = "No release yet: commit the model and its lock, then run `fairlead up`."
    yield Table(_COLUMNS, [_row(entry) for entry in entries], empty=empty)


def _row(entry: TimelineEntry) -> list[Cell | str | None]:
    change = entry.change
    return [
        entry.environment,
        entry.release,
        Cell(f"{entry.state}, back" if entry.returned else entry.state, _STATE_TONES.get(entry.state, "dim")),
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

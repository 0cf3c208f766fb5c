"""`fairlead ledger collect`: usage from files into the ledger."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from fairlead.show.cli.options import MOMENT, Where, examples, format_option, world_options
from fairlead.show.outputs.collected_tables import collected_view
from fairlead.show.outputs.console import Console

__all__ = ["collect"]


@click.command(epilog=examples("fairlead ledger collect usage.csv --source training-cluster"))
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--source", "name", required=True, metavar="NAME", help="What the usage is kept under.")
@click.option("--from", "since", type=MOMENT, metavar="MOMENT", help="Windows that begin from this moment on.")
@click.option("--to", "until", type=MOMENT, metavar="MOMENT", help="Windows that begin before this moment.")
@world_options
@format_option
def collect(
    where: Where,
    console: Console,
    sources: tuple[str, ...],
    name: str,
    since: datetime | None,
    until: datetime | None,
) -> int:
    """Bring usage in from files."""
    from fairlead.flows.ledger.collecting import Span, collect_files

    with where.world() as world, console.progress() as progress:
        collected = collect_files(world, name, [Path(each) for each in sources], Span(since, until), progress)
    console.show(collected, collected_view)
    return 1 if collected.refused else 0

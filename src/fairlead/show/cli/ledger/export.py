"""`fairlead ledger export`: what was charged, as a file in the form of FOCUS."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from fairlead.show.cli.options import MOMENT, Where, examples, format_option, world_options
from fairlead.show.outputs.conformance_tables import exported_view
from fairlead.show.outputs.console import Console

__all__ = ["export"]


@click.command(
    epilog=examples(
        "fairlead ledger export --out charged.csv",
        "fairlead ledger export --focus 1.4 --out charged.parquet --from 2026-10-01 --to 2026-11-01 --source cloud",
    )
)
@click.option(
    "--focus",
    "version",
    type=click.Choice(["1.2", "1.4"]),
    default="1.2",
    show_default=True,
    help="Version of FOCUS; 1.4 has columns for what was split.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File to write: .csv, .csv.gz or .parquet.",
)
@click.option("--from", "since", type=MOMENT, metavar="MOMENT", help="Charges that begin from this moment on.")
@click.option("--to", "until", type=MOMENT, metavar="MOMENT", help="Charges that begin before this moment.")
@click.option("--source", default="", metavar="NAME", help="Only bills of this source.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@world_options
@format_option
def export(
    where: Where,
    console: Console,
    version: str,
    out: Path,
    *,
    since: datetime | None,
    until: datetime | None,
    source: str,
    force: bool,
) -> int:
    """Write what was charged as FOCUS.

    One row per line of the ledger, with what its bill says of it. The file appears whole or not at all, and its sums
    are those of the lines, to the last digit.
    """
    from fairlead.flows.ledger.export import export_lines
    from fairlead.meter.focus_export import ExportSpan

    with where.world() as world, console.progress() as progress:
        world.repository.fetch()
        exported = export_lines(world, version, out, ExportSpan(since, until, source), progress, force=force)
    console.show(exported, exported_view)
    return 0

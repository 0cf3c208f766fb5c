"""`fairlead prices import`: a provider's list, from a file or an address."""

from __future__ import annotations

from datetime import date, datetime

import click

from fairlead.show.cli.options import examples, format_option
from fairlead.show.outputs.console import Console
from fairlead.show.outputs.findings import render_findings
from fairlead.show.outputs.price_tables import import_text

__all__ = ["import_prices"]


@click.command(
    "import",
    epilog=examples(
        "fairlead prices import aws AmazonEC2-eu-west-1.json",
        "fairlead prices import azure https://prices.azure.com/api/retail/prices?currencyCode=%27USD%27",
        "fairlead prices import csv agreed.csv --as-of 2026-11-01 --currency EUR",
    ),
)
@click.argument("kind", metavar="aws|azure|gcp|csv")
@click.argument("place", metavar="FILE_OR_URL")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day of the list, where it does not say it, or another than it says.",
)
@click.option(
    "--currency", default="USD", show_default=True, metavar="CODE", help="The currency that the prices must be in."
)
@click.option("--partial", is_flag=True, help="Keep the rows that can be read, although others cannot.")
@format_option
def import_prices(
    console: Console, kind: str, place: str, as_of: datetime | None, currency: str, *, partial: bool
) -> int:
    """Keep a provider's price list under its day.

    The same list again changes nothing; another list for a day that has one is refused.
    """
    from fairlead.drivers.clock import SystemClock
    from fairlead.flows.prices import Wanted, import_list

    day: date | None = as_of.date() if as_of else None
    with console.progress() as progress:
        done = import_list(Wanted(kind, place, day, currency, partial), SystemClock(), progress)
    if done.findings and not console.as_json:
        console.note(render_findings(done.findings, colour=console.colour))
    console.done(done, import_text(done))
    return 0 if done.stored is not None and not done.refused else 1

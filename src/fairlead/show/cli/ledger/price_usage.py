"""`fairlead ledger price-usage`: what the usage bodies of LLM APIs counted, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairlead.show.cli.options import MOMENT, examples, format_option
from fairlead.show.outputs.console import Block, Console

if TYPE_CHECKING:
    from fairlead.meter.llm.totals import UsageTotals

__all__ = ["price_usage", "usage_view"]

_OLD = 90
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    "price-usage",
    epilog=examples("fairlead ledger price-usage answers.jsonl", "fairlead ledger price-usage one.json --format json"),
)
@click.argument("file", type=_FILE)
@click.option("--prices", type=_FILE, metavar="FILE", help="Price table of your own, before the one that is built in.")
@click.option("--at", type=MOMENT, metavar="DATE", help="Prices of this day. Default: of when each body was answered.")
@click.option("--provider", default="", metavar="NAME", help="Who answered. Default: as each body says.")
@click.option("--model", default="", metavar="NAME", help="The model of bodies that name none.")
@format_option
def price_usage(
    console: Console, file: Path, prices: Path | None, at: datetime | None, provider: str, model: str
) -> int:
    """Count and price what LLM APIs answered.

    FILE holds answers, or only their usage and model: one JSON object, an array, or one on each line.
    """
    from fairlead.flows.ledger.price_usage import PriceUsage
    from fairlead.flows.ledger.price_usage import price_usage as flow
    from fairlead.meter.llm.totals import UsageTotals
    from fairlead.show.outputs.llm_tables import write_usage

    request = PriceUsage(file, datetime.now(UTC), prices, provider, model, at)
    totals = UsageTotals()
    with console.progress() as progress:
        bodies = flow(request, progress)
        if console.as_json:
            write_usage(bodies, totals, console.write)
        else:
            for body in bodies:
                totals.add(body)
    if not console.as_json:
        console.show(totals, usage_view)
    _note_age(console, totals, request.now.date())
    return 1 if totals.unknown else 0


def _note_age(console: Console, totals: UsageTotals, today: date) -> None:
    """Prices change: old ones are used, but not in silence."""
    if totals.oldest is not None and (days := (today - totals.oldest).days) > _OLD:
        console.note(f"Prices are of {totals.oldest}, {days} days ago: give newer ones with --prices FILE.")


def usage_view(totals: UsageTotals) -> Iterator[Block]:
    """What the bodies come to, and why some have no price."""
    from fairlead.show.outputs.llm_tables import reason_table, usage_table

    yield usage_table(totals)
    if totals.unknown:
        yield reason_table(totals)

"""`fairlead prices list`: the lists that prices are looked up in."""

from __future__ import annotations

import click

from fairlead.show.cli.options import examples, format_option
from fairlead.show.outputs.console import Console
from fairlead.show.outputs.price_tables import lists_view

__all__ = ["list_prices"]


@click.command("list", epilog=examples("fairlead prices list", "fairlead prices list --format json"))
@format_option
def list_prices(console: Console) -> int:
    """List what is kept and what came with fairlead, the newest first, and how old it is."""
    from fairlead.drivers.clock import SystemClock
    from fairlead.flows.prices import known_lists

    known = known_lists(SystemClock().now().date())
    console.show(known, lambda shown: lists_view(shown, colour=console.colour))
    return 0

"""`fairlead prices`: what providers ask, as lists that are dated and never changed."""

from __future__ import annotations

from collections.abc import Mapping

import click

from fairlead.show.cli.group import Entry, LazyGroup

__all__ = ["prices"]

_LISTS = "Lists"

_COMMANDS: Mapping[str, Entry] = {
    "import": Entry("fairlead.show.cli.prices.import_:import_prices", "Keep a provider's price list.", _LISTS),
    "list": Entry("fairlead.show.cli.prices.list_:list_prices", "List what is kept, and how old it is.", _LISTS),
}


@click.command(cls=LazyGroup, table=_COMMANDS)
def prices() -> None:
    """Keep providers' price lists, and see how old they are."""

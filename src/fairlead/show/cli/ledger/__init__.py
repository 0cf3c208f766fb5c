"""`fairlead ledger`: bills and usage in, every cent charged to somebody, and the books closed."""

from __future__ import annotations

from collections.abc import Mapping

import click

from fairlead.show.cli.group import Entry, LazyGroup

__all__ = ["ledger"]

_IN = "In"
_OUT = "Out"

_COMMANDS: Mapping[str, Entry] = {
    "import": Entry("fairlead.show.cli.ledger.import_:import_", "Bring bills in: FOCUS and what becomes it.", _IN),
    "validate": Entry("fairlead.show.cli.ledger.validate:validate", "Judge a bill by the rules of FOCUS.", _IN),
    "collect": Entry("fairlead.show.cli.ledger.collect:collect", "Bring usage in: files, Prometheus.", _IN),
    "close": Entry("fairlead.show.cli.ledger.close:close", "Freeze a month.", _OUT),
    "export": Entry("fairlead.show.cli.ledger.export:export", "Write what was charged as FOCUS.", _OUT),
    "statement": Entry("fairlead.show.cli.ledger.statement:statement", "Show a team what it is charged.", _OUT),
    "price-usage": Entry(
        "fairlead.show.cli.ledger.price_usage:price_usage", "Count and price what LLM APIs answered.", _OUT
    ),
}
"""A command stands here once it is real."""


@click.command(cls=LazyGroup, table=_COMMANDS)
def ledger() -> None:
    """Bring bills and usage in, and close the books."""

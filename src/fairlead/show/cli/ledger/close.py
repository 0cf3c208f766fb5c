"""`fairlead ledger close`: freeze a month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from fairlead.show.cli.actor import claimed_actor
from fairlead.show.cli.options import Where, examples, format_option, world_options
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.figures import moment_text
from fairlead.show.outputs.ledger_tables import bridge_table, sources_table

if TYPE_CHECKING:
    from fairlead.flows.ledger.closing import Closing
    from fairlead.meter.ledger.report import LedgerReport

__all__ = ["close"]


@dataclass(frozen=True, slots=True)
class _Closed:
    closing: Closing
    ledger: LedgerReport


@click.command(epilog=examples("fairlead ledger close 2026-10"))
@click.argument("period", metavar="YYYY-MM")
@world_options
@format_option
def close(where: Where, console: Console, period: str) -> int:
    """Freeze a month: what becomes known of it later is booked later, as an adjustment."""
    from fairlead.domain.ledger import Basis
    from fairlead.flows.ledger.close import close as freeze
    from fairlead.flows.ledger.cost import ledger_report
    from fairlead.meter.ledger.question import CostQuestion

    with where.world() as world:
        world.repository.fetch()
        closing = freeze(world, period, claimed_actor())
        question = CostQuestion(by=("charge",), period=period, basis=Basis.BILLED)
        console.show(_Closed(closing, ledger_report(world, question, world.engine)), _view)
    console.note(f"{period} is closed since {moment_text(closing.at)}, by {closing.by}")
    return 0


def _view(closed: _Closed) -> Iterator[Block]:
    for bridge in closed.ledger.bridges:
        yield bridge_table(bridge)
    yield sources_table(closed.ledger)

"""`fairlead budget`: what may be spent this month, what is, and where the month will land."""

from __future__ import annotations

import click

from fairlead.show.cli.options import Where, examples, format_option, world_options
from fairlead.show.outputs.budget_tables import budget_table
from fairlead.show.outputs.console import Console

__all__ = ["budget"]


@click.command(epilog=examples("fairlead budget", "fairlead budget --format json"))
@world_options
@format_option
def budget(where: Where, console: Console) -> int:
    """Show where this month's budgets stand.

    Budgets of models, environments, teams and customers, as the followed branch declares them.
    """
    from fairlead.flows.budgets import budgets_now

    with where.world() as world:
        world.repository.fetch()
        report = budgets_now(world)
    console.show(report, lambda shown: [budget_table(shown)])
    return 1 if report.over else 0

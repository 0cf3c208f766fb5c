"""`fairlead cost`: what was spent, on what and for whom; whether it closes; and who earns what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import click

from fairlead.show.cli.options import MOMENT, Where, examples, format_option, world_options
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.cost_tables import bill_table, group_table, margin_table, unrouted_table

if TYPE_CHECKING:
    from fairlead.meter.margin import Margin
    from fairlead.meter.report import CostReport

__all__ = ["CostAnswer", "cost", "cost_view"]

_BY = ("model", "release", "customer", "environment", "window")


@dataclass(frozen=True, slots=True)
class CostAnswer:
    """The report; and by customer, what each pays on the stated plans."""

    cost: CostReport
    margins: tuple[Margin, ...]


@click.command(epilog=examples("fairlead cost --by customer", "fairlead cost --by release --from 2026-11-01"))
@click.option(
    "--by", type=click.Choice(_BY), multiple=True, default=("model",), show_default=True, help="Group by; repeatable."
)
@click.option("--from", "since", type=MOMENT, metavar="MOMENT", help="Windows that begin from this moment on.")
@click.option("--to", "until", type=MOMENT, metavar="MOMENT", help="Windows that begin before this moment.")
@click.option("--model", default="", metavar="NAME", help="Only this model.")
@click.option("--environment", default="", metavar="NAME", help="Only this environment.")
@world_options
@format_option
def cost(
    where: Where,
    console: Console,
    by: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    model: str,
    environment: str,
) -> int:
    """Show what was spent, on what and for whom."""
    from fairlead.flows.cost import FOREVER, Period
    from fairlead.flows.metering.machine import cost_flow
    from fairlead.flows.metering.margins import customer_margins
    from fairlead.flows.names import require_names

    period = Period(since or FOREVER.since, until or FOREVER.until)
    with where.world() as world:
        require_names(world, models=[model], environment=environment)
        with cost_flow(world).at_once() as flow:
            report = flow.cost(by, period, model=model, environment=environment)
            whole = by == ("customer",) and not model and not environment
            answer = CostAnswer(report, customer_margins(world, flow, period) if whole else ())
    console.show(answer, cost_view)
    return 0


def cost_view(answer: CostAnswer) -> Iterator[Block]:
    """The groups, the margins, the machine's bill with its parts, and what no release answered."""
    yield group_table(answer.cost)
    if answer.margins:
        yield margin_table(answer.margins)
    for totals in answer.cost.totals:
        yield bill_table(totals)
    if answer.cost.unrouted:
        yield unrouted_table(answer.cost.unrouted)

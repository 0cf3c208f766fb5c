"""`fairlead plan`: the steps from what runs to what Git declares, their price, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from fairlead.domain.finding import Verdict
from fairlead.domain.plan import CostComponent, Expected, Plan, total
from fairlead.kernel.money import plain
from fairlead.plan.explain import describe
from fairlead.show.cli.options import Where, examples, format_option, world_options
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.figures import money_text
from fairlead.show.outputs.findings import render_findings, summary
from fairlead.show.outputs.rollout_tables import outlook_text
from fairlead.show.outputs.table import Cell, Column, Table
from fairlead.show.outputs.text import safe

__all__ = ["plan", "plan_view"]

_COLUMNS = (
    Column("environment"),
    Column("model"),
    Column("component"),
    Column("quantity", right=True, priority=3),
    Column("unit price", right=True, priority=2),
    Column("a month", right=True),
    Column("source", priority=4, wrap=20),
)


@click.command(epilog=examples("fairlead plan", "fairlead plan digits --format json"))
@click.argument("model", default="")
@world_options
@format_option
def plan(where: Where, console: Console, model: str) -> int:
    """Show what would change, and what it would cost."""
    from fairlead.flows.names import require_names
    from fairlead.flows.planning import make_plan

    with where.world() as world:
        require_names(world, models=[model])
        made = make_plan(world, model=model)
    console.show(made, lambda shown: plan_view(shown, colour=console.colour))
    if made.verdict is not None:
        console.note(summary(made.findings, made.verdict))
    return 0 if made.verdict in {None, Verdict.PASS} else 1


def plan_view(plan: Plan, *, colour: bool) -> Iterator[Block]:
    """Commit and steps, the price of each model, and the findings."""
    commit = plan.commit
    steps = [f"  {place}. {safe(describe(step))}" for place, step in enumerate(plan.steps, 1)]
    title = f"{commit.id[:12]} '{safe(commit.subject)}' by {safe(commit.author)}"
    yield "\n".join([title, *(steps or ["  nothing to do: what runs is what Git declares"])])
    if plan.expected:
        yield Table(_COLUMNS, [row for expected in plan.expected for row in _rows(expected)], title="Expected cost")
    yield "\n".join(outlook_text(each) for each in plan.outlooks)
    yield render_findings(plan.findings, colour=colour)


def _rows(expected: Expected) -> Iterator[list[Cell | str | None]]:
    place = [expected.environment, expected.model]
    for part in expected.after:
        price = None if part.unit_price is None else plain(part.unit_price)
        amount = money_text(part.monthly) or Cell("no price", "warn")
        yield [*place, part.name, f"{plain(part.quantity)} {part.unit}", price, amount, part.source]
    note = f"before: {_sum(expected.before)}" if expected.before else "new"
    yield [*place, "sum", Cell(" "), Cell(" "), Cell(_sum(expected.after), "strong"), note]


def _sum(parts: Sequence[CostComponent]) -> str:
    if not parts:
        return "nothing"
    return money_text(total(parts)) or "no price"

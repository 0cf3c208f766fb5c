"""`fairlead cost`: what was spent, on what and for whom; whether it closes; and who earns what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fairlead.show.cli.options import MOMENT, Where, examples, world_options
from fairlead.show.outputs.console import Block, console_for
from fairlead.show.outputs.cost_tables import bill_table, group_table, margin_table, unrouted_table
from fairlead.show.outputs.explanation import explanation_tables
from fairlead.show.outputs.ledger_rows import write_rows
from fairlead.show.outputs.ledger_tables import ledger_tables

if TYPE_CHECKING:
    from fairlead.flows.ledger.explaining import Explanation
    from fairlead.flows.world import World
    from fairlead.meter.ledger.question import CostQuestion
    from fairlead.meter.ledger.report import LedgerReport
    from fairlead.meter.margin import Margin
    from fairlead.meter.report import CostReport

__all__ = ["CostAnswer", "cost", "cost_view"]

_OF_METER = {"model", "release", "customer", "environment", "window"}
"""The dimensions that the meter alone can answer, without a ledger."""

_OF_LEDGER = ("period", "only", "per", "include", "as_of", "value", "usage")
"""Options that it cannot."""

_OF_METER_FORMS = {"table", "json"}


@dataclass(frozen=True, slots=True)
class CostAnswer:
    """What this machine's meter says, where it was asked alone; or what the ledger of all bills says.

    `margins`: by customer, what each pays on the stated plans.
    """

    cost: CostReport | None = None
    margins: tuple[Margin, ...] = ()
    ledger: LedgerReport | None = None


@click.command(
    epilog=examples(
        "fairlead cost --by customer",
        "fairlead cost --by team,model --period 2026-10 --include idle,shared",
        "fairlead cost --by model --per 1k_tokens",
        "fairlead cost --by line --only service=AmazonEC2",
        "fairlead cost --explain 3f2a91c07d55",
    )
)
@click.option(
    "--by",
    multiple=True,
    default=("model",),
    show_default=True,
    metavar="DIMENSION,...",
    help="Group by; repeatable. Some of environment, model, release, customer, team, stage, owner, resource, service, "
    "account, region, source, period, rule, charge, line, window, day, month.",
)
@click.option("--from", "since", type=MOMENT, metavar="MOMENT", help="Charges that begin from this moment on.")
@click.option("--to", "until", type=MOMENT, metavar="MOMENT", help="Charges that begin before this moment.")
@click.option("--period", default="", metavar="YYYY-MM", help="Only what was booked in this month.")
@click.option("--model", default="", metavar="NAME", help="Only this model.")
@click.option("--environment", default="", metavar="NAME", help="Only this environment.")
@click.option("--only", multiple=True, metavar="DIMENSION=VALUE", help="Only lines with this value; repeatable.")
@click.option(
    "--per",
    type=click.Choice(
        ["inference", "1k_inferences", "1k_tokens", "1m_input_tokens", "1m_output_tokens", "trained_model", "customer"]
    ),
    help="Cost of one of these.",
)
@click.option(
    "--basis",
    type=click.Choice(["billed", "effective", "contracted", "list"]),
    default="effective",
    show_default=True,
    help="Which cost. effective spreads commitments over what used them.",
)
@click.option(
    "--include",
    multiple=True,
    metavar="CHARGE,...",
    help="Charges to add to what was used. Some of idle, shared, unused, commitment, credit, tax; or all.",
)
@click.option("--as-of", type=MOMENT, metavar="MOMENT", help="From the bills as they were known at this moment.")
@click.option("--value", default="", metavar="CSV_OR_URL", help="Revenue and outcomes: a CSV file, or a database.")
@click.option("--value-query", default="", metavar="SQL", help="What to ask that database.")
@click.option("--usage", multiple=True, metavar="SOURCE", help="Only use from this source counts; repeatable.")
@click.option("--explain", default="", metavar="LINE", help="Show the source rows and the rule behind a line.")
@click.option(
    "--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="What computes it."
)
@click.option(
    "--spark", default="local[2]", show_default=True, metavar="ADDRESS", help="Spark Connect server: sc://HOST:PORT."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write csv or parquet here."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "parquet"]),
    default="table",
    show_default=True,
    help="Form of the answer.",
)
@world_options
def cost(where: Where, form: str, out: Path | None, explain: str, engine: str, spark: str, **asked: Any) -> int:
    """Show what was spent, on what and for whom."""
    console = console_for(form if form == "json" else "table")
    with where.world(spark=spark if engine == "spark" else "") as world:
        world.repository.fetch()
        if explain:
            console.show(_explained(world, explain), explanation_tables)
            return 0
        answer = _answer(world, asked, ledger=engine == "spark" or form not in _OF_METER_FORMS)
    if answer.ledger is not None and (out is not None or form not in _OF_METER_FORMS):
        write_rows(answer.ledger, form, out, console)
    else:
        console.show(answer, cost_view)
    return 0


def cost_view(answer: CostAnswer) -> Iterator[Block]:
    """The groups, the margins, each bill with its parts, and what no release answered."""
    if answer.ledger is not None:
        yield from ledger_tables(answer.ledger)
    if answer.cost is None:
        return
    yield group_table(answer.cost)
    if answer.margins:
        yield margin_table(answer.margins)
    for totals in answer.cost.totals:
        yield bill_table(totals)
    if answer.cost.unrouted:
        yield unrouted_table(answer.cost.unrouted)


def _question(world: World, asked: Mapping[str, Any]) -> CostQuestion:
    from fairlead.domain.ledger import Basis
    from fairlead.flows.names import require_names
    from fairlead.meter.ledger.question import EVER, CostQuestion, Per, dimensions, included, restrictions

    require_names(world, models=[asked["model"]], environment=asked["environment"])
    named = {name: asked[name] for name in ("model", "environment") if asked[name]}
    return CostQuestion(
        by=dimensions(asked["by"]),
        since=asked["since"] or EVER[0],
        until=asked["until"] or EVER[1],
        basis=Basis(asked["basis"]),
        period=asked["period"],
        per=Per(asked["per"]) if asked["per"] else None,
        include=included(asked["include"]),
        usage=asked["usage"],
        only={**named, **restrictions(asked["only"])},
    )


def _answer(world: World, asked: Mapping[str, Any], *, ledger: bool) -> CostAnswer:
    """From the meter alone where no bill was imported and it can answer; else, or with `ledger`, from the ledger."""
    from fairlead.flows.ledger.cost import ValueSource, has_bills, ledger_report

    question = _question(world, asked)
    beyond = set(question.by) - _OF_METER or any(asked[name] for name in _OF_LEDGER)
    if not ledger and not beyond and not has_bills(world):
        return _metered(world, question)
    value = ValueSource(asked["value"], asked["value_query"]) if asked["value"] else None
    return CostAnswer(ledger=ledger_report(world, question, world.engine, as_of=asked["as_of"], value=value))


def _metered(world: World, question: CostQuestion) -> CostAnswer:
    from fairlead.flows.cost import Period
    from fairlead.flows.metering.machine import cost_flow
    from fairlead.flows.metering.margins import customer_margins

    period = Period(question.since, question.until)
    with cost_flow(world).at_once() as flow:
        only = {name: question.only.get(name, "") for name in ("model", "environment")}
        report = flow.cost(question.by, period, **only)
        whole = question.by == ("customer",) and not question.only
        return CostAnswer(report, customer_margins(world, flow, period) if whole else ())


def _explained(world: World, line: str) -> Explanation:
    from fairlead.flows.ledger.charged import line_named
    from fairlead.flows.ledger.explaining import explain

    return explain(world, line_named(world, line))

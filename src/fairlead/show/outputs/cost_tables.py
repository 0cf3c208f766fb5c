"""The cost report's tables. Rounded for people, but for the bill: its parts sum to it, to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from fairlead.kernel.money import Money, plain
from fairlead.meter.margin import Margin
from fairlead.meter.report import CostReport, CostRow, CostTotals, Unrouted
from fairlead.show.outputs.figures import count_text, cpu_text, moment_text, money_text
from fairlead.show.outputs.table import Cell, Column, Table

__all__ = ["bill_table", "group_table", "margin_table", "unrouted_table"]

_FIGURES = (
    Column("cost", right=True),
    Column("requests", right=True, priority=1),
    Column("inferences", right=True, priority=6),
    Column("per 1k", right=True, priority=2),
    Column("per 1M output", right=True, priority=8),
    Column("errors", right=True, priority=4),
    Column("CPU", right=True, priority=3),
    Column("p99", right=True, priority=5),
    Column("input tokens", right=True, priority=6),
    Column("output tokens", right=True, priority=6),
    Column("tokens unknown", right=True, priority=7),
    Column("unmetered", right=True, priority=7),
)

_MARGINS = (
    Column("customer"),
    Column("segment", priority=2),
    Column("requests", right=True, priority=1),
    Column("revenue", right=True, priority=1),
    Column("cost", right=True, priority=1),
    Column("margin", right=True),
    Column("why not known", priority=3, wrap=20),
)

_BILL = (Column("part"), Column("amount", right=True))

_UNROUTED = (Column("environment"), Column("model"), Column("requests", right=True), Column("errors", right=True))

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def group_table(report: CostReport) -> Table:
    """One row per group. A release is shown by its name."""
    keys = [key for key in (report.rows[0].key if report.rows else report.by) if key != "release"]
    heads = [Column("release" if key == "name" else key.replace("_", " ")) for key in keys]
    return Table(
        (*heads, *_FIGURES),
        [[*(_key(row.key[key]) for key in keys), *_figures(row)] for row in report.rows],
        title=_title(report),
        empty="Nothing is metered yet: send a request to a model that is live, and look again.",
    )


def margin_table(margins: Sequence[Margin]) -> Table:
    """One row per customer; who costs more than they pay is marked."""
    return Table(_MARGINS, [_margin(each) for each in margins], title="Revenue and margin on the stated plans")


def bill_table(totals: CostTotals) -> Table:
    """The machine's bill, and what it is made of: exact decimals that sum to it, to the last digit."""
    parts = {
        "releases": totals.releases,
        "platform": totals.platform,
        "idle": totals.idle,
        "residual": totals.residual,
    }
    digits = max(len(plain(each).partition(".")[2]) for each in (*parts.values(), totals.billed))
    rows = [[name, f"{amount:.{digits}f}"] for name, amount in parts.items()]
    title = f"The machine's bill in {totals.currency}"
    return Table(_BILL, rows, title=title, total=["billed", f"{totals.billed:.{digits}f}"])


def unrouted_table(unrouted: Sequence[Unrouted]) -> Table:
    """Requests that nobody is charged for."""
    rows = [
        [each.environment, each.model, count_text(each.requests), Cell(count_text(each.errors) or "", "bad")]
        for each in unrouted
    ]
    return Table(_UNROUTED, rows, title="Answered by no release, and charged to nobody")


def _title(report: CostReport) -> str:
    since = "the beginning" if report.since == _EPOCH else moment_text(report.since)
    until = report.provisional_until
    return f"Cost since {since}" + (f" (provisional up to {moment_text(until)})" if until else "")


def _key(value: str | datetime) -> str | None:
    return moment_text(value) if isinstance(value, datetime) else value


def _figures(row: CostRow) -> list[Cell | str | None]:
    tokens = bool(row.input_tokens or row.output_tokens or row.tokens_unknown)
    return [
        Cell("no price", "warn") if row.amount is None else money_text(Money(row.amount, row.currency)),
        count_text(row.requests),
        count_text(row.inferences),
        None if row.per_1k is None else money_text(Money(row.per_1k, row.currency)),
        None if row.per_1m_output is None else money_text(Money(row.per_1m_output, row.currency)),
        count_text(row.errors),
        cpu_text(row.cpu_us),
        None if row.p99 is None else str(row.p99),
        count_text(row.input_tokens) if tokens else None,
        count_text(row.output_tokens) if tokens else None,
        count_text(row.tokens_unknown) if tokens else None,
        count_text(row.unmetered),
    ]


def _margin(margin: Margin) -> list[Cell | str | None]:
    amounts = [margin.revenue, margin.cost, margin.margin]
    revenue, cost, left = (None if each is None else money_text(Money(each, margin.currency)) for each in amounts)
    loses = margin.margin is not None and margin.margin < 0
    tone = "bad" if loses else "good"
    return [
        margin.customer,
        margin.segment,
        count_text(margin.requests),
        revenue,
        cost,
        Cell(left, tone) if left else None,
        margin.insufficient,
    ]

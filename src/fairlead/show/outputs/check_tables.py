"""What a check tells beside its findings: what runs, with which pins, and what it costs before and after."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from fairlead.domain.finding import Finding
from fairlead.domain.report import CheckReport, Cost, Running
from fairlead.kernel.money import Money
from fairlead.show.outputs.figures import amount_text, money_text
from fairlead.show.outputs.table import Cell, Column, Table

__all__ = ["MANY", "cost_table", "costs_to_tell", "difference_text", "rule_table", "running_table", "total_of"]

MANY = 20
"""Findings beyond which nobody reads them one by one before having seen what kinds there are."""

_COSTS = (
    Column("what", wrap=24),
    Column("environment", priority=3),
    Column("before a month", right=True),
    Column("after a month", right=True),
    Column("difference", right=True, priority=1),
    Column("per 1k before", right=True, priority=4),
    Column("per 1k after", right=True, priority=2),
    Column("note", priority=5, wrap=30),
)

_RUNNING = (
    Column("kind"),
    Column("name", wrap=16),
    Column("runs", wrap=30),
    Column("pin"),
    Column("place", priority=1, wrap=20),
)

_RULES = (Column("rule"), Column("severity"), Column("findings", right=True), Column("first at", priority=1, wrap=30))

_PIN_TONES = {"digest": "good", "revision": "good", "tag": "warn", "moving": "bad"}


def cost_table(costs: Sequence[Cost]) -> Table:
    """A row for each thing that costs, and the sum where all of it is known and in one currency."""
    before, after = total_of([each.before for each in costs]), total_of([each.after for each in costs])
    total: list[Cell | str | None] = []
    if len(costs) > 1 and after is not None:
        shown = [_amount(before), _amount(after), difference_text(before, after) or Cell(" ")]
        total = ["sum", Cell(" "), *shown, Cell(" "), Cell(" "), Cell(" ")]
    return Table(_COSTS, [_cost(each) for each in costs], title="Cost", total=total)


def _cost(cost: Cost) -> list[Cell | str | None]:
    note = "; ".join(each for each in (*cost.unpriced, cost.assumptions) if each)
    return [
        cost.name,
        cost.environment,
        _amount(cost.before),
        _amount(cost.after) if cost.after is not None else Cell("price unknown", "warn"),
        difference_text(cost.before, cost.after),
        _amount(cost.before_per_1k),
        _amount(cost.after_per_1k),
        note,
    ]


def _amount(money: Money | None) -> str | None:
    return money_text(money)


def total_of(amounts: Sequence[Money | None]) -> Money | None:
    """The sum; None where one of them is not known, or where they are in several currencies."""
    known = [each for each in amounts if each is not None]
    if not known or len(known) < len(amounts) or len({each.currency for each in known}) > 1:
        return None
    return Money(sum((each.amount for each in known), Decimal(0)), known[0].currency)


def difference_text(before: Money | None, after: Money | None) -> str | None:
    """`+12.50 USD (+25.0 %)`; None where one side is not known. There is no percentage of nothing."""
    if before is None or after is None or before.currency != after.currency:
        return None
    change = after.amount - before.amount
    if not change:
        return "none"
    sign = "+" if change > 0 else "−"
    share = f" ({change / before.amount * 100:+,.1f} %)".replace("-", "−") if before.amount else ""
    return f"{sign}{amount_text(abs(change))} {after.currency}{share}"


def running_table(running: Sequence[Running]) -> Table:
    """A row for each model and image that the manifests run. What moves is marked."""
    return Table(_RUNNING, [_running(each) for each in running], title="What runs")


def _running(each: Running) -> list[Cell | str | None]:
    place = f"{each.path}:{each.line}" if each.line else each.path
    return [each.kind, each.name, each.what, Cell(each.pin, _PIN_TONES.get(each.pin, "")), place]


def rule_table(findings: Sequence[Finding]) -> Table:
    """How often each rule was broken, the most frequent first, and where it was first."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for each in sorted(findings):
        groups.setdefault((each.severity.value, each.rule), []).append(each)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    rows = [[rule, severity, str(len(found)), found[0].place] for (severity, rule), found in ordered]
    return Table(_RULES, rows, title="By rule")


def costs_to_tell(report: CheckReport) -> tuple[Cost, ...]:
    """The costs that a person wants to see: those that change, and all of what no plan of ours would show."""
    return tuple(each for each in report.costs if report.running or each.before != each.after)

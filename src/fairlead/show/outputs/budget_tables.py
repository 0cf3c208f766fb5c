"""Budgets for people: a row each. What is not known is said, and never shown as zero."""

from __future__ import annotations

from decimal import Decimal

from fairlead.flows.budgets import BudgetReport
from fairlead.kernel.money import Money, plain
from fairlead.meter.budget import BudgetStanding, State
from fairlead.show.outputs.figures import money_text
from fairlead.show.outputs.table import Cell, Column, Table

__all__ = ["budget_table"]

_COLUMNS = (
    Column("of"),
    Column("name"),
    Column("budget", right=True),
    Column("spent", right=True),
    Column("committed", right=True, priority=3),
    Column("used", right=True, priority=1),
    Column("landing", right=True, priority=1),
    Column("state"),
    Column("at this", priority=2),
    Column("why", priority=4, wrap=30),
)
_TONES = {State.OK: "good", State.WARN: "warn", State.OVER: "bad", State.INSUFFICIENT: "warn"}


def budget_table(report: BudgetReport) -> Table:
    """One row for each budget."""
    return Table(
        _COLUMNS,
        [_row(each) for each in report.budgets],
        title=f"Budgets of {report.month}",
        empty="No budget is declared: write `budget: {monthly: ...}` in fairlead.yaml or in a model.yaml.",
    )


def _row(each: BudgetStanding) -> list[Cell | str | None]:
    def amount(value: Decimal | None) -> Cell | str:
        text = None if value is None else money_text(Money(value, each.currency))
        return text or Cell("not known", "dim")

    least = "at least " if each.unknown else ""
    used = None if each.used_percent is None else f"{least}{plain(each.used_percent)} %"
    known = amount(each.least or None)
    why = "; ".join(part for part in (each.reason, f"landing: {each.method}") if part)
    return [
        each.holder.value,
        each.name,
        amount(each.budget),
        f"{least}{known}" if least and isinstance(known, str) else amount(each.spent),
        amount(each.committed),
        used,
        amount(each.landing),
        Cell(each.state.value, _TONES[each.state]),
        each.action,
        why,
    ]

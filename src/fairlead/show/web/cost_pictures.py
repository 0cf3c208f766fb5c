"""The Cost page's charts: a month's figures in one currency, as the outputs draw them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from fairlead.flows.budgets import BudgetReport
from fairlead.flows.ledger.overview import CostOverview
from fairlead.kernel.money import added
from fairlead.show.outputs.charts import (
    BridgePart,
    BudgetState,
    Chart,
    DayCost,
    Move,
    UnitCost,
    budgets,
    cost_trend,
    invoice_bridge,
    top_movers,
    unit_cost_trend,
)

__all__ = ["budgets_picture", "currencies", "pictures"]


def currencies(overview: CostOverview) -> list[str]:
    """Currencies of the month's invoices, the largest invoice first."""
    return [each.currency for each in sorted(overview.bridges, key=lambda each: -abs(each.invoiced))]


def pictures(overview: CostOverview, currency: str) -> Mapping[str, Chart]:
    """Charts by the id of their figure."""
    return dict(_pictures(overview, currency)) if currency else {}


def budgets_picture(report: BudgetReport) -> Chart:
    """Where each budget of this month stands; one of which nobody knows what was spent is in no picture."""
    states = [
        BudgetState(
            f"{each.holder} {each.name}", each.budget, each.spent, added((each.spent, each.committed)), each.landing
        )
        for each in report.budgets
        if each.spent is not None
    ]
    return budgets(states, report.currency)


def _pictures(overview: CostOverview, currency: str) -> Iterator[tuple[str, Chart]]:
    for bridge in overview.bridges:
        if bridge.currency == currency:
            parts = [BridgePart(each.charge.replace("-", " "), each.amount, each.charge) for each in bridge.parts]
            yield "bridge", invoice_bridge(parts, bridge.invoiced, currency)
    days = [row for row in overview.days if row.currency == currency and row.amount is not None]
    yield (
        "days",
        cost_trend(
            [
                DayCost(date.fromisoformat(row.key["day"]), row.key["charge"], row.amount)
                for row in days
                if row.amount is not None
            ],
            currency,
        ),
    )
    units = [row for row in overview.units if row.currency == currency and row.unit_cost is not None]
    costs = [UnitCost(date.fromisoformat(row.key["day"]), "all models", row.unit_cost) for row in units]
    yield "units", unit_cost_trend(costs, f"{currency} per 1k inferences")
    moves = [Move(each.name, each.before, each.after) for each in overview.moved if each.currency == currency]
    yield "moved", top_movers(moves, currency)

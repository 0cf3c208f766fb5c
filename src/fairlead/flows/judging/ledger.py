"""What the ledger knows, as rules may ask it: spent, budget and what is left of it, and where all budgets stand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fairlead.declare.reader import Declared
from fairlead.flows.budgets import budget_facts, budget_report
from fairlead.flows.metering.figures import figures, month_start
from fairlead.flows.world import World
from fairlead.kernel.money import plain
from fairlead.plan.price import HOURS_PER_MONTH

__all__ = ["ledger_facts"]


def ledger_facts(world: World, declared: Declared) -> dict[str, Any] | None:
    """Amounts as plain decimals in the price book's currency; None where no rule is declared that could ask.

    Where nothing was ever metered, nothing has been spent.
    """
    workspace = declared.workspace
    if workspace is None or workspace.policies is None:
        return None
    known = figures(world)
    now = world.clock.now()
    hours = Decimal((now - month_start(now)).total_seconds()) / 3600
    models: dict[str, dict[str, Any]] = {}
    totals: dict[str, Decimal | None] = {}
    for (environment, model), row in known.models.items():
        before = totals.get(environment, Decimal(0))
        totals[environment] = None if before is None or row.amount is None else before + row.amount
        per_month = row.inferences * HOURS_PER_MONTH / hours if hours else None
        models.setdefault(model, {})[environment] = {
            **_left(row.amount, _budget(declared, model)),
            "per1kInferences": None if row.per_1k is None else plain(row.per_1k),
            "requestsPerMonth": None if per_month is None else plain(per_month.quantize(Decimal(1))),
        }
    budgets = {each.name: each.budget.monthly if each.budget else None for each in workspace.environments}
    return {
        "currency": workspace.price_book.currency if workspace.price_book else None,
        "models": models,
        "budgets": budget_facts(budget_report(world, declared), declared),
        "environments": {name: _left(totals.get(name, Decimal(0)), budget) for name, budget in budgets.items()},
    }


def _budget(declared: Declared, model: str) -> Decimal | None:
    spec = declared.models[model].spec if model in declared.models else None
    return spec.budget.monthly if spec and spec.budget else None


def _left(spent: Decimal | None, budget: Decimal | None) -> dict[str, str | None]:
    left = budget - spent if budget is not None and spent is not None else None
    amounts = {"spent": spent, "budget": budget, "left": left}
    return {name: None if each is None else plain(each) for name, each in amounts.items()}

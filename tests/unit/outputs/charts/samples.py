"""One chart of each kind, over figures that are awkward: gaps, credits, names like markup, more groups than colours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

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

DAYS = [date(2026, 11, 1) + timedelta(days=day) for day in range(12)]
GROUPS = ["digits", "</script><b>", "narrator", "search", "ranker", "vision", "speech", "rare", "rarer"]
PARTS = (
    BridgePart("allocated", Decimal("812.3456789012345678901"), "used"),
    BridgePart("idle", Decimal("121.10"), "idle"),
    BridgePart("credits", Decimal("-31.02"), "credit"),
    BridgePart("residual", Decimal(0), "residual"),
)
MOVES = (Move("digits", Decimal(100), Decimal(310)), Move("new one", Decimal(0), Decimal(4)))
INVOICED = sum((part.amount for part in PARTS), Decimal(0))


def charts() -> Mapping[str, Chart]:
    """By the name of its figure."""
    costs = [
        DayCost(day, group, Decimal(10 + place * 7 + index) / 3)
        for index, day in enumerate(DAYS)
        for place, group in enumerate(GROUPS)
    ]
    units = [
        UnitCost(day, group, None if day.day in {4, 5} else Decimal(day.day) / 1000) for day in DAYS for group in "ab"
    ]
    return {
        "bridge": invoice_bridge(PARTS, INVOICED, "USD"),
        "trend": cost_trend(costs, "USD"),
        "units": unit_cost_trend(units, "USD per 1k inferences"),
        "movers": top_movers(
            [Move("digits", Decimal(100), Decimal(310)), Move("new one", Decimal(0), Decimal(4))], "USD"
        ),
        "budgets": budgets(
            [
                BudgetState("prod", Decimal(5000), Decimal("3120.5"), Decimal(3900), Decimal(4800)),
                BudgetState("team search", Decimal(1000), Decimal(1240)),
            ],
            "USD",
        ),
    }

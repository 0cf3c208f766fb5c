"""A month of the ledger, as the Cost page shows it: one bill, one adjustment, and a closing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from fairlead.domain.ledger import Basis, Charge
from fairlead.flows.budgets import BudgetReport
from fairlead.flows.foresight.month_ahead import MonthAhead, month_ahead
from fairlead.flows.ledger.closing import Closing
from fairlead.flows.ledger.overview import CostOverview
from fairlead.meter.budget import BudgetStanding, Holder, State, month_of
from fairlead.meter.ledger.movers import Mover
from fairlead.meter.ledger.report import Bridge, BridgePart, LedgerRow, SourceState
from tests.unit.web import sample

__all__ = ["ahead", "budgets", "lines", "overview"]

_AMOUNTS = {"assistant": "61.20", "": "12.000000000001", "<b>bold</b>": "3.5"}


def overview(month: str = "2026-10", basis: Basis = Basis.EFFECTIVE) -> CostOverview:
    """The month before the sample's moment, closed."""
    parts = (
        BridgePart(Charge.USED, Decimal("64.70"), 3),
        BridgePart(Charge.IDLE, Decimal("9.30"), 1),
        BridgePart(Charge.CREDIT, Decimal("-2.00"), 1),
        BridgePart(Charge.UNALLOCATED, Decimal("12.000000000001"), 4),
        BridgePart(Charge.RESIDUAL, Decimal(0), 0),
    )
    days = tuple(_row({"day": f"{month}-{day:02d}", "charge": "used"}, str(day)) for day in range(1, 29))
    return CostOverview(
        month=month,
        months=("2026-11", "2026-10"),
        basis=basis,
        bridges=(Bridge("USD", Decimal("84.000000000001"), parts),),
        by={name: tuple(_row({name: key}, amount) for key, amount in _AMOUNTS.items()) for name in _BY},
        days=days,
        units=tuple(_row({"day": row.key["day"]}, "1", unit_cost="0.02") for row in days),
        moved=(
            Mover("assistant", "USD", Decimal(40), Decimal("61.20")),
            Mover("ranker", "USD", Decimal(9), Decimal(0)),
        ),
        sources=(
            SourceState("aws", f"{month}-01", "", sample.NOW - timedelta(days=3), 471, closed=True),
            SourceState("aws", f"{month}-01", "2026-09-01", sample.NOW - timedelta(hours=2), 2, closed=True),
        ),
        closed=Closing(month, sample.NOW - timedelta(days=1), "Ada", {"aws": 4}),
    )


def budgets() -> BudgetReport:
    """One within, one beyond, one of which nobody knows."""

    def budget(name: str, spent: str | None, state: State, reason: str = "") -> BudgetStanding:
        known = None if spent is None else Decimal(spent)
        return BudgetStanding(
            Holder.TEAM, name, "USD", Decimal(100), known, Decimal(5), known, "run rate", known, state, None, reason
        )

    return BudgetReport(
        "2026-11",
        "USD",
        (
            budget("search", "61.2", State.OK),
            budget("chat", "140", State.OVER),
            budget("lab", None, State.INSUFFICIENT, "a charge has no price"),
        ),
    )


def ahead(report: BudgetReport) -> tuple[MonthAhead, ...]:
    """Two months of spend with cheap weekends, for each budget that knows what was spent."""
    days = {date(2026, 10, 1) + timedelta(days=place): Decimal(1 if place % 7 < 2 else 3) for place in range(53)}
    month = month_of(sample.NOW)
    whole = sum(amount for day, amount in days.items() if day >= month.start.date())

    def scaled(spent: Decimal) -> dict[date, Decimal]:
        return {day: amount * spent / whole for day, amount in days.items()}

    return tuple(
        month_ahead(each, scaled(each.spent), month, max(days)) for each in report.budgets if each.spent is not None
    )


def lines() -> tuple[LedgerRow, ...]:
    """Lines behind a figure."""
    key = dict.fromkeys(("charge", "day", "model", "customer", "team", "resource", "service", "rule"), "")
    return tuple(_row({"line": f"{place:064x}", **key, "team": "search"}, "1.5") for place in range(3))


_BY = ("model", "customer", "team")


def _row(key: dict[str, str], amount: str, *, unit_cost: str = "") -> LedgerRow:
    known = Decimal(unit_cost) if unit_cost else None
    return LedgerRow(key, Decimal(amount), "USD", 2, {"inferences": Decimal(1200)}, unit_cost=known)

"""Where the month of each budget goes from here: spend by day, and a forecast of its sum with intervals to its end.

Beside `fairlead budget`, whose landing is a run rate. Forecasts are made of days that are over, so they change once a
day, or where a bill does, and are remembered by what they are made of. NumPy is imported with the first of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate

from fairlead.flows.budget_spending import spending_by_day
from fairlead.flows.budgets import BudgetReport
from fairlead.flows.declared import declared_workspace
from fairlead.flows.world import World
from fairlead.meter.budget import BudgetStanding, Month, month_of

__all__ = ["FEWEST_DAYS", "Ahead", "MonthAhead", "month_ahead", "months_ahead"]

FEWEST_DAYS = 3
"""Days that must be over before their sum is forecast."""

_BEFORE = timedelta(days=92)
_WEEK = 7
_WEEKS_KNOWN = 3 * _WEEK
_LEVELS = (80.0, 95.0)
_CENT = Decimal("0.01")

Span = tuple[int | None, int | None]
"""First and last of what an interval holds; None where that lies beyond the month."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Running sums of the month, one per day to come, with intervals by level in percent.

    `breaks` is the day on which the budget is exceeded, counted from 0; None for not in this month. `low`, `high` and
    `between` lack a level that too short a past cannot back.
    """

    expected: tuple[Decimal, ...]
    low: Mapping[float, tuple[Decimal, ...]]
    high: Mapping[float, tuple[Decimal, ...]]
    breaks: int | None
    between: Mapping[float, Span]
    forecaster: str


@dataclass(frozen=True, slots=True)
class MonthAhead:
    """A budget's month, which has `days`.

    `spent` are running sums of the days from its first that are over and known; `ahead` is None where too few are.
    """

    budget: BudgetStanding
    start: date
    days: int
    spent: tuple[Decimal, ...]
    ahead: Ahead | None


def months_ahead(world: World, report: BudgetReport) -> tuple[MonthAhead, ...]:
    """Of every budget of this month of which it is known what was spent."""
    known = [each for each in report.budgets if each.spent is not None]
    workspace = declared_workspace(world)
    if not known or workspace is None:
        return ()
    month = month_of(world.clock.now())
    span = Month(month.start - _BEFORE, month.end, month.now)
    by_day = spending_by_day(world, workspace, span, report.currency)
    today = month.now.date()
    over = max((day for days in by_day.values() for day in days if day < today), default=None)
    return tuple(month_ahead(each, by_day.get((each.holder, each.name), {}), month, over) for each in known)


def month_ahead(budget: BudgetStanding, days: Mapping[date, Decimal], month: Month, over: date | None) -> MonthAhead:
    """Of one budget, from what was charged by day. `over` is the newest day of which anything is known, before today.

    A day before it without a charge cost nothing: bills that are late are late for all.
    """
    start, length = month.start.date(), (month.end - month.start).days
    spend = tuple(days.get(day, Decimal(0)) for day in _days(start, over))
    known = [day for day in days if day < start]
    # The first day of all was hardly a whole one.
    before = tuple(days.get(day, Decimal(0)) for day in _days(min(known), start)[1:-1]) if known else ()
    ahead = None
    if len(spend) + len(before) >= FEWEST_DAYS:
        ahead = _ahead(spend, before, length - len(spend), budget.budget)
    return MonthAhead(budget, start, length, tuple(accumulate(spend)), ahead)


def _days(first: date, last: date | None) -> list[date]:
    """All days from the first to the last one; none where that lies before it."""
    length = (last - first).days + 1 if last is not None else 0
    return [first + timedelta(days=number) for number in range(length)]


@lru_cache(maxsize=256)
def _ahead(spend: tuple[Decimal, ...], before: tuple[Decimal, ...], left: int, budget: Decimal) -> Ahead:
    import numpy as np

    from fairlead.foresee.landing import land

    seasons = (_WEEK,) if len(spend) + len(before) >= _WEEKS_KNOWN else ()
    landed = land(spend, left, before=before, budget=budget, seasons=seasons, levels=_LEVELS)
    paths = landed.ahead
    if paths is None:
        return Ahead((), {}, {}, landed.crossing.expected if landed.crossing else None, {}, landed.forecaster)
    around = {level: paths.around(level) for level in landed.low}

    def sums(path: object) -> tuple[Decimal, ...]:
        return tuple(landed.spent + Decimal(float(each)).quantize(_CENT) for each in np.asarray(path))

    crossing = landed.crossing
    return Ahead(
        expected=sums(paths.expected),
        low={level: sums(low) for level, (low, _) in around.items()},
        high={level: sums(high) for level, (_, high) in around.items()},
        breaks=crossing.expected if crossing else None,
        between={level: (crossing.soonest[level], crossing.latest[level]) for level in around if crossing},
        forecaster=landed.forecaster,
    )

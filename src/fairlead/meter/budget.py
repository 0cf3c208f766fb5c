"""Pure: where a budget stands in its month. What is spent, what is still promised, where the month will land."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from fairlead.domain.budget import Action, Budget, Threshold
from fairlead.domain.price_book import Commitment
from fairlead.kernel.money import added, from_pico, plain, round_to_pico

__all__ = [
    "BudgetStanding",
    "Holder",
    "Landing",
    "Month",
    "Spent",
    "State",
    "landing",
    "month_of",
    "remaining",
    "standing",
]

_LEAST_DAYS = 3
"""A run rate of less than so many measured days says more of those days than of the month."""

_DAY = 86_400


class Holder(StrEnum):
    """Whose budget it is."""

    MODEL = "model"
    ENVIRONMENT = "environment"
    TEAM = "team"
    CUSTOMER = "customer"


class State(StrEnum):
    """Where a budget stands: within it, at a threshold, beyond it, or not known."""

    OK = "ok"
    WARN = "warn"
    OVER = "over"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, UTC, seen at a moment in it."""

    start: datetime
    end: datetime
    now: datetime


def month_of(now: datetime) -> Month:
    """The calendar month of a moment."""
    start = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return Month(start, end, now)


@dataclass(frozen=True, slots=True)
class Spent:
    """What was measured this month, in `[since, until)`.

    `amount` is what of it is known; where there is more, `unknown` says why nobody can tell how much.
    """

    amount: Decimal
    since: datetime
    until: datetime
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Landing:
    """What the month will come to. `amount` None where too little is measured; `method` says how or why not."""

    amount: Decimal | None
    method: str


@dataclass(frozen=True, slots=True)
class BudgetStanding:
    """One budget, now. Amounts are exact, in `currency`; None is not known, and never zero.

    `committed` is what is still to be paid of commitments this month; `used_percent` is spent and committed over the
    budget, for show; `action` is the strongest of the thresholds that are reached, `strongest` of all. `least` is what
    is known of `spent`: less than all of it where `unknown` says why the rest is not.
    """

    holder: Holder
    name: str
    currency: str
    budget: Decimal
    spent: Decimal | None
    committed: Decimal
    landing: Decimal | None
    method: str
    used_percent: Decimal | None
    state: State
    action: Action | None
    reason: str = ""
    strongest: Action | None = None
    least: Decimal | None = None
    unknown: str = ""


def remaining(commitment: Commitment, month: Month) -> Decimal:
    """What is still to be paid of a commitment from now to the end of the month, to 10^-12, ties to even.

    units x price for each hour that is left, and the share of `upfront` that these hours are of the whole term.
    """
    since, until = _midnight(commitment.since), _midnight(commitment.until)
    begin, end = max(month.now, month.start, since), min(month.end, until)
    if end <= begin:
        return Decimal(0)
    left, term = _seconds(begin, end), _seconds(since, until)
    hourly = Fraction(commitment.units) * Fraction(commitment.price) * left / 3600
    return from_pico(round_to_pico(hourly + Fraction(commitment.upfront) * left / term))


def landing(spent: Spent | None, month: Month) -> Landing:
    """Spent, and the run rate of the measured time for the rest of the month."""
    if spent is None or spent.unknown:
        return Landing(None, "insufficient: nothing is measured" if spent is None else f"insufficient: {spent.unknown}")
    measured = _seconds(max(spent.since, month.start), min(spent.until, month.now))
    days = _days(measured)
    if measured < _LEAST_DAYS * _DAY:
        return Landing(None, f"insufficient: {days} days are measured, and {_LEAST_DAYS} are needed")
    left = _seconds(min(spent.until, month.now), month.end)
    amount = Fraction(spent.amount) * (1 + Fraction(left, measured))
    method = f"run rate of {days} measured days for the {_days(left)} days that are left"
    return Landing(from_pico(round_to_pico(amount)), method)


def standing(
    holder: Holder,
    name: str,
    currency: str,
    budget: Budget,
    spent: Spent | None,
    commitments: Iterable[Commitment],
    month: Month,
) -> BudgetStanding:
    """Where a budget stands. `spent` None: nothing is measured of it this month, and that is said."""
    committed = sum((remaining(each, month) for each in commitments), Decimal(0))
    least, unknown = (spent.amount, spent.unknown) if spent is not None else (None, "")
    known = None if unknown else least
    used = added((least or Decimal(0), committed))
    lands = landing(spent, month)
    reached = [each for each in budget.thresholds if used > 0 and used * 100 >= each.percent * budget.monthly]
    top = max(reached, key=lambda each: (each.percent, _WEIGHT[each.action]), default=None)
    state, reason = _state(budget, used, spent, reached=top is not None)
    return BudgetStanding(
        holder=holder,
        name=name,
        currency=currency,
        budget=budget.monthly,
        spent=known,
        committed=committed,
        landing=None if lands.amount is None else max(lands.amount, used),
        method=lands.method if lands.amount is None or lands.amount >= used else "what is spent and committed already",
        used_percent=_percent(used, budget.monthly) if known is not None or used else None,
        state=state,
        action=_strongest(reached),
        reason=reason or (f"{plain(top.percent)} % of the budget is used" if top else ""),
        strongest=_strongest(budget.thresholds),
        least=least,
        unknown=unknown,
    )


_WEIGHT: dict[Action, int] = {"warn": 1, "gate": 2, "hold": 3}


def _strongest(thresholds: Iterable[Threshold]) -> Action | None:
    return max((each.action for each in thresholds), key=lambda action: _WEIGHT[action], default=None)


def _state(budget: Budget, used: Decimal, spent: Spent | None, *, reached: bool) -> tuple[State, str]:
    """What is known may be too much already although not all is known; it is never enough to say that all is well."""
    if used > budget.monthly:
        return State.OVER, "more is spent or committed than there is"
    if spent is None:
        return State.INSUFFICIENT, "nothing is measured this month"
    if spent.unknown:
        return State.INSUFFICIENT, spent.unknown
    return (State.WARN, "") if reached else (State.OK, "")


def _percent(used: Decimal, budget: Decimal) -> Decimal | None:
    return None if not budget else Decimal(round(Fraction(used) / Fraction(budget) * 1000)) / 10


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _seconds(since: datetime, until: datetime) -> Fraction:
    span = until - since
    return Fraction(max(span.days * _DAY * 1_000_000 + span.seconds * 1_000_000 + span.microseconds, 0), 1_000_000)


def _days(seconds: Fraction) -> str:
    return plain(Decimal(round(seconds / _DAY * 10)) / 10)

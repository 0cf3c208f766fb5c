"""Where a budget stands: exact amounts, thresholds, and a landing that says how it was found or why it is not known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.budget import Budget, Threshold
from fairlead.domain.price_book import Commitment
from fairlead.meter.budget import BudgetStanding, Holder, Spent, State, landing, month_of, remaining, standing

NOON = datetime(2026, 11, 11, tzinfo=UTC)
MONTH = month_of(NOON)
"""Ten days of thirty have passed."""


def spent(amount: str | None, days: float = 10, unknown: str = "") -> Spent:
    """So much, measured in the last days."""
    unknown = "something has no price" if amount is None else unknown
    return Spent(Decimal(amount or 0), NOON - timedelta(days=days), NOON, unknown)


def stand(amount: Spent | None, *commitments: Commitment, monthly: str = "300", **other: Any) -> BudgetStanding:  # noqa: ANN401
    """A model's budget."""
    return standing(
        Holder.MODEL, "digits", "USD", Budget(monthly=Decimal(monthly), **other), amount, commitments, MONTH
    )


def commitment(**other: Any) -> Commitment:  # noqa: ANN401 - fields of the declaration
    """Half a dollar an hour, for a year."""
    plain = {"name": "plan", "what": "a plan", "price": "0.5", "since": date(2026, 1, 1), "until": date(2027, 1, 1)}
    return Commitment(**{**plain, **other})


def test_the_month_is_of_the_calendar_in_utc() -> None:
    """Wherever the clock stands, and in December too."""
    assert (MONTH.start, MONTH.end) == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    late = month_of(datetime.fromisoformat("2026-12-31T23:30:00-05:00"))
    assert (late.start.year, late.start.month, late.end.month) == (2027, 1, 2)
    assert month_of(datetime(2026, 12, 31, tzinfo=UTC)).end == datetime(2027, 1, 1, tzinfo=UTC)


def test_the_landing_is_the_run_rate_of_what_was_measured() -> None:
    """Spent in the measured days, and as much a day for those that are left."""
    assert landing(spent("100"), MONTH).amount == Decimal(300)
    found = landing(spent("100", days=5), MONTH)
    assert found.amount == Decimal(500)
    assert found.method == "run rate of 5 measured days for the 20 days that are left"


@pytest.mark.parametrize("amount", [None, spent(None), spent("100", days=2.9), spent("0", days=0)])
def test_too_little_lands_nowhere(amount: Spent | None) -> None:
    """It is never zero: it is insufficient, and says why."""
    found = landing(amount, MONTH)
    assert found.amount is None
    assert found.method.startswith("insufficient: ")


@pytest.mark.parametrize(
    ("amount", "state", "action"),
    [
        ("239.99", "ok", None),
        ("240", "warn", "warn"),
        ("300", "warn", "gate"),
        ("300.01", "over", "gate"),
        ("0", "ok", None),
    ],
)
def test_thresholds_warn_at_eighty_and_shut_the_gate_at_a_hundred(amount: str, state: str, action: str | None) -> None:
    """Where nothing else is declared; what is used up to the last cent is not over yet."""
    found = stand(spent(amount))
    assert (found.state.value, found.action) == (state, action)


def test_thresholds_may_be_declared() -> None:
    """The strongest of those that are reached holds, in whatever order they stand."""
    steps = (Threshold(percent=Decimal(50), action="hold"), Threshold(percent=Decimal(70), action="warn"))
    assert stand(spent("149"), thresholds=steps).action is None
    assert stand(spent("220"), thresholds=steps).action == "hold"
    assert stand(spent("9999"), thresholds=()).action is None


def test_what_is_not_known_is_never_well() -> None:
    """It is insufficient, with the reason; what is promised alone may be too much already."""
    nothing, unpriced = stand(None), stand(spent(None))
    assert (nothing.state, nothing.spent, nothing.used_percent) == (State.INSUFFICIENT, None, None)
    assert nothing.reason == "nothing is measured this month"
    assert (unpriced.state, unpriced.reason) == (State.INSUFFICIENT, "something has no price")
    promised = stand(None, commitment(price="1"))
    assert (promised.state, promised.committed) == (State.OVER, Decimal(480))


def test_what_is_known_counts_where_some_is_not() -> None:
    """A threshold that the known part reaches is reached, and nothing is shown as the whole."""
    hold = (Threshold(percent=Decimal(100), action="hold"), Threshold(percent=Decimal(50), action="warn"))
    found = stand(spent("10000", unknown="something is charged in EUR"), thresholds=hold)
    assert (found.state, found.action, found.spent, found.least) == (State.OVER, "hold", None, Decimal(10000))
    some = stand(spent("200", unknown="something is charged in EUR"), thresholds=hold)
    assert (some.state, some.action, some.strongest) == (State.INSUFFICIENT, "warn", "hold")
    assert (some.reason, some.unknown, some.landing) == (some.unknown, "something is charged in EUR", None)


def test_commitments_are_what_is_still_to_be_paid() -> None:
    """Hours that are left of the month within the term, and their share of what was paid at once."""
    assert remaining(commitment(), MONTH) == Decimal(240)
    assert remaining(commitment(units="2.5"), MONTH) == Decimal(600)
    assert remaining(commitment(until=date(2026, 11, 21)), MONTH) == Decimal(120)
    assert remaining(commitment(since=date(2026, 11, 29)), MONTH) == Decimal(24)
    assert remaining(commitment(until=date(2026, 11, 11)), MONTH) == 0
    assert remaining(commitment(since=date(2026, 12, 1)), MONTH) == 0
    assert remaining(commitment(price=0, upfront="365"), MONTH) == Decimal(20)


def test_what_is_promised_counts_as_used() -> None:
    """A month lands no lower than what is spent and promised."""
    found = stand(spent("30"), commitment())
    assert (found.used_percent, found.state, found.action) == (Decimal(90), State.WARN, "warn")
    assert found.landing == Decimal(270)
    assert found.method == "what is spent and committed already"


@given(
    st.decimals(0, 10**6, places=6),
    st.integers(0, 60 * 24 * 30 - 1),
    st.integers(1, 10**5),
    st.decimals(0, 9, places=9),
)
def test_a_commitment_is_paid_once(upfront: Decimal, minutes: int, units: int, price: Decimal) -> None:
    """What is left at any moment is the share of the whole that the time left is, to a billionth."""
    whole = commitment(upfront=upfront, units=units, price=price, since=date(2026, 11, 1), until=date(2026, 12, 1))
    start, later = month_of(MONTH.start), month_of(MONTH.start + timedelta(minutes=minutes))
    total = remaining(whole, start)
    assert abs(total - (upfront + units * price * 720)) <= Decimal("1e-12")
    left = remaining(whole, later)
    share = Decimal(60 * 24 * 30 - minutes) / Decimal(60 * 24 * 30)
    assert abs(left - total * share) <= Decimal("1e-9")

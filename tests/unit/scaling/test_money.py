"""The ceiling of money: what an hourly and a monthly budget pay for, and what a lost state may not spend again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from fairlead.domain.scaling import Scaling, ScalingBudget
from fairlead.flows.scaling.money import Spent, ceiling, spent_on

STEP = timedelta(seconds=30)
HOUR = Decimal("0.5")


def scaling(**budget: str) -> Scaling:
    """A scaler with a budget."""
    given = {name: Decimal(amount) for name, amount in budget.items()}
    return Scaling(min=1, max=10, budget=ScalingBudget(**given))


def test_by_the_hour() -> None:
    """As many replicas as an hour's money pays for, rounded down."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert ceiling(scaling(hourly="1.99"), HOUR, Spent(), now, STEP) == 3
    assert ceiling(Scaling(), HOUR, Spent(), now, STEP) is None


def test_by_the_month_the_fewest_are_paid_to_its_end() -> None:
    """What is left beyond the fewest replicas may be used now; at the end of it the fewest remain."""
    now, spent = datetime(2026, 11, 1, tzinfo=UTC), Spent("2026-11")
    budget = scaling(monthly="400")  # 360 for one replica in 720 hours
    total = Decimal(0)
    while now < datetime(2026, 12, 1, tzinfo=UTC):
        most = min(ceiling(budget, HOUR, spent, now, timedelta(hours=1)) or 0, 10)
        assert most >= 1
        now += timedelta(hours=1)
        total += most * HOUR
        spent = spent.with_more(now - timedelta(microseconds=1), most, timedelta(hours=1))
        assert spent_on(spent.replica_ms, HOUR) == total
    assert Decimal(399) < total <= Decimal(400)


def test_a_new_month_begins_anew() -> None:
    """What ran before it does not count."""
    spent = Spent("2026-11", 10**12)
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert ceiling(scaling(monthly="400"), HOUR, spent, december, STEP) == ceiling(
        scaling(monthly="400"), HOUR, Spent("2026-12"), december, STEP
    )
    assert spent.with_more(december, 2, STEP) == Spent("2026-12", 60_000)


def test_after_the_loss_of_the_state_a_part_counts_as_spent() -> None:
    """Nobody knows what ran: the part of the month that is over has used its part of the money."""
    now = datetime(2026, 11, 16, tzinfo=UTC)
    spent = Spent.unknown(now, scaling(monthly="400"), HOUR)
    assert spent_on(spent.replica_ms, HOUR) == 200
    assert Spent.unknown(now, Scaling(), HOUR) == Spent("2026-11")

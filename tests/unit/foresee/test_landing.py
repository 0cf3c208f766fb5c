"""Landing a month's spend: the spent part is exact, bounds nest, more budget never breaks sooner."""

from __future__ import annotations

import itertools
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.foresee.landing import Crossing, Landing, land

LEVELS = (50.0, 80.0, 95.0)
MONEY = st.decimals(min_value=0, max_value=10_000, places=6, allow_nan=False, allow_infinity=False)
SPEND = st.lists(MONEY, min_size=1, max_size=29)


def landed(spend: list[Decimal], left: int, budget: Decimal | None = None, past: int = 60, seed: int = 0) -> Landing:
    """Land with a past of ordinary days."""
    days = np.random.default_rng(seed).uniform(80, 120, past)
    before = [Decimal(str(round(day, 2))) for day in days.tolist()]
    return land(spend, left, before=before, budget=budget, seasons=(7,), levels=LEVELS)


@given(SPEND, st.integers(0, 20))
@settings(deadline=None, max_examples=15)
def test_what_was_spent_is_exact_and_is_the_least(spend: list[Decimal], left: int) -> None:
    """The spent part is the sum of the decimals to the last place, and no bound is below it."""
    landing = landed(spend, left)
    assert landing.spent == sum(spend, Decimal(0))
    assert all(landing.spent <= low <= landing.expected <= landing.high[level] for level, low in landing.low.items())


@given(SPEND, st.integers(1, 20), MONEY)
@settings(deadline=None, max_examples=15)
def test_bounds_nest(spend: list[Decimal], left: int, budget: Decimal) -> None:
    """A wider level holds a narrower one, of the landing and of the step that breaks the budget."""
    landing = landed(spend, left, budget)
    assert landing.crossing is not None
    for narrow, wide in itertools.pairwise(LEVELS):
        assert landing.low[wide] <= landing.low[narrow] <= landing.high[narrow] <= landing.high[wide]
        soonest, latest = landing.crossing.soonest, landing.crossing.latest
        assert later(soonest[wide]) <= later(soonest[narrow]) <= later(latest[narrow]) <= later(latest[wide])


@given(SPEND, MONEY, MONEY)
@settings(deadline=None, max_examples=15)
def test_more_budget_never_breaks_sooner(spend: list[Decimal], budget: Decimal, more: Decimal) -> None:
    """Expected, soonest and latest break move on, or out of the month, as the budget grows."""
    small, large = landed(spend, 10, budget).crossing, landed(spend, 10, budget + more).crossing
    assert small is not None
    assert large is not None
    assert later(small.expected) <= later(large.expected)
    assert all(later(small.soonest[level]) <= later(large.soonest[level]) for level in LEVELS)
    assert all(later(small.latest[level]) <= later(large.latest[level]) for level in LEVELS)


def test_a_steady_spend_lands_where_it_must() -> None:
    """Ten a day, ten days of thirty gone: 300, for certain, and a budget of 255 breaks on the 26th day."""
    landing = land([Decimal(10)] * 10, 20, before=[Decimal(10)] * 60, budget=Decimal(255), seasons=(7,))
    assert landing.expected == landing.low[95.0] == landing.high[95.0] == Decimal(300)
    assert landing.crossing == Crossing(25, {80.0: 25, 95.0: 25}, {80.0: 25, 95.0: 25})


def test_a_budget_that_is_gone_broke_when_it_did() -> None:
    """What is known needs no forecast: the very step, at every level; reaching the budget is not yet breaking it."""
    spend = [Decimal("1.10"), Decimal("1.10"), Decimal("0.01")]
    crossing = land(spend, 27, budget=Decimal("2.20")).crossing
    assert crossing == Crossing(2, {80.0: 2, 95.0: 2}, {80.0: 2, 95.0: 2})
    assert land(spend, 0, budget=Decimal("2.21")).crossing == Crossing(
        None, {80.0: None, 95.0: None}, {80.0: None, 95.0: None}
    )


def test_the_interval_holds_what_comes() -> None:
    """Over many months like the past ones, 80 % intervals of the sum hold about 80 % of the sums."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(60):
        days = [Decimal(str(round(day, 2))) for day in rng.lognormal(3, 0.5, 120).tolist()]
        landing = land(days[90:105], 15, before=days[:90], seasons=(7,))
        held += landing.low[80.0] <= sum(days[90:], Decimal(0)) <= landing.high[80.0]
    assert held / 60 == pytest.approx(0.8, abs=0.12)


def test_a_young_series_claims_no_interval() -> None:
    """With too few days to try sums on, a level lacks rather than being made up."""
    landing = land([Decimal(5)] * 3, 27)
    assert landing.expected == Decimal(150)
    assert landing.low == landing.high == {}


def test_nothing_to_go_by_is_refused() -> None:
    """No step at all, and a month with less than nothing left, are the caller's mistakes."""
    with pytest.raises(ValueError, match="at least one step"):
        land([], 10)
    with pytest.raises(ValueError, match="-1 steps"):
        land([Decimal(1)], -1)


def later(step: int | None) -> float:
    """A step's place in time, with never at its end."""
    return float("inf") if step is None else step

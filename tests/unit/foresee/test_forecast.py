"""Forecasts of a batch: members, choice, intervals and rows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairlead.foresee.forecast import OWN_FORECASTERS, forecast_panel
from fairlead.foresee.forecasters.base import Forecaster, Panel
from fairlead.foresee.forecasters.naive import Drift, LastValue, SeasonalNaive
from fairlead.foresee.forecasters.ridge import GlobalRidge
from fairlead.foresee.rows import forecast_columns, forecast_rows


def daily(count: int, *, days: int = 20, seed: int = 0, noise: float = 0.1) -> tuple[NDArray[np.float64], ...]:
    """Hourly series with a day's shape, a level of their own and some noise."""
    rng = np.random.default_rng(seed)
    hours = np.arange(24 * days)
    shape = 2 + np.sin(hours * 2 * np.pi / 24)
    return tuple(
        rng.uniform(1, 100) * (shape + noise * rng.standard_normal(len(hours))).clip(0.1) for _ in range(count)
    )


@pytest.mark.parametrize("member", OWN_FORECASTERS, ids=lambda member: str(member.name))
@pytest.mark.parametrize("values", [[3.0], [0.0, 0.0, 0.0], [5.0] * 200, [-1.0, 4.0], list(range(300))])
def test_every_member_answers_for_every_history(member: Forecaster, values: list[float]) -> None:
    """One point, zeros, a constant, a negative and a long ramp: finite numbers of the right shape."""
    panel = Panel((np.array(values, dtype=np.float64),), (24,))
    forecast = member.fit(panel, 5).predict(panel)
    assert forecast.shape == (1, 5)
    assert np.isfinite(forecast).all()


@pytest.mark.parametrize("member", OWN_FORECASTERS, ids=lambda member: str(member.name))
def test_a_constant_stays_constant(member: Forecaster) -> None:
    """What never changed is forecast not to change."""
    panel = Panel((np.full(300, 7.0),), (24,))
    np.testing.assert_allclose(member.fit(panel, 30).predict(panel), 7.0, rtol=1e-6)


def test_seasonal_naive_repeats_the_season_and_last_value_the_value() -> None:
    """The two yardsticks are what their names say."""
    panel = Panel((np.arange(48.0),), (24,))
    np.testing.assert_array_equal(SeasonalNaive().fit(panel, 30).predict(panel)[0, [0, 23, 24]], [24, 47, 24])
    np.testing.assert_array_equal(LastValue().fit(panel, 2).predict(panel), [[47, 47]])


def test_the_better_member_is_chosen_by_backtest() -> None:
    """Seasonal data are not given the last value, and the table of errors says why."""
    answer = forecast_panel(Panel(daily(12), (24,)), 24)
    choice = answer.choices[0]
    assert choice is not None
    errors = dict(choice.errors)
    assert answer.forecasters[0] == min(errors, key=errors.__getitem__) != "last-value"


def test_the_future_does_not_reach_the_forecast() -> None:
    """What follows the end of the history changes nothing."""
    panel = Panel(daily(6), (24,))
    changed = Panel(tuple(np.concatenate([history[:-24], np.full(24, 1e9)]) for history in panel.values), (24,))
    np.testing.assert_array_equal(forecast_panel(panel.until(24), 24).mean, forecast_panel(changed.until(24), 24).mean)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 5), st.integers(0, 10_000), st.floats(0.001, 1e6))
def test_intervals_nest_and_scale(count: int, seed: int, factor: float) -> None:
    """Wider levels contain narrower ones and the mean; a disguised (scaled) copy gets the same answer."""
    panel = Panel(daily(count, days=8, seed=seed), (24,))
    answer = forecast_panel(panel, 12, levels=(50, 80, 95))
    order = [answer.low[95], answer.low[80], answer.low[50], answer.mean, *(answer.high[k] for k in (50, 80, 95))]
    assert all((lower <= upper).all() for lower, upper in itertools.pairwise(order))
    scaled = forecast_panel(Panel(tuple(history * factor for history in panel.values), (24,)), 12, levels=(95,))
    np.testing.assert_allclose(scaled.mean, answer.mean * factor, rtol=1e-3)
    np.testing.assert_allclose(scaled.high[95], answer.high[95] * factor, rtol=1e-3)


def test_coverage_is_near_nominal() -> None:
    """On data whose future is like their past, 80 % intervals hold about 80 % of it."""
    panel = Panel(daily(40, days=16, noise=0.3), (24,))
    answer = forecast_panel(panel.until(24), 24)
    actual = np.stack([history[-24:] for history in panel.values])
    assert np.mean((actual >= answer.low[80]) & (actual <= answer.high[80])) == pytest.approx(0.8, abs=0.06)


def test_without_a_test_there_is_no_interval() -> None:
    """Series too short for a backtest get the last value and no bounds, rather than bounds that nothing backs."""
    answer = forecast_panel(Panel((np.array([1.0, 2.0]),), ()), 3)
    assert answer.forecasters == ("last-value",)
    assert np.isnan(answer.low[80]).all()


def test_rows_are_the_documented_csv() -> None:
    """Columns and cells are those of the contract; an unknown bound is an empty cell."""
    unknown = np.array([np.nan])
    bounds = {80.0: (np.array([1.0]), np.array([3.0])), 95.0: (unknown, unknown)}
    assert forecast_columns((80, 95)) == ("series", "time", "mean", "lo-80", "hi-80", "lo-95", "hi-95")
    rows = list(forecast_rows("cost", ["60"], np.array([2.0]), bounds))
    assert rows == [("cost", "60", "2", "1", "3", "", "")]


def test_a_choice_is_shown_against_the_yardsticks() -> None:
    """Last value and seasonal naive are tested beside whatever may be chosen, and are not chosen then."""
    choice = forecast_panel(Panel(daily(6, noise=0.5), (24,)), 24, forecasters=[Drift()]).choices[0]
    assert choice is not None
    assert (choice.place, choice.error) == (0, choice.error_of("drift"))
    assert choice.error_of("seasonal-naive") < choice.error_of("last-value")


def priced(count: int, *, seed: int = 3) -> Panel:
    """Daily demand that halves while a known price is raised, which it also will be in the days to come."""
    rng = np.random.default_rng(seed)
    price = (np.arange(150) // 15 % 2).astype(np.float64)
    base = [rng.uniform(50, 100) * np.exp(0.05 * rng.standard_normal(150)) * 0.5**price for _ in range(count)]
    return Panel(tuple(values[:135] for values in base), (7,), (price[:, None],) * count)


def test_a_known_price_change_is_counted_in() -> None:
    """Ridge forecasts the halved demand after a planned rise, and without the plan it cannot."""
    panel = priced(20)
    with_plan = GlobalRidge().fit(panel, 14).predict(panel)
    blind = Panel(panel.values, panel.seasons)
    level = np.array([history[-14:].mean() for history in panel.values])
    assert np.median(with_plan.mean(axis=1) / level) == pytest.approx(0.5, abs=0.05)
    assert np.median(GlobalRidge().fit(blind, 14).predict(blind).mean(axis=1) / level) > 0.6


def test_a_plan_must_reach_over_the_horizon() -> None:
    """Regressors that end before the forecast does are refused, with how much they lack."""
    with pytest.raises(ValueError, match="series 0 end 5 steps too early"):
        forecast_panel(priced(3), 20)
    with pytest.raises(ValueError, match="1 arrays of regressors for 2 series"):
        Panel((np.ones(3), np.ones(3)), (), (np.ones((4, 1)),))


def test_mostly_zero_series_are_not_forecast_to_be_zero() -> None:
    """The forecast of rare demand is its rate, which the mean of the coming steps is near to."""
    rng = np.random.default_rng(1)
    demand = tuple((rng.random(300) < 0.2) * rng.uniform(5, 15, 300) for _ in range(30))
    answer = forecast_panel(Panel(demand, (7,)), 14)
    assert answer.mean.mean() == pytest.approx(0.2 * 10, rel=0.15)
    assert (answer.low[80] >= 0).all()

"""The fan of a budget's month: where it lands with its intervals, when the budget breaks, and when it says neither."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from starlette.testclient import TestClient

from fairlead.flows.foresight.month_ahead import MonthAhead, month_ahead
from fairlead.meter.budget import BudgetStanding, Holder, State, month_of
from fairlead.show.web.budget_fan import budget_fan
from tests.unit.web.sample_ledger import budgets

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
FIRST = date(2026, 9, 1)


def month(budget: str = "70", spent: str = "41", days: Iterable[int] = range(78)) -> MonthAhead:
    """A month whose days cost 3, and 1.5 at weekends, known from `days` after 1 September on to yesterday."""
    standing = BudgetStanding(
        Holder.TEAM, "search", "USD", Decimal(budget), Decimal(spent), Decimal(0), None, "", None, State.OK, None
    )
    known = {day: Decimal("1.5") if day.weekday() > 4 else Decimal(3) for day in map(_day, days)}
    return month_ahead(standing, known, month_of(NOW), max(known, default=None))


def _day(place: int) -> date:
    return FIRST + timedelta(days=place)


def test_intervals_nest_and_sums_never_fall() -> None:
    """The wider level holds the narrower one, at every day to the month's end."""
    found = month()
    assert found.ahead is not None
    assert len(found.spent) + len(found.ahead.expected) == found.days == 30
    ahead = found.ahead
    assert list(ahead.expected) == sorted(ahead.expected)
    assert set(ahead.low) == {80, 95}
    for place, expected in enumerate(ahead.expected):
        lows, highs = ([side[level][place] for level in (95, 80)] for side in (ahead.low, ahead.high))
        assert lows[0] <= lows[1] <= expected <= highs[1] <= highs[0]


def test_the_day_on_which_it_breaks_is_said_and_marked() -> None:
    """The days are weekly and known: 43.50 by the 17th, and 70.50 by the 27th."""
    fan = budget_fan(month("70"))
    assert fan.of.spent[-1] == Decimal("43.5")
    assert fan.sentence.startswith("the month is expected to land at 76.50 USD (80 %: ")
    assert "the budget of 70.00 USD is expected to break on 27 Nov" in fan.sentence
    assert fan.breaks == pytest.approx(27 / 30 * 720, abs=0.1)
    assert [level for level, _ in fan.bands] == [95, 80]
    assert len(fan.rows) == 13


def test_a_budget_that_holds_or_is_used_up_says_so() -> None:
    """Used up on a day that is over, or today; a line that is already crossed is not marked again."""
    assert budget_fan(month("900")).sentence.endswith("the budget of 900.00 USD is expected to hold")
    over = budget_fan(month("20"))
    assert over.sentence.startswith("the budget of 20.00 USD was used up on 9 Nov; the month is expected to land at")
    assert over.breaks is None
    today = budget_fan(month("60", spent="61"))
    assert today.sentence.startswith("the budget of 60.00 USD was used up today; ")


def test_too_short_a_past_has_no_forecast_or_no_interval() -> None:
    """Without a day that is over there is none, and five days back no interval of 95 %."""
    assert budget_fan(month(days=())).sentence == (
        "41.00 of 70.00 USD is spent; 0 days are over, and 3 are needed for a forecast"
    )
    five = month(days=range(73, 78)).ahead
    assert five is not None
    assert 95 not in five.low


def test_what_was_forecast_is_remembered() -> None:
    """A page that is looked at again computes nothing anew."""
    assert month().ahead is month().ahead


def test_each_budget_has_its_fan_on_the_page(browser: TestClient) -> None:
    """With the budget as a line, the sentence, and the days as a table; one of which nothing is known has none."""
    page = browser.get("/cost").text
    assert 'id="fan-team-search"' in page
    assert 'id="fan-team-lab"' not in page
    assert page.count('class="limit"') == 2
    assert "the budget of 100.00 USD is expected to" in page
    assert [each.name for each in budgets().budgets] == ["search", "chat", "lab"]
    assert "As a table" in page


def test_no_request_waits_for_numpy() -> None:
    """It comes with the first forecast; the application starts without it."""
    program = "import sys; import fairlead.show.site.application; sys.exit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)

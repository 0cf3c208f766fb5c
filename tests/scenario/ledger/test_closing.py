"""A closed month never changes; what is found out later is booked later, and every earlier statement stays readable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.domain.journal import Actor
from fairlead.domain.ledger import Basis
from fairlead.flows.ledger.close import close
from fairlead.flows.ledger.closing import closings
from fairlead.kernel.errors import NotFoundError, UsageError
from fairlead.meter.ledger.question import CostQuestion
from fairlead.show.outputs.import_tables import import_view
from fairlead.show.outputs.table import Table
from tests.scenario.ledger.books import Books, open_books

RULES = """\
allocation:
  rules:
    - name: by-team
      match: {tags: {team: ["*"]}}
      assign: {team: "{tag:team}"}
"""

SEARCH, CHAT = ({"Tags": f'{{"team": "{team}"}}', "cost": cost} for team, cost in (("search", "10"), ("chat", "4.5")))
ADA = Actor("Ada")


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Books with October's first bill."""
    with open_books(tmp_path, RULES) as opened:
        opened.load(opened.bill("first.csv", SEARCH, CHAT))
        yield opened


def test_a_restated_bill_takes_the_place_of_the_earlier_one_which_stays_readable(books: Books) -> None:
    """The same period again replaces it; as of before, the first statement answers."""
    before = datetime.now(UTC)
    assert books.amounts("team") == {("search",): Decimal(10), ("chat",): Decimal("4.5")}
    (period,) = books.load(books.bill("second.csv", {**SEARCH, "cost": "12"}, CHAT)).periods
    assert period.replaced is not None
    assert period.replaced.sums["USD"]["BilledCost"] == Decimal(2)
    assert books.amounts("team") == {("search",): Decimal(12), ("chat",): Decimal("4.5")}
    assert books.amounts("team", as_of=before) == {("search",): Decimal(10), ("chat",): Decimal("4.5")}


def test_the_same_bill_twice_changes_nothing(books: Books) -> None:
    """Not a version, not a file."""
    version = [each.version for each in books.world.ledger.parts("bills")]
    assert books.load(books.bill("first.csv", SEARCH, CHAT)).unchanged
    assert [each.version for each in books.world.ledger.parts("bills")] == version


def test_a_late_change_of_a_closed_month_is_booked_in_the_next_open_one(books: Books) -> None:
    """October keeps its figures to the last digit; November has the difference, at the time of the charge."""
    close(books.world, "2026-10", ADA)
    frozen = books.amounts("team", period="2026-10")
    books.load(books.bill("late.csv", {**SEARCH, "cost": "12"}, CHAT))
    assert books.amounts("team", period="2026-10") == frozen
    assert books.amounts("team", period="2026-11") == {("search",): Decimal(2)}
    assert books.amounts("team", "month") == {
        ("search", "2026-10"): Decimal(12),
        ("chat", "2026-10"): Decimal("4.5"),
    }
    (adjusting,) = [each.part for each in books.world.ledger.parts("bills") if each.part.adjusts]
    assert (adjusting.period, adjusting.adjusts) == ("2026-11-01", "2026-10-01")


def test_an_import_says_where_a_closed_month_is_booked(books: Books) -> None:
    """The month that was imported is not the one that the difference is in, and the table says both."""
    close(books.world, "2026-10", ADA)
    told = [*import_view(books.load(books.bill("late.csv", {**SEARCH, "cost": "12"}, CHAT)))]
    (said,) = [each for each in told if isinstance(each, str)]
    assert said == "2026-10 of cloud is closed and stays as it is: the difference, 2 rows, is in 2026-11."
    tables = {each.title: each for each in told if isinstance(each, Table)}
    (row,) = tables["Billing periods"].rows
    assert row[0] == "2026-11-01, adjusts 2026-10-01"
    assert row[2] == "2.00 USD"
    assert "What changed most in 2026-10-01 of cloud, against the bill as it was closed" in tables
    (same,) = [each for each in import_view(books.load(books.bill("same.csv", SEARCH, CHAT))) if isinstance(each, str)]
    assert same == "2026-10 of cloud is closed, and this bill changes nothing of what is booked for it."


def test_a_late_change_is_changed_again_without_counting_twice(books: Books) -> None:
    """The adjustment in the open month is replaced; taking the change back leaves none."""
    close(books.world, "2026-10", ADA)
    books.load(books.bill("late.csv", {**SEARCH, "cost": "12"}, CHAT))
    assert books.load(books.bill("late.csv", {**SEARCH, "cost": "12"}, CHAT)).unchanged
    books.load(books.bill("later.csv", {**SEARCH, "cost": "13"}, CHAT))
    assert books.amounts("team", period="2026-11") == {("search",): Decimal(3)}
    books.load(books.bill("first.csv", SEARCH, CHAT))
    assert books.amounts("team", period="2026-11") == {}


def test_an_adjustment_of_a_month_that_is_closed_in_turn_stays_there(books: Books) -> None:
    """What November booked of October is closed with November; the next change goes into December."""
    close(books.world, "2026-10", ADA)
    books.load(books.bill("late.csv", {**SEARCH, "cost": "12"}, CHAT))
    books.clock.advance(timedelta(days=15))
    close(books.world, "2026-11", ADA)
    books.load(books.bill("later.csv", {**SEARCH, "cost": "13"}, CHAT))
    assert books.amounts("team", period="2026-11") == {("search",): Decimal(2)}
    assert books.amounts("team", period="2026-12") == {("search",): Decimal(1)}


def test_the_bridge_closes_in_every_month_and_over_all(books: Books) -> None:
    """Invoice and parts agree to the last digit, adjustments included."""
    close(books.world, "2026-10", ADA)
    books.load(books.bill("late.csv", {**SEARCH, "cost": "12.000000000000000000000001"}, CHAT))
    for period, invoiced in {
        "2026-10": "14.5",
        "2026-11": "2.000000000000000000000001",
        "": "16.500000000000000000000001",
    }.items():
        (bridge,) = books.cost(CostQuestion(period=period)).bridges
        assert bridge.invoiced == Decimal(invoiced)
        assert bridge.parts[-1].amount == 0


def test_rules_changed_after_the_closing_leave_the_closed_month_alone(books: Books) -> None:
    """Allocation of a closed month is a part of what was closed."""
    close(books.world, "2026-10", ADA)
    frozen = books.amounts("team", period="2026-10")
    text = (books.folder / "fairlead.yaml").read_text()
    (books.folder / "fairlead.yaml").write_text(text.replace('"{tag:team}"', "everybody"))
    books.commit("Give it all to everybody")
    assert books.amounts("team", period="2026-10") == frozen


def test_a_month_is_closed_by_the_rules_of_that_moment(books: Books) -> None:
    """Also where nobody had looked at its cost before."""
    close(books.world, "2026-10", ADA)
    text = (books.folder / "fairlead.yaml").read_text()
    (books.folder / "fairlead.yaml").write_text(text.replace('"{tag:team}"', "everybody"))
    books.commit("Give it all to everybody")
    assert books.amounts("team", period="2026-10") == {("search",): Decimal(10), ("chat",): Decimal("4.5")}


def test_what_a_late_statement_refuses_is_in_the_residual_of_the_month_it_is_booked_in(books: Books) -> None:
    """Once: what the closed bill refused already stays there."""
    close(books.world, "2026-10", ADA)
    bad = {"cost": "7", "ChargePeriodEnd": "rubbish"}
    books.load(books.bill("late.csv", SEARCH, CHAT, bad))
    (bridge,) = books.cost(CostQuestion(period="2026-11", basis=Basis.BILLED)).bridges
    assert bridge.parts[-1].amount == Decimal(7)
    (bridge,) = books.cost(CostQuestion(period="2026-10", basis=Basis.BILLED)).bridges
    assert bridge.parts[-1].amount == 0


def test_closing_is_written_down_once(books: Books) -> None:
    """Closing again answers as it was closed, and adds nothing to the journal."""
    first = close(books.world, "2026-10", ADA)
    books.clock.advance(timedelta(hours=1))
    assert close(books.world, "2026-10", Actor("Bo")) == first == closings(books.world.state)["2026-10"]
    assert len(books.world.state.records(kind="ledger.closed")) == 1


@pytest.mark.parametrize(
    ("period", "error"),
    [("2026-11", UsageError), ("October", UsageError), ("2026-13", UsageError), ("2026-09", NotFoundError)],
)
def test_what_cannot_be_closed_says_why(books: Books, period: str, error: type[Exception]) -> None:
    """A month that has not ended, what is no month, a month without a bill."""
    with pytest.raises(error):
        close(books.world, period, ADA)

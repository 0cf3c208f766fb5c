"""Budgets over imported bills: who is charged by the rules of allocation spends of the budget; nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.flows.budgets import budget_facts, budget_holds, budgets_now
from fairlead.meter.budget import BudgetStanding, State
from tests.scenario.ledger.books import Books, open_books

RULES = """\
priceBook:
  currency: USD
  commitments:
    - {name: savings, what: a plan, price: 0.125, from: 2026-01-01, to: 2027-01-01, team: research}
teams:
  - {name: research, budget: {monthly: 200}}
  - {name: search, models: [rank-*], budget: {monthly: 10}}
  - {name: idle, budget: {monthly: 5}}
customers:
  - {name: acme, budget: {monthly: 100}}
allocation:
  rules:
    - name: ranking
      match: {tags: {model: [rank-a]}}
      assign: {model: rank-a, customer: acme}
    - name: by-team
      match: {tags: {team: ["*"]}}
      assign: {team: "{tag:team}"}
"""


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """The twentieth of November; eleven days are left."""
    with open_books(tmp_path, RULES) as opened:
        yield opened


def _row(day: int, cost: str, tags: str, **other: str) -> dict[str, str]:
    return {
        "BillingPeriodStart": "2026-11-01T00:00:00Z",
        "BillingPeriodEnd": "2026-12-01T00:00:00Z",
        "ChargePeriodStart": f"2026-11-{day:02}T10:00:00Z",
        "ChargePeriodEnd": f"2026-11-{day:02}T11:00:00Z",
        "cost": cost,
        "Tags": tags,
        **other,
    }


_RESEARCH, _RANK = '{"team": "research"}', '{"model": "rank-a"}'


def _now(books: Books) -> dict[str, BudgetStanding]:
    return {each.name: each for each in budgets_now(books.world).budgets}


def test_charges_of_the_month_spend_of_the_budget(books: Books) -> None:
    """By the team that a line names, and where it names none by the model's; of October nothing."""
    november = [_row(day, "10", _RESEARCH) for day in range(10, 20)]
    books.load(books.bill("november.csv", *november, _row(18, "9", _RANK), _row(19, "2", _RANK)))
    books.load(books.bill("october.csv", {"Tags": _RESEARCH, "cost": "1000"}))
    found = _now(books)
    research, search, idle, acme = (found[name] for name in ("research", "search", "idle", "acme"))
    assert (research.spent, research.committed, research.used_percent) == (Decimal(100), Decimal(33), Decimal("66.5"))
    assert (research.state, research.landing) == (State.OK, Decimal(210))
    assert research.method == "run rate of 10 measured days for the 11 days that are left"
    assert (search.spent, search.state, search.action) == (Decimal(11), State.OVER, "gate")
    assert (search.landing, search.method) == (None, "insufficient: 2 days are measured, and 3 are needed")
    assert (idle.spent, idle.state) == (None, State.INSUFFICIENT)
    assert acme.spent == Decimal(11)


def test_another_currency_is_not_known_in_the_budgets(books: Books) -> None:
    """It is never added up, and never left out in silence."""
    books.load(books.bill("usd.csv", _row(10, "1", _RESEARCH)))
    books.load(books.bill("eur.csv", _row(10, "1", _RESEARCH, BillingCurrency="EUR")), source="other")
    research = _now(books)["research"]
    assert (research.spent, research.state) == (None, State.INSUFFICIENT)
    assert research.reason == "something is charged in EUR, and the budget is in USD"
    assert research.least == Decimal(1)


@pytest.mark.parametrize(("cost", "action", "rule"), [("500", "hold", "budget/hold"), ("1", None, "budget/unknown")])
def test_a_hold_holds_where_some_is_not_known(books: Books, cost: str, action: str | None, rule: str) -> None:
    """What is known may reach it by itself; where it does not, nobody can tell, and that holds as well."""
    holds = "budget: {monthly: 200, thresholds: [{percent: 100, action: hold}]}"
    path = books.folder / "fairlead.yaml"
    path.write_text(path.read_text().replace("budget: {monthly: 200}", holds + ", models: [find-*]"))
    books.commit("A budget that holds")
    books.load(books.bill("usd.csv", _row(10, cost, _RESEARCH)))
    books.load(books.bill("eur.csv", _row(10, "1", _RESEARCH, BillingCurrency="EUR")), source="other")
    assert _now(books)["research"].action == action
    declared = books.world.reader.read(books.world.repository.tree(books.world.repository.head().id))
    report, keys = budgets_now(books.world), [("prod", "find-a"), ("prod", "rank-a")]
    held = budget_holds(report, declared, keys)
    assert [(key, each.rule) for key, found in held.items() for each in found] == [(("prod", "find-a"), rule)]
    assert budget_facts(report, declared)["teams"]["research"]["unknown"]

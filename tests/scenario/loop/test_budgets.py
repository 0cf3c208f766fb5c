"""Budgets in a whole control plane: what is spent shows, a threshold is an incident, `hold` keeps a new release out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.domain.usage import CostLine, LineKind
from fairlead.flows.budgets import BudgetReport, budget_report, budgets_now
from fairlead.kernel.windows import Window
from fairlead.meter.budget import BudgetStanding, Holder, State
from fairlead.meter.sessions import FACT, begin, encode_sessions, end
from fairlead.testing.time import ManualClock
from tests.scenario.loop.scene import Scene

_HOLD = "{monthly: 100, thresholds: [{percent: 50, action: warn}, {percent: 90, action: hold}]}"
_MORE = """
priceBook:
  currency: USD
  rows: [{{resource: cpu, price: 0.01, source: list, asOf: 2026-01-01, includes: [memory]}}]
  commitments: [{{name: plan, what: a plan, price: {price}, from: 2026-01-01, to: 2026-02-01, team: search}}]
teams: [{{name: search, models: [dig*], budget: {budget}}}]
customers: [{{name: acme, budget: {{monthly: 10}}}}, {{name: brook}}]
"""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """The eleventh of January, twenty days before its end."""
    return Scene(tmp_path, clock=ManualClock(datetime(2026, 1, 12, tzinfo=UTC)))


def _budgets(scene: Scene, price: str = "0", budget: str = _HOLD, more: str = "") -> None:
    path = scene.repo / "fairlead.yaml"
    before = path.read_text().partition("\npriceBook:")[0]
    path.write_text(before + _MORE.format(price=price, budget=budget) + more)


def _spend(scene: Scene, days: int, amount: str, model: str = "digits") -> None:
    """The same amount for each of the last days, as the meter published it."""
    world, now = scene.world, scene.clock.now()
    lines = []
    for ago in range(days, 0, -1):
        start = now - timedelta(days=ago)
        names = ("prod", model, "a" * 64, f"{model}@abc", "acme")
        window = Window(start, start + timedelta(minutes=5))
        lines.append(CostLine(window, LineKind.RELEASE, *names, 20, Decimal(amount), "USD", "cpu", "list, 2026-01-01"))
    world.lake.publish([], lines, [], world.lake.checkpoint())
    world.state.put_fact(FACT, encode_sessions(end(begin((), now - timedelta(days=days), 1), now)))


def _of(report: BudgetReport, holder: Holder, name: str) -> BudgetStanding:
    (found,) = [each for each in report.budgets if (each.holder, each.name) == (holder, name)]
    return found


def _now(scene: Scene) -> BudgetReport:
    scene.world.repository.fetch()
    return budgets_now(scene.world)


def test_budgets_of_everybody_show_what_was_measured(scene: Scene) -> None:
    """A model's own, its team's by its name, the customer's; what was never measured is not known, and not zero."""
    _budgets(scene)
    scene.declare("digits", "v1")
    model = scene.repo / "models" / "digits" / "model.yaml"
    model.write_text(model.read_text() + "budget: {monthly: 200}\n")
    scene.commit("Budgets")
    assert {each.state for each in _now(scene).budgets} == {State.INSUFFICIENT}
    _spend(scene, 10, "4.5")
    report = _now(scene)
    assert (report.month, report.currency, report.over) == ("2026-01", "USD", True)
    own, team = _of(report, Holder.MODEL, "digits"), _of(report, Holder.TEAM, "search")
    assert (own.spent, own.state, own.used_percent) == (Decimal(45), State.OK, Decimal("22.5"))
    assert own.landing == Decimal(135)
    assert (team.spent, team.state, team.action) == (Decimal(45), State.OK, None)
    assert _of(report, Holder.CUSTOMER, "acme").state is State.OVER
    assert len(report.budgets) == 3


def test_a_budget_that_holds_keeps_new_releases_out(scene: Scene) -> None:
    """What runs goes on; a new release is refused with the reason, without any policy; a raised budget lets it in."""
    _budgets(scene)
    scene.declare("digits", "v1")
    scene.declare("other", "v1")
    scene.commit("Two models")
    scene.settle()
    before = scene.running()
    assert len(before) == 2
    _spend(scene, 10, "9.5")
    scene.declare("digits", "v2")
    scene.declare("other", "v2")
    scene.commit("Two new releases")
    for _ in range(30):
        scene.look()
    running = {each.partition("@")[0]: each for each in scene.running()}
    assert running["digits"] in before
    assert running["other"] not in before
    told = [each.message for each in scene.state.incidents(open_only=True) if each.model == "digits"]
    assert any("held: of the budget of team search, 100 USD, 95 is spent (95 %)" in each for each in told)
    _budgets(scene, budget="{monthly: 200}")
    scene.commit("Raise the budget")
    scene.settle()
    assert {each.partition("@")[0]: each for each in scene.running()}["digits"] not in before


def test_a_threshold_is_an_incident_as_long_as_it_lasts(scene: Scene) -> None:
    """It opens within minutes, says how much, and closes with the next month."""
    _budgets(scene, price="0.2")
    scene.declare("digits", "v1")
    scene.commit("A commitment of 0.2 an hour")
    scene.settle()
    assert "budget-team-search" in scene.incidents()
    (told,) = [each for each in scene.state.incidents(open_only=True) if each.kind == "budget-team-search"]
    assert "of the budget of team search, 100 USD, an unknown amount is spent and committed 9" in told.message
    scene.clock.advance(timedelta(days=20))
    scene.look()
    assert "budget-team-search" not in scene.incidents()


def test_the_gate_shuts_at_a_threshold(scene: Scene) -> None:
    """By the rule of the pack: a real check of the release by the control plane's own ledger."""
    rules = "policies:\n  owners: [olga@example.com]\n  packs: {finops: {}}\n"
    _budgets(scene, budget="{monthly: 100, thresholds: [{percent: 60, action: gate}]}", more=rules)
    scene.commit("Rules")
    _spend(scene, 10, "6.5")
    scene.declare("digits", "v1")
    model = scene.repo / "models" / "digits" / "model.yaml"
    model.write_text(model.read_text() + "budget: {monthly: 500}\n")
    scene.commit("A model of a team that has spent too much")
    for _ in range(60):
        scene.look()
    assert scene.running() == []
    told = " ".join(each.message for each in scene.state.incidents(open_only=True))
    assert "the budget of the team, 100 USD: 60 % of the budget is used" in told


def test_nothing_is_asked_where_no_budget_is_declared(scene: Scene) -> None:
    """No engine is loaded for it."""
    declared = scene.world.reader.read(scene.world.repository.tree(scene.world.repository.head().id))
    assert budget_report(scene.world, declared).budgets == ()

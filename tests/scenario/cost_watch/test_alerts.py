"""One change over many models is one alert: one incident, one word, until the last of them is over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.anomaly import CostKind
from fairlead.domain.journal import Actor
from fairlead.flows.cost_watch.events import kept_events
from fairlead.flows.cost_watch.feedback import judge_event
from fairlead.flows.cost_watch.listing import cost_events
from fairlead.flows.cost_watch.watching import CostWatcher
from tests.scenario.cost_watch.metered import WINDOW, Metered

ANN = Actor("ann@example.com")
MODELS = ("churn", "rent")


@pytest.fixture
def metered(tmp_path: Path) -> Metered:
    """Two models with four quiet days behind them."""
    made = Metered.at(tmp_path)
    made.pass_time(timedelta(days=4), models=MODELS)
    return made


@pytest.fixture
def watcher(metered: Metered) -> CostWatcher:
    """A watch that has seen their price double."""
    made = metered.watched()
    metered.pass_time(3 * WINDOW, models=MODELS, dearer=MODELS)
    metered.see(made)
    return made


def opened(metered: Metered) -> list[tuple[str, str, str]]:
    """Open incidents: kind, environment, model."""
    found = metered.scene.state.incidents(open_only=True)
    return [(each.kind, each.environment, each.model) for each in found if each.kind.startswith("cost-event")]


@pytest.mark.usefixtures("watcher")
def test_a_price_that_rises_for_all_models_is_one_incident(metered: Metered) -> None:
    """An event for each model, one incident over both, and the sum of the money in its sentence."""
    kept = kept_events(metered.scene.world)
    assert [(each.event.kind, each.event.model) for each in kept] == [
        (CostKind.PRICE_CHANGE, model) for model in sorted(MODELS, key=lambda name: _place(metered, name))
    ]
    assert opened(metered) == [("cost-event-price-change", "prod", "")]
    (incident,) = (each for each in metered.scene.state.incidents(open_only=True) if each.kind.startswith("cost-event"))
    assert "2 models (prod/churn, prod/rent)" in incident.message
    views = cost_events(metered.scene.world).events
    assert {each.kept.event.model: each.beside for each in views} == {
        "churn": ("prod/rent",),
        "rent": ("prod/churn",),
    }


def test_a_word_about_one_is_a_word_about_all(metered: Metered, watcher: CostWatcher) -> None:
    """Whoever expected it expected it for every model: the incident closes, and nothing is told again."""
    world = metered.scene.world
    judge_event(world, kept_events(world)[0].event.id, "expected", reason="the new contract", until=None, actor=ANN)
    assert opened(metered) == []
    assert [each.said and each.said.kind for each in kept_events(world)] == ["expected", "expected"]
    metered.pass_time(6 * WINDOW, models=MODELS, dearer=MODELS)
    metered.see(watcher)
    assert opened(metered) == []
    assert all(each.event.ended for each in kept_events(world))


def test_the_incident_ends_with_the_last_of_them(metered: Metered, watcher: CostWatcher) -> None:
    """One model gets its old price back: the same incident goes on for the other, and closes with it."""
    metered.pass_time(8 * WINDOW, models=MODELS, dearer=("rent",))
    metered.see(watcher)
    assert {each.event.model: each.event.ended is not None for each in kept_events(metered.scene.world)} == {
        "churn": True,
        "rent": False,
    }
    assert opened(metered) == [("cost-event-price-change", "prod", "")]
    metered.pass_time(8 * WINDOW, models=MODELS)
    metered.see(watcher)
    assert opened(metered) == []
    journal = metered.scene.state.search(kind="incident.opened")
    assert [each.draft.body["kind"] for each in journal].count("cost-event-price-change") == 1


def _place(metered: Metered, model: str) -> int:
    return [each.event.model for each in kept_events(metered.scene.world)].index(model)

"""What is done about a cost event besides telling it: each action once, and nothing that a person did not declare."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.domain.journal import Actor
from fairlead.flows.cost_watch.events import kept_events
from fairlead.flows.cost_watch.feedback import judge_event
from fairlead.flows.promotion_standing import standing_between
from tests.scenario.cost_watch.metered import WINDOW, Metered
from tests.scenario.cost_watch.test_watching import WEEK

_ACTIONS = "anomalies:\n  warmUp: 3d\n  actions:\n    - {kind: serving-configuration, actions: [ACTIONS]}\n"


def _costly(folder: Path, actions: str) -> tuple[Metered, str]:
    """A model whose newest commit doubled its cost, seen by a watch; that commit."""
    metered = Metered.at(folder, _ACTIONS.replace("ACTIONS", actions), behind=True)
    metered.pass_time(WEEK)
    watcher = metered.watched()
    metered.scene.declare("churn", "batch size 1")
    commit = metered.scene.commit("Answer one by one")
    metered.scene.settle()
    metered.pass_time(6 * WINDOW, work=2)
    metered.see(watcher)
    return metered, commit


def test_a_revert_is_proposed_and_not_pushed(tmp_path: Path) -> None:
    """It waits on a branch of its own: cost alone takes nothing out of what Git wants."""
    metered, commit = _costly(tmp_path, "notify, propose-revert")
    scene = metered.scene
    branch = f"fairlead/cost-churn-{commit[:12]}"
    assert scene.git("rev-parse", "main") == commit
    assert scene.git("log", "-1", "--format=%s", branch) == 'Revert "Answer one by one"'
    assert scene.git("show", f"{branch}:models/churn/model.bin") == "first"
    (kept,) = kept_events(scene.world)
    assert kept.done == (f"propose-revert: a person decides what cost is worth; merge {branch} into main",)
    metered.see(metered.watched())
    assert len(scene.state.search(kind="anomaly.acted")) == 1


def test_a_model_is_suspended_for_a_day(tmp_path: Path) -> None:
    """No commit changes it meanwhile, and a person may resume it."""
    metered, _ = _costly(tmp_path, "notify, suspend")
    (suspension,) = metered.scene.state.suspensions()
    (kept,) = kept_events(metered.scene.world)
    assert (suspension.model, suspension.reason) == ("churn", kept.event.sentence)
    assert suspension.actor == "fairlead"


@pytest.mark.parametrize(("actions", "held"), [("notify, hold", True), ("notify", False)])
def test_it_holds_promotions_where_that_is_declared(tmp_path: Path, actions: str, *, held: bool) -> None:
    """An event that is only told holds nothing; one that holds does so until its owner says what it is."""
    metered, _ = _costly(tmp_path, actions)
    world = metered.scene.world
    (kept,) = kept_events(world)
    assert [kept.event.sentence in each for each in _between(metered)] == [True] * held
    judge_event(world, kept.event.id, "expected", reason="it is worth it", until=None, actor=Actor("ann"))
    assert _between(metered) == []


def _between(metered: Metered) -> list[str]:
    """What stands between prod and the environment behind it, but for what Git does not know."""
    return [each.message for each in standing_between(metered.scene.world, "churn")[0].between]


def test_without_actions_it_is_kept_for_the_record(tmp_path: Path) -> None:
    """An empty list tells nobody."""
    metered, _ = _costly(tmp_path, "")
    assert len(kept_events(metered.scene.world)) == 1
    assert metered.scene.incidents() == []

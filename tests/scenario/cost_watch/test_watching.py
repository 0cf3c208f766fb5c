"""Cost events in the loop: found in the meter's windows, named with their commit, told once, judged by owners."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.anomaly import CostKind, Ending
from fairlead.domain.journal import Actor
from fairlead.flows.cost_watch.events import kept_events
from fairlead.flows.cost_watch.feedback import judge_event, weeks_of_alarms
from fairlead.kernel.errors import UsageError
from tests.scenario.cost_watch.metered import WINDOW, Metered

ANN = Actor("ann", claimed=True)
WEEK = timedelta(days=6)


@pytest.fixture
def metered(tmp_path: Path) -> Metered:
    """Six days of ordinary use."""
    found = Metered.at(tmp_path)
    found.pass_time(WEEK)
    return found


def _worsen(metered: Metered) -> str:
    metered.scene.declare("churn", "batch size 1")
    commit = metered.scene.commit("Answer one by one")
    metered.scene.settle()
    return commit


def test_a_costly_commit_is_named_within_minutes(metered: Metered) -> None:
    """Twice the CPU time per inference: one event, its commit and author, an incident, and nothing before it."""
    watcher = metered.watched()
    assert kept_events(metered.scene.world) == ()
    commit = _worsen(metered)
    deployed = metered.now
    metered.pass_time(6 * WINDOW, work=2)
    metered.see(watcher)
    (kept,) = kept_events(metered.scene.world)
    event = kept.event
    assert event.kind is CostKind.SERVING_CONFIGURATION
    assert event.origin is not None
    assert (event.origin.commit, event.origin.author) == (commit, "Ana")
    assert event.found - deployed < timedelta(minutes=25), "a release that starts up is given ten minutes"
    assert event.stake.amount > 0
    (incident,) = metered.scene.state.incidents(open_only=True)
    assert (incident.kind, incident.message) == ("cost-event-serving-configuration", event.sentence)
    assert incident.commit == commit


def test_what_is_killed_and_read_again_is_told_once(metered: Metered) -> None:
    """A watch that begins anew at any moment finds the same event, and the journal holds it once."""
    metered.watched()
    _worsen(metered)
    for _ in range(6):
        metered.pass_time(WINDOW, work=2)
        metered.watched()
    assert len(kept_events(metered.scene.world)) == 1
    assert len(metered.scene.state.search(kind="anomaly.found")) == 1
    assert len(metered.scene.state.search(kind="incident.opened", model="churn")) == 1


def test_when_cost_is_back_the_event_is_over(metered: Metered) -> None:
    """The incident closes by itself."""
    watcher = metered.watched()
    _worsen(metered)
    metered.pass_time(12 * WINDOW, work=2)
    metered.see(watcher)
    metered.pass_time(12 * WINDOW)
    metered.see(watcher)
    (kept,) = kept_events(metered.scene.world)
    assert kept.event.ending is Ending.BACK
    assert metered.scene.incidents() == []


def test_a_customers_surge_blames_no_commit(metered: Metered) -> None:
    """Four times the requests of one customer: the customer is named, and nobody's commit."""
    watcher = metered.watched()
    metered.pass_time(6 * WINDOW, demand=4)
    metered.see(watcher)
    (kept,) = kept_events(metered.scene.world)
    assert kept.event.kind is CostKind.TRAFFIC_SURGE
    assert kept.event.cause is not None
    assert (kept.event.cause.dimension, kept.event.cause.values) == ("customer", ("acme",))
    assert kept.event.origin is None


def test_a_planned_load_does_not_alarm(tmp_path: Path) -> None:
    """What fairlead.yaml says beforehand is news to nobody."""
    plan = "anomalies:\n  warmUp: 3d\n  plannedLoads:\n    - {name: sale, from: 2020-01-01, to: 2099-01-01}\n"
    metered = Metered.at(tmp_path, plan)
    metered.pass_time(WEEK)
    metered.pass_time(6 * WINDOW, demand=4)
    metered.watched()
    assert kept_events(metered.scene.world) == ()


def test_owners_judge_and_precision_is_told(metered: Metered) -> None:
    """`expected` ends it as the new level and counts against the week; `mute` silences what is alike."""
    watcher = metered.watched()
    _worsen(metered)
    metered.pass_time(6 * WINDOW, work=2)
    metered.see(watcher)
    world = metered.scene.world
    (kept,) = kept_events(world)
    with pytest.raises(UsageError, match="needs a reason"):
        judge_event(world, kept.event.id, "ack", reason=" ", until=None, actor=ANN)
    judge_event(world, kept.event.id[:6], "expected", reason="it is the new model", until=None, actor=ANN)
    assert metered.scene.incidents() == []
    metered.see(watcher)
    (kept,) = kept_events(world)
    assert kept.event.ending is Ending.ACCEPTED
    (week,) = weeks_of_alarms(kept_events(world))
    assert (week.told, week.right, week.expected, week.precision) == (1, 0, 1, 0.0)
    assert [each.draft.kind for each in world.state.search(kind="anomaly")] == [
        "anomaly.ended",
        "anomaly.expected",
        "anomaly.found",
    ]

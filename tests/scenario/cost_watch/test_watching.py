"""Cost events in the loop: found in the meter's windows, named with their commit, told once, judged by owners."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.anomaly import CostKind, Ending
from fairlead.domain.journal import Actor
from fairlead.flows.cost_watch.events import kept_events
from fairlead.flows.cost_watch.feedback import judge_event, weeks_of_alarms
from fairlead.flows.cost_watch.watching import CostWatcher
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


def _seen_worse(metered: Metered) -> CostWatcher:
    """A watch that has seen half an hour of a release which costs twice as much."""
    watcher = metered.watched()
    _worsen(metered)
    metered.pass_time(6 * WINDOW, work=2)
    metered.see(watcher)
    return watcher


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
    watcher = _seen_worse(metered)
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


def test_a_word_about_one_event_silences_no_other(metered: Metered) -> None:
    """`expected` without an end is about its own event; the next costly commit is told."""
    watcher = _seen_worse(metered)
    world = metered.scene.world
    judge_event(world, kept_events(world)[0].event.id, "expected", reason="it is worth it", until=None, actor=ANN)
    metered.see(watcher)
    metered.pass_time(timedelta(days=5), work=2)
    metered.see(watcher)
    metered.scene.declare("churn", "batch size 0")
    metered.scene.commit("Answer even slower")
    metered.scene.settle()
    metered.pass_time(6 * WINDOW, work=8)
    metered.see(watcher)
    assert len(kept_events(world)) == 2
    assert metered.scene.incidents() == ["cost-event-serving-configuration"]


def test_a_mute_ends(metered: Metered) -> None:
    """What is muted is silent until the moment that was said, and is told then, where it goes on."""
    watcher = _seen_worse(metered)
    world = metered.scene.world
    until = metered.now + timedelta(hours=2)
    judge_event(world, kept_events(world)[0].event.id, "mute", reason="on Monday", until=until, actor=ANN)
    metered.see(watcher)
    assert metered.scene.incidents() == []
    metered.pass_time(timedelta(hours=3), work=2)
    metered.see(watcher)
    assert metered.scene.incidents() == ["cost-event-serving-configuration"]


def test_an_incident_that_a_kill_left_open_is_closed(metered: Metered, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is killed between its word and the incident leaves the rest to the next look."""
    _seen_worse(metered)
    world = metered.scene.world
    with monkeypatch.context() as patched:
        patched.setattr("fairlead.flows.cost_watch.feedback.untell", lambda *_: None)
        judge_event(world, kept_events(world)[0].event.id, "expected", reason="known", until=None, actor=ANN)
    assert metered.scene.incidents() != []
    metered.see(metered.watched())
    assert metered.scene.incidents() == []


def test_what_could_not_be_kept_is_found_again(metered: Metered, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails loses no event: the same process says it at its next look."""
    watcher = metered.watched()
    _worsen(metered)
    metered.pass_time(6 * WINDOW, work=2)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("fairlead.flows.cost_watch.watching.keep_event", full)
        with pytest.raises(OSError, match="No space left"):
            watcher.look()
    metered.see(watcher)
    assert len(kept_events(metered.scene.world)) == 1
    assert metered.scene.incidents() == ["cost-event-serving-configuration"]


def test_what_is_gone_costs_nothing_more(metered: Metered) -> None:
    """A model that nothing is metered of any more has no open event, while others are metered."""
    watcher = _seen_worse(metered)
    metered.pass_time(timedelta(days=2), models=("other",))
    metered.see(watcher)
    (kept,) = kept_events(metered.scene.world)
    assert kept.event.ending is Ending.BACK
    assert metered.scene.incidents() == []


def test_while_fairlead_yaml_cannot_be_read_nothing_is_said(metered: Metered) -> None:
    """What it plans and silences is not known then; it is said afterwards."""
    watcher = metered.watched()
    _worsen(metered)
    place = metered.scene.repo / "fairlead.yaml"
    right = place.read_text()
    place.write_text("not: [a workspace")
    metered.scene.commit("Break it")
    metered.scene.look()
    metered.pass_time(6 * WINDOW, work=2)
    metered.see(watcher)
    assert kept_events(metered.scene.world) == ()
    place.write_text(right)
    metered.scene.commit("Mend it")
    metered.scene.settle()
    metered.see(watcher)
    assert len(kept_events(metered.scene.world)) == 1

"""Too little traffic is told before a rollout starts: by the plan, and by the journal where nobody planned."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.flows.metering.machine import begin_session
from fairlead.flows.planning import make_plan
from tests.scenario.loop.test_rollouts import Canary


@pytest.fixture
def scene(tmp_path: Path) -> Canary:
    """A release of digits is live for two hours, and metered."""
    made = Canary(tmp_path)
    begin_session(made.world)
    made.bring("first")
    made.settle()
    made.clock.advance(timedelta(hours=2))
    return made


def test_a_plan_warns_of_too_little_traffic(scene: Canary) -> None:
    """Nobody asked for the model: its canary would wait for nothing, and the plan says so and how to mend it."""
    scene.bring("second")
    plan = make_plan(scene.world)
    (outlook,) = plan.outlooks
    assert (outlook.model, outlook.environment, outlook.weight, outlook.rate) == ("digits", "prod", 20, 0)
    assert [each.rule for each in plan.findings] == ["rollout/too-little-traffic"]
    assert not any(each.blocks for each in plan.findings)


def test_measured_requests_count(scene: Canary) -> None:
    """What the gateway logged within the day is what a plan tells, per minute."""
    scene.ask(7_200)
    scene.clock.advance(timedelta(minutes=1))
    scene.bring("second")
    (outlook,) = make_plan(scene.world).outlooks
    assert outlook.rate == pytest.approx(60, rel=0.02)
    assert outlook.pass_minutes is not None


def test_a_rollout_that_begins_says_it_too(scene: Canary) -> None:
    """Whoever pushed without a plan finds it in the record of the start; the rollout begins all the same."""
    scene.bring("second")
    scene.look()
    scene.look()
    (started,) = scene.state.search(kind="rollout.started")
    assert "more time to a verdict than can be told" in started.draft.body["message"]


def test_no_rollout_no_outlook(scene: Canary) -> None:
    """A plan that begins none tells nothing of traffic."""
    assert make_plan(scene.world).outlooks == ()
    scene.bring("second", release="")
    assert make_plan(scene.world).outlooks == ()

"""What page, API and command line tell of the rules is what the gate judged, as of its last word."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.policy import Enforcement
from fairlead.flows.policy_view import PolicyView, WaiverState, policy_view
from tests.scenario.loop.scene import Scene

_POLICIES = """
policies:
  owners: [olga@example.com]
  packs:
    baseline:
      rules:
        licence: {enforcement: STRENGTH}
"""

_WAIVER = """\
apiVersion: fairlead.dev/v1alpha1
kind: Waiver
rule: baseline/licence
scope: {models: [digits]}
reason: The vendor's licence is being negotiated.
expires: DAY
requestedBy: ana@example.com
approvedBy: olga@example.com
"""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A workspace with nothing declared yet."""
    return Scene(tmp_path)


def _rules(scene: Scene, strength: str = "deny") -> None:
    path = scene.repo / "fairlead.yaml"
    text = path.read_text().partition("\npolicies:")[0]
    path.write_text(text + _POLICIES.replace("STRENGTH", strength))


def _judged(scene: Scene, commit: str) -> PolicyView:
    """The view, once the gate has judged: beside the loop, in real time."""
    for _ in range(600):
        scene.look()
        found = policy_view(scene.world)
        if found.judged and found.commit and found.commit.id == commit:
            return found
    pytest.fail(f"the rules of {commit} never stood: {policy_view(scene.world)}")


def test_before_anything_was_judged_nothing_is_known(scene: Scene) -> None:
    """Which is not the same as no rules."""
    assert policy_view(scene.world) == PolicyView()


def test_what_runs_in_violation_is_counted_and_named(scene: Scene) -> None:
    """By rule, with its owner, its mend, and since when."""
    scene.declare("digits", "v1")
    scene.commit("Add digits")
    scene.settle()
    _rules(scene)
    found = _judged(scene, scene.commit("Turn the baseline on"))
    (one,) = [each for each in found.violations if each.rule == "baseline/licence"]
    assert (one.environment, one.model, one.owner) == ("prod", "digits", "team@example.com")
    assert one.mend
    assert one.since is not None
    counted = {each.id: each for each in found.rules}
    assert counted["baseline/licence"].found == 1
    assert counted["baseline/owner"].found == 0
    assert counted["baseline/licence"].enforcement is Enforcement.DENY
    assert len(found.digest) == 64


def test_a_refused_weakening_is_shown_and_the_rules_before_it(scene: Scene) -> None:
    """The commit that stands is the one before."""
    _rules(scene)
    scene.declare("digits", "v1")
    before = scene.commit("Turn the baseline on")
    scene.settle()
    assert not _judged(scene, before).refused
    _rules(scene, "audit")
    scene.commit("Lower a rule")
    scene.settle()
    found = _judged(scene, before)
    assert [each.rule.partition("/")[0] for each in found.refused] == ["protection"]
    assert {each.enforcement for each in found.rules if each.id == "baseline/licence"} == {Enforcement.DENY}


def test_waivers_are_told_with_their_days_and_what_they_lack(scene: Scene) -> None:
    """One that nobody has proven to agree to sets nothing aside, and says whom to ask."""
    ends = (scene.clock.now() + timedelta(days=20)).date()
    _rules(scene)
    (scene.repo / "waivers").mkdir()
    (scene.repo / "waivers" / "digits.yaml").write_text(_WAIVER.replace("DAY", ends.isoformat()))
    scene.declare("digits", "v1")
    found = _judged(scene, scene.commit("Turn the baseline on"))
    (waiver,) = found.waivers
    assert (waiver.rule, waiver.models, waiver.expires) == ("baseline/licence", ("digits",), ends)
    assert waiver.days_left == 20
    assert waiver.state is WaiverState.REFUSED
    assert "olga@example.com" in waiver.why

"""Rollouts in the loop: a real repository, a machine in memory, and the gateway's log written line by line."""

from __future__ import annotations

import json
import random
import time
from datetime import timedelta
from pathlib import Path
from typing import Self

import pytest

from fairlead.domain.rollout import Phase, Rollout
from fairlead.flows.rollouts.kept import kept
from fairlead.flows.rollouts.quarantine import ROLLED_BACK, quarantines
from fairlead.kernel.windows import iso
from tests.scenario.loop.scene import Scene

_CANARY = "release: {strategy: canary, steps: [{weight: 20}, {weight: 60}]}\n"

_ANALYSES = """\
analyses:
  - name: default
    metrics:
      - {name: error-rate, alpha: 0.03, margin: 0.02}
      - {name: latency, margin: 0.2}
"""


class Canary(Scene):
    """A scene whose model comes by a canary, and a customer who asks both releases by their weights."""

    @classmethod
    def judged(cls, folder: Path) -> Self:
        """A scene whose canaries are judged by failures and latency."""
        made = cls(folder)
        declared = made.repo / "fairlead.yaml"
        declared.write_text(declared.read_text() + _ANALYSES)
        return made

    @classmethod
    def stepping(cls, folder: Path, *, replicas: int = 1) -> Self:
        """A canary is at its first step."""
        made = cls.judged(folder)
        made.bring("first", replicas=replicas)
        made.settle()
        made.bring("second", replicas=replicas)
        made.until(Phase.STEPPING)
        return made

    def bring(self, content: str, release: str = _CANARY, subject: str = "Change digits", *, replicas: int = 1) -> str:
        """Declare another artifact with a strategy, and commit."""
        self.declare("digits", content, replicas=replicas)
        file = self.repo / "models" / "digits" / "model.yaml"
        file.write_text(file.read_text() + release)
        return self.commit(subject)

    def ask(self, count: int, *, bad: float = 0.0, slow: float = 1.0, seed: int = 1) -> None:
        """Requests as the gateway logs them: a share `bad` of the new ones fail, and they are `slow` times as slow."""
        chance, (old, new) = random.Random(seed), self.backends()
        releases, weights = (old[0], new[0]), (old[1], new[1])
        for _ in range(count):
            release = chance.choices(releases, weights)[0]
            mine = release == new[0]
            span = int(chance.lognormvariate(8.0, 0.3) * (slow if mine else 1))
            self.logged(
                release, f"c{chance.randrange(9)}", span, str(chance.random()), fails=mine and chance.random() < bad
            )

    def backends(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Digest and weight of the old release and of the new one; no digest where no rollout is there."""
        config = self.gateway.serving()
        assert config is not None
        route = next(each for each in config.routes if each.model == "digits")
        found = kept(self.world, "prod", "digits")
        new = found.rollout.new.digest if found is not None else ""
        weights = {each.release: each.weight for each in route.backends}
        old = next((each for each in weights if each != new), "")
        return (old, weights.get(old, 0)), (new, weights.get(new, 0))

    def logged(self, release: str, customer: str, span_us: int, request: str, *, fails: bool) -> None:
        """A request that begins now, as the gateway writes it down."""
        line = {
            "start": f"{self.clock.now().timestamp():.6f}",
            "duration_us": span_us + 100,
            "service_us": span_us,
            "environment": "prod",
            "model": "digits",
            "release": release,
            "method": "POST",
            "protocol": "open-inference",
            "code": 500 if fails else 200,
            "flags": "-",
            "customer": customer,
            "request": request,
        }
        folder = self.folder / "state" / "gateway"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "access.log").open("a") as log:
            log.write(json.dumps(line, separators=(",", ":")) + "\n")

    def rollout(self) -> Rollout:
        """The newest rollout of the model."""
        found = kept(self.world, "prod", "digits")
        assert found is not None
        return found.rollout

    def weights(self) -> list[int]:
        """Weights of the old and the new release."""
        config = self.gateway.serving()
        return [each.weight for route in config.routes for each in route.backends] if config else []

    def until(self, phase: Phase, looks: int = 60, **asked: float) -> None:
        """Look, with requests between the looks, until the rollout is there."""
        for at in range(looks):
            found = kept(self.world, "prod", "digits")
            if found is not None and found.rollout.phase is phase:
                return
            if found is not None:
                self.ask(400, seed=at, **asked)
            self.clock.advance(timedelta(seconds=8))
            self.look()
        raise AssertionError(f"not {phase}: {self.rollout()}")


@pytest.fixture
def scene(tmp_path: Path) -> Canary:
    """A release of digits is live."""
    made = Canary.judged(tmp_path)
    made.bring("first")
    made.settle()
    return made


def test_a_good_release_walks_its_steps_and_goes_live(scene: Canary) -> None:
    """Weights rise by verdict, and at the end the new release is the live one, alone."""
    second = scene.bring("second")
    seen: list[list[int]] = []
    for at in range(80):
        scene.ask(400, seed=at)
        scene.clock.advance(timedelta(seconds=8))
        look = scene.look()
        if scene.weights() not in seen[-1:]:
            seen.append(scene.weights())
        if not look.working:
            break
    assert seen == [[100], [80, 20], [40, 60], [100]]
    assert scene.routed() == {"digits": f"digits@{second[:12]}"}
    assert scene.rollout().phase is Phase.COMPLETED
    assert scene.incidents() == []


def test_a_bad_release_is_taken_back_with_a_revert_in_git(scene: Canary) -> None:
    """Out of traffic at the look of the verdict; Git holds a signed revert; afterwards Git equals live."""
    first = scene.routed()["digits"]
    bad = scene.bring("bad", subject="Make digits worse")
    scene.until(Phase.ABORTED, bad=0.3)
    assert scene.weights() == [100]
    assert scene.routed() == {"digits": first}
    assert scene.rollout().metric == "error-rate"
    for _ in range(100):
        time.sleep(0.05)
        look = scene.look()
        assert look.working or look.synced, "whoever waits until Git is live gave up while the revert was on its way"
        if look.synced:
            break
    assert scene.git("log", "-1", "--format=%s") == 'Revert "Make digits worse"'
    assert f"digits@{bad[:12]}" in scene.git("log", "-1", "--format=%b")
    assert scene.incidents() == []
    assert scene.running() == [first]


def test_what_was_taken_back_does_not_heal_itself_back(scene: Canary) -> None:
    """Where Git does not take the revert the release stays refused, also after a restart, and the incident says so."""
    first = scene.routed()["digits"]
    (scene.repo / "models" / "digits" / "open.txt").write_text("a change that is not committed")
    scene.bring("bad")
    (scene.repo / ".git" / "hooks" / "pre-receive").write_text("#!/bin/sh\nexit 1\n")
    (scene.repo / ".git" / "hooks" / "pre-receive").chmod(0o755)
    scene.until(Phase.ABORTED, bad=0.5)
    for _ in range(4):
        time.sleep(0.1)
        scene.look()
    scene.restart()
    for _ in range(4):
        scene.look()
    assert scene.routed() == {"digits": first}
    assert ROLLED_BACK in scene.incidents()
    third = scene.bring("third", release="")
    scene.settle()
    assert scene.routed() == {"digits": f"digits@{third[:12]}"}
    assert scene.incidents() == []


def test_a_newer_commit_supersedes_a_rollout(scene: Canary) -> None:
    """The release in between never gets all the traffic, and the newest one has a rollout of its own."""
    scene.bring("second")
    scene.until(Phase.STEPPING)
    third = scene.bring("third")
    for at in range(80):
        scene.ask(400, seed=at)
        scene.clock.advance(timedelta(seconds=8))
        if not scene.look().working:
            break
    assert scene.routed() == {"digits": f"digits@{third[:12]}"}
    kinds = [each.draft.kind for each in scene.state.search(kind="rollout")]
    assert "rollout.superseded" in kinds
    assert kinds[0] == "rollout.completed"


def test_without_traffic_nothing_passes(scene: Canary) -> None:
    """After the longest time a canary without a verdict is aborted."""
    first = scene.routed()["digits"]
    scene.bring("second", "release: {strategy: canary, longest: 10m, steps: [{weight: 20}]}\n")
    for _ in range(100):
        scene.clock.advance(timedelta(seconds=20))
        scene.look()
    assert scene.rollout().phase is Phase.ABORTED
    assert "no verdict after 10m" in scene.rollout().reason
    assert scene.routed() == {"digits": first}


@pytest.mark.parametrize("kill", [0, 2, 5, 9, 14])
def test_a_kill_at_any_look_changes_nothing_of_the_end(scene: Canary, kill: int) -> None:
    """Another process goes on where the first one stood, with the same counts."""
    second = scene.bring("second")
    for at in range(90):
        scene.ask(400, seed=at)
        scene.clock.advance(timedelta(seconds=8))
        if not scene.look().working:
            break
        if at == kill:
            scene.restart()
    assert scene.routed() == {"digits": f"digits@{second[:12]}"}
    found = kept(scene.world, "prod", "digits")
    assert found is not None
    assert found.measured.finding is not None
    counted = found.measured.finding.metrics[0]
    logged = (scene.folder / "state" / "gateway" / "access.log").read_text().splitlines()
    assert counted.new_count + counted.old_count <= len(logged)


def test_a_release_that_ran_healthy_returns_without_steps(scene: Canary) -> None:
    """A revert within the rollback window is everywhere as soon as its servers answer."""
    scene.clock.advance(timedelta(hours=1))
    scene.bring("second", release="")
    scene.settle()
    again = scene.bring("first")
    scene.settle()
    assert scene.routed()["digits"].startswith("digits@")
    assert scene.weights() == [100]
    assert "returns without steps" in scene.rollout().reason
    assert again
    assert iso(scene.clock.now())


def test_each_step_is_judged_by_requests_of_its_own(scene: Canary) -> None:
    """What was good at a fifth of the traffic says nothing of three fifths: without requests there it stays there."""
    scene.bring("second")
    for at in range(40):
        if scene.weights() != [40, 60]:
            scene.ask(400, seed=at)
        scene.clock.advance(timedelta(seconds=8))
        scene.look()
    assert scene.weights() == [40, 60]
    assert scene.rollout().phase is Phase.STEPPING


def test_a_broken_workspace_changes_nothing_of_a_rollout(scene: Canary) -> None:
    """Nobody can read what is wanted: the weights stay, and after the mend the same rollout goes on."""
    second = scene.bring("second")
    scene.until(Phase.STEPPING)
    known, weights = scene.rollout().id, scene.weights()
    workspace = scene.repo / "fairlead.yaml"
    whole = workspace.read_text()
    workspace.write_text("nonsense: [")
    scene.commit("Break the workspace")
    for _ in range(5):
        scene.look()
    assert (scene.rollout().id, scene.weights()) == (known, weights)
    workspace.write_text(whole)
    scene.commit("Mend it")
    for at in range(60):
        scene.ask(400, seed=at)
        scene.clock.advance(timedelta(seconds=8))
        if not scene.look().working:
            break
    assert scene.rollout().id == known
    assert scene.routed() == {"digits": f"digits@{second[:12]}"}


def test_a_broken_workspace_lifts_no_quarantine(scene: Canary) -> None:
    """What was taken back stays refused, whatever else cannot be read meanwhile."""
    first = scene.routed()["digits"]
    (scene.repo / "models" / "digits" / "open.txt").write_text("a change that is not committed")
    scene.bring("bad")
    (scene.repo / ".git" / "hooks" / "pre-receive").write_text("#!/bin/sh\nexit 1\n")
    (scene.repo / ".git" / "hooks" / "pre-receive").chmod(0o755)
    scene.until(Phase.ABORTED, bad=0.5)
    workspace = scene.repo / "fairlead.yaml"
    whole = workspace.read_text()
    for text in ("nonsense: [", whole):
        workspace.write_text(text)
        scene.commit("Touch the workspace")
        for _ in range(4):
            scene.look()
    assert quarantines(scene.world)
    assert scene.routed() == {"digits": first}
    assert scene.weights() == [100]


def test_a_reboot_condemns_nobody(scene: Canary) -> None:
    """When the servers of both releases are gone at once, the machine was: the canary goes on."""
    second = scene.bring("second")
    scene.until(Phase.STEPPING)
    for server in scene.host.servers():
        if server.state.value == "ready":
            scene.host.kill(server.id)
    for at in range(80):
        scene.ask(400, seed=at)
        scene.clock.advance(timedelta(seconds=8))
        if not scene.look().working:
            break
    assert scene.routed() == {"digits": f"digits@{second[:12]}"}


def test_what_is_kept_for_the_way_back_is_used(scene: Canary) -> None:
    """With all traffic, and nobody beside it, a release that fails is held against the old one's share."""
    first = scene.routed()["digits"]
    scene.bring("second", "release: {strategy: blueGreen, retention: 10m}\n")
    scene.until(Phase.RETAINING)
    assert scene.weights() == [100, 0]
    scene.until(Phase.ABORTED, bad=0.5)
    scene.look()
    assert scene.routed() == {"digits": first}


def test_a_source_that_cannot_be_read_stops_no_verdict(scene: Canary) -> None:
    """A row that is no number is a reason to wait for that measure; the other measures still end the canary."""
    workspace = scene.repo / "fairlead.yaml"
    text = workspace.read_text() + "      - {name: quality, margin: 0.1, csv: {path: quality.csv}}\n"
    workspace.write_text(text)
    (scene.repo / "quality.csv").write_text("time,release,value\n2026-01-01T00:00:00Z,x,n/a\n")
    scene.bring("bad")
    scene.until(Phase.ABORTED, bad=0.5)
    assert scene.rollout().metric == "error-rate"

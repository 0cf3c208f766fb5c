"""The control process is killed between what it does and what it writes down, machines fail, and people hold back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.incident import Suspension
from fairlead.domain.journal import Actor, Draft
from fairlead.domain.serving import ServerState
from fairlead.flows.converging import gate
from fairlead.flows.sync import request_sync, wait_synced
from fairlead.kernel.errors import BrokenWorldError, ConflictError
from tests.scenario.loop.scene import Scene

_ANA = Actor("ana")


class Killed(BaseException):
    """kill -9: nothing of ours may catch it."""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A workspace with one model, live."""
    scene = Scene(tmp_path)
    scene.declare("digits", "v1")
    scene.declare("other", "v1")
    scene.commit("Two models")
    assert scene.settle().synced
    return scene


def _killed_at(scene: Scene, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look until the control process dies as it is about to write `verb` down; then another one starts."""

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(scene.state, verb, die)
        with pytest.raises(Killed):
            scene.settle()
    scene.restart()


def test_killed_between_a_switch_and_its_record(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Traffic was moved and nobody wrote it down: the next process does, and starts nothing again."""
    scene.declare("digits", "v2")
    commit = scene.commit("Better digits")
    _killed_at(scene, "go_live", monkeypatch)
    assert scene.routed()["digits"] == f"digits@{commit[:12]}"
    started = len(scene.host.specs)
    assert scene.settle().synced
    live = {each.model: each.release for each in scene.state.deployments(live=True)}
    assert live["digits"] == f"digits@{commit[:12]}"
    assert len(scene.host.specs) == started
    assert f"digits@{commit[:12]}" in scene.running()


def test_killed_between_a_withdrawal_and_its_record(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deleted model that lost its traffic ends in the record too."""
    scene.remove("digits")
    scene.commit("Remove digits")
    _killed_at(scene, "withdraw", monkeypatch)
    assert scene.settle().synced
    assert [each.model for each in scene.state.deployments(live=True)] == ["other"]
    assert len(scene.state.records(kind="deployment.ended")) == 1


def test_a_reboot_is_one_failure(tmp_path: Path) -> None:
    """Eight servers that die at once are started again at once: nothing is given up."""
    scene = Scene(tmp_path)
    scene.declare("digits", "v1", replicas=8)
    scene.commit("Eight servers")
    assert scene.settle().synced
    for server in scene.host.servers():
        scene.host.kill(server.id)
    scene.look()
    scene.look()
    assert len(scene.running()) == 8
    assert len(scene.state.records(kind="attempt.failed")) == 1
    assert scene.settle().synced


def test_what_is_live_is_never_given_up(scene: Scene) -> None:
    """A live release that cannot start for an hour is back a few minutes after the cause is gone."""
    (live,) = [each for each in scene.state.deployments(live=True) if each.model == "digits"]
    scene.host.crashing = {live.digest}
    (server,) = [each for each in scene.host.servers() if each.labels["model"] == "digits"]
    scene.host.kill(server.id)
    for _ in range(60):
        scene.clock.advance(timedelta(seconds=8))
        scene.look()
    tries = [spec for spec in scene.host.specs.values() if spec.labels["model"] == "digits"]
    assert 7 <= len(tries) <= 11
    assert "unhealthy" in scene.incidents()
    scene.host.crashing = set()
    scene.clock.advance(timedelta(minutes=3))
    assert scene.settle().synced
    assert scene.incidents() == []


def test_a_busy_server_keeps_its_traffic_and_its_life(scene: Scene) -> None:
    """One that does not answer for a moment is neither stopped nor taken out of its route, being the only one."""
    (server,) = [each for each in scene.host.servers() if each.labels["model"] == "digits"]
    scene.host.fall_silent(server.id)
    assert scene.look().synced
    assert scene.host.find({"model": "digits"})[0].state is ServerState.SILENT
    config = scene.gateway.serving()
    assert config is not None
    assert [route.backends[0].ports for route in config.routes if route.model == "digits"] == [(server.port,)]
    scene.host.fall_silent(server.id, for_good=True)
    assert scene.settle().synced
    assert [each.state for each in scene.host.find({"model": "digits"})][-1] is ServerState.READY
    assert scene.host.find({"model": "digits"})[-1].id != server.id


def test_a_silent_server_loses_its_traffic_to_one_that_answers(tmp_path: Path) -> None:
    """With two replicas, the one that answers gets all of it until the other does again."""
    scene = Scene(tmp_path)
    scene.declare("digits", "v1", replicas=2)
    scene.commit("Two servers")
    assert scene.settle().synced
    first, second = scene.host.servers()
    scene.host.fall_silent(first.id)
    scene.look()
    config = scene.gateway.serving()
    assert config is not None
    assert config.routes[0].backends[0].ports == (second.port,)
    assert len(scene.host.specs) == 2


def test_a_dead_gateway_comes_back_with_its_routes(scene: Scene) -> None:
    """All of them at once, at the next look, and nothing is switched."""
    routed = scene.routed()
    scene.gateway.stop()
    assert scene.look().synced
    assert scene.routed() == routed
    assert scene.state.records(kind="drift.healed") == []


def test_a_gateway_that_does_not_answer_keeps_its_routes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not to know what it serves is no reason to take it away: an incident says so, until it answers."""
    routed = scene.routed()
    scene.restart()

    def no_answer() -> None:
        raise BrokenWorldError("the gateway does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(scene.gateway, "serving", no_answer)
        assert not scene.look().synced
        assert not scene.look().synced
    assert scene.incidents() == ["gateway-down"]
    assert scene.routed() == routed
    assert scene.settle().synced
    assert scene.incidents() == []


def test_nobody_says_that_git_is_live_while_it_cannot_be_asked(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """`status --wait` of a pipeline that pushed a commit must not pass on the commit before it."""
    monkeypatch.setattr(scene.clock, "sleep", lambda _: scene.look())
    scene.repo.rename(scene.folder / "elsewhere")
    report = wait_synced(scene.world, timedelta(seconds=10), _ANA)
    assert (report.synced, report.waiting_for) == (False, ("the repository",))
    (scene.folder / "elsewhere").rename(scene.repo)
    assert wait_synced(scene.world, timedelta(seconds=10), _ANA).synced


def test_a_refusing_gateway_is_told_a_bounded_number_of_times(scene: Scene) -> None:
    """What fails at every look fills no journal."""
    scene.declare("digits", "v2")
    scene.commit("Better digits")
    before = len(list(scene.state.rows()))
    scene.gateway.refuses = ConflictError("the port is taken")
    for _ in range(60):
        scene.look()
    assert len(list(scene.state.rows())) - before < 20
    scene.gateway.refuses = None
    assert scene.settle().synced
    assert scene.incidents() == []


def test_an_unreadable_artifact_holds_one_model_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that cannot read, or breaks, is insufficient: its model waits, all others go on."""

    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "model.bin")

    monkeypatch.setattr(gate, "artifact_findings", fail)
    scene.declare("digits", "v2")
    scene.commit("Better digits")
    seen = scene.settle()
    assert seen.held == (("prod", "digits"),)
    (incident,) = scene.state.incidents(open_only=True)
    assert "Permission denied" in incident.message
    assert set(scene.routed()) == {"digits", "other"}
    (record,) = scene.state.search(kind="release.checked", model="digits", limit=1)
    assert record.draft.body["verdict"] == "insufficient"


def test_a_defect_in_one_model_keeps_no_other_waiting(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The incident names it, and the models after it in the alphabet are looked after."""
    whole = scene.world.target.start

    def start(environment: str, release: object, files: Path, count: int) -> None:
        if getattr(release, "model", "") == "broken":
            raise KeyError("no such thing")
        whole(environment, release, files, count)  # type: ignore[arg-type]

    monkeypatch.setattr(scene.world.target, "start", start)
    scene.declare("broken", "v1")
    scene.declare("sound", "v1")
    scene.commit("Two more")
    scene.settle()
    assert "sound" in scene.routed()
    (incident,) = scene.state.incidents(open_only=True)
    assert (incident.model, "KeyError" in incident.message) == ("broken", True)


def test_the_incident_of_a_model_that_never_ran_closes_with_it(scene: Scene) -> None:
    """Nothing is left of it in Git, on the machine or in the record: neither is its incident."""
    scene.declare("hopeless", "v1", uri_file="other bytes")
    scene.commit("Add hopeless")
    scene.settle()
    assert scene.incidents() == ["git-not-live"]
    scene.remove("hopeless")
    scene.commit("Remove hopeless")
    assert scene.settle().synced
    assert scene.incidents() == []


def test_a_deletion_waits_in_a_manual_environment(tmp_path: Path) -> None:
    """To stop serving is a change like any other: it waits for `fairlead sync`."""
    scene = Scene(tmp_path, sync="manual")
    for name in ("digits", "other", "third"):
        scene.declare(name, "v1")
    scene.commit("Three models")
    request_sync(scene.world, [], _ANA)
    assert scene.settle().synced
    scene.remove("digits")
    scene.commit("Remove digits")
    assert scene.settle().held == (("prod", "digits"),)
    assert "digits" in scene.routed()
    assert scene.incidents() == ["waiting-for-sync"]
    request_sync(scene.world, ["digits"], _ANA)
    assert scene.settle().synced
    assert set(scene.routed()) == {"other", "third"}


def test_a_deletion_waits_for_a_suspension(scene: Scene) -> None:
    """A suspended model that is deleted in Git stays until the suspension ends."""
    now = scene.clock.now()
    hold = Suspension("digits", "investigating", "ana", now, now + timedelta(hours=1))
    scene.state.suspend(hold, Draft("model.suspended", _ANA, model="digits"))
    scene.remove("digits")
    scene.commit("Remove digits")
    scene.settle()
    assert "digits" in scene.routed()
    assert scene.incidents() == ["suspended"]
    scene.clock.advance(timedelta(hours=1))
    assert scene.settle().synced
    assert set(scene.routed()) == {"other"}


def test_a_pinned_commit_passes_the_gate_too(scene: Scene) -> None:
    """A placement that pins a commit with broken bytes is refused, and names the commit."""
    scene.declare("third", "v1", uri_file="other bytes")
    bad = scene.commit("Broken bytes")
    scene.settle()
    scene.declare("third", "v2")
    path = scene.repo / "models" / "third" / "model.yaml"
    path.write_text(path.read_text().replace("prod: {}", f"prod: {{commit: '{bad[:12]}'}}"))
    scene.commit("Pin the broken one")
    assert scene.settle().held == (("prod", "third"),)
    (incident,) = scene.state.incidents(open_only=True)
    assert bad[:12] in incident.message
    assert "third" not in scene.routed()


def test_a_pinned_release_goes_live(scene: Scene) -> None:
    """A placement that pins an earlier sound commit runs that, whatever stands beside it."""
    first = scene.git("rev-parse", "HEAD")
    scene.declare("digits", "v2")
    path = scene.repo / "models" / "digits" / "model.yaml"
    path.write_text(path.read_text().replace("prod: {}", f"prod: {{commit: '{first[:12]}'}}"))
    scene.commit("Stay on the first")
    assert scene.settle().synced
    assert scene.routed()["digits"] == f"digits@{first[:12]}"

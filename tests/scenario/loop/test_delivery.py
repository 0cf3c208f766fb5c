"""What a commit does to a machine: it goes live, is refused, is reverted; nothing is remembered between two looks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.incident import Suspension
from fairlead.domain.journal import Actor, Draft
from fairlead.flows.sync import confirm, request_sync
from tests.scenario.loop.scene import Scene

_ANA = Actor("ana")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A workspace with nothing declared yet."""
    return Scene(tmp_path)


def test_a_commit_goes_live(scene: Scene) -> None:
    """A declared model is started, gets the traffic, and its deployment names the commit."""
    scene.declare("digits", "v1")
    commit = scene.commit("Add digits")
    assert scene.settle().synced
    assert scene.routed() == {"digits": f"digits@{commit[:12]}"}
    (live,) = scene.state.deployments(live=True)
    assert (live.environment, live.model, live.commit) == ("prod", "digits", commit)
    assert scene.incidents() == []


def test_a_commit_that_shapes_nothing_makes_no_release(scene: Scene) -> None:
    """A new description restarts nothing and keeps the release's name."""
    scene.declare("digits", "v1")
    first = scene.commit("Add digits")
    scene.settle()
    before = [each.id for each in scene.host.servers()]
    scene.declare("digits", "v1", note="better words")
    scene.commit("Say it better")
    assert scene.settle().synced
    assert scene.routed() == {"digits": f"digits@{first[:12]}"}
    assert [each.id for each in scene.host.servers()] == before


def test_the_new_release_takes_over_only_when_it_is_ready(scene: Scene) -> None:
    """Until the switch the old release has the traffic; afterwards it is stopped."""
    scene.declare("digits", "v1")
    first = scene.commit("Add digits")
    scene.settle()
    scene.declare("digits", "v2")
    second = scene.commit("Better digits")
    seen = [scene.routed()["digits"]]
    for _ in range(200):  # an artifact is fetched beside the loop, in as much real time as that takes
        scene.look()
        seen.append(scene.routed()["digits"])
        if scene.routed()["digits"] == f"digits@{first[:12]}":
            assert f"digits@{first[:12]}" in scene.running()
        elif scene.running() == [f"digits@{second[:12]}"]:
            break
    assert seen[0] == f"digits@{first[:12]}"
    assert seen[-1] == f"digits@{second[:12]}"
    assert scene.running() == [f"digits@{second[:12]}"]


def test_a_revert_brings_the_same_release_back(scene: Scene) -> None:
    """After `git revert` the earlier release is live again under its old name."""
    scene.declare("digits", "v1")
    first = scene.commit("Add digits")
    scene.settle()
    scene.declare("digits", "v2")
    scene.commit("Worse digits")
    scene.settle()
    scene.git("revert", "--no-edit", "HEAD")
    assert scene.settle().synced
    assert scene.routed() == {"digits": f"digits@{first[:12]}"}
    assert [each.digest for each in scene.state.deployments()].count(scene.state.deployments()[0].digest) == 2


def test_a_broken_declaration_keeps_the_last_good_release(scene: Scene) -> None:
    """The model stays on what is live; the incident names file and line; other models go on."""
    scene.declare("digits", "v1")
    first = scene.commit("Add digits")
    scene.settle()
    path = scene.repo / "models" / "digits" / "model.yaml"
    path.write_text(path.read_text().replace("serving:", "servign:"))
    scene.declare("other", "v1")
    scene.commit("Break digits, add other")
    seen = scene.settle()
    assert seen.held == (("prod", "digits"),)
    assert scene.routed()["digits"] == f"digits@{first[:12]}"
    assert "other" in scene.routed()
    (incident,) = scene.state.incidents(open_only=True)
    assert incident.kind == "git-not-live"
    assert "models/digits/model.yaml:" in incident.message
    path.write_text(path.read_text().replace("servign:", "serving:"))
    scene.commit("Mend digits")
    assert scene.settle().synced
    assert scene.incidents() == []


def test_bytes_that_do_not_match_the_lock_never_start(scene: Scene) -> None:
    """A digest mismatch is refused before any process exists."""
    scene.declare("digits", "v1", uri_file="something else")
    scene.commit("Wrong digest")
    scene.settle()
    assert scene.host.specs == {}
    assert scene.routed() == {}
    assert scene.incidents() == ["git-not-live"]


def test_bytes_added_after_their_lock_go_live(scene: Scene) -> None:
    """The lock was committed and the artifact forgotten: the commit that adds the right bytes goes live."""
    scene.declare("digits", "v1", uri_file="the right bytes")
    first = scene.commit("Forget the artifact")
    scene.settle()
    assert scene.routed() == {}
    (scene.repo / "models" / "digits" / "model.bin").write_text("the right bytes")
    scene.commit("Add the artifact")
    assert scene.settle().synced
    assert scene.routed() == {"digits": f"digits@{first[:12]}"}
    assert scene.incidents() == []


def test_a_release_that_crashes_leaves_the_old_one_live_and_is_given_up(scene: Scene) -> None:
    """Six tries with growing delays, then quiet until Git changes; the live release is healed meanwhile."""
    scene.declare("digits", "v1")
    first = scene.commit("Add digits")
    scene.settle()
    scene.declare("digits", "v2")
    commit = scene.commit("Crash at start")
    scene.host.crashing = {each for each in [_digest(scene, commit)] if each}
    for _ in range(150):
        scene.look()
    tries = [spec for spec in scene.host.specs.values() if spec.labels["release"] in scene.host.crashing]
    assert len(tries) == 6
    assert scene.routed() == {"digits": f"digits@{first[:12]}"}
    (incident,) = scene.state.incidents(open_only=True)
    assert "given up until Git changes" in incident.message
    (live,) = [each for each in scene.host.servers() if each.state.value == "ready"]
    scene.host.kill(live.id)
    scene.look()
    scene.look()
    assert scene.running() == [f"digits@{first[:12]}"]
    scene.git("revert", "--no-edit", "HEAD")
    assert scene.settle().synced
    assert scene.incidents() == []


def test_a_dead_server_is_replaced_at_once_and_reported(scene: Scene) -> None:
    """Drift is healed: the next look starts another server, and the journal says so."""
    scene.declare("digits", "v1")
    scene.commit("Add digits")
    scene.settle()
    scene.host.kill(scene.host.servers()[0].id)
    scene.look()
    scene.look()
    assert len(scene.running()) == 1
    assert [each.draft.kind for each in scene.state.records(kind="drift")] != []
    assert scene.settle().synced
    assert scene.incidents() == []


def test_a_deleted_model_is_drained_and_stopped(scene: Scene) -> None:
    """What Git no longer declares leaves traffic, then the machine."""
    scene.declare("digits", "v1")
    scene.declare("other", "v1")
    scene.commit("Two models")
    scene.settle()
    scene.remove("digits")
    scene.commit("Remove digits")
    assert scene.settle().synced
    assert list(scene.routed()) == ["other"]
    assert all(name.startswith("other@") for name in scene.running())
    assert [each.model for each in scene.state.deployments(live=True)] == ["other"]


def test_a_commit_that_removes_most_models_waits_for_a_person(scene: Scene) -> None:
    """More than half of the models go only when somebody confirms that commit."""
    for name in ("one", "two", "three"):
        scene.declare(name, "v1")
    scene.commit("Three models")
    scene.settle()
    scene.remove("one")
    scene.remove("two")
    commit = scene.commit("Remove two of three")
    scene.settle()
    assert sorted(scene.routed()) == ["one", "three", "two"]
    assert set(scene.incidents()) == {"removal-unconfirmed"}
    confirm(scene.world, commit[:12], _ANA)
    assert scene.settle().synced
    assert list(scene.routed()) == ["three"]


def test_a_manual_environment_waits_for_sync(tmp_path: Path) -> None:
    """A first release and each new one wait until a person says sync."""
    scene = Scene(tmp_path, sync="manual")
    scene.declare("digits", "v1")
    scene.commit("Add digits")
    scene.settle()
    assert scene.routed() == {}
    assert scene.incidents() == ["waiting-for-sync"]
    request_sync(scene.world, ["digits"], _ANA)
    assert scene.settle().synced
    assert list(scene.routed()) == ["digits"]


def test_a_suspended_model_stays_and_says_by_whom(scene: Scene) -> None:
    """A suspension holds the model until it expires, and Git not being live has its incident."""
    scene.declare("digits", "v1")
    first = scene.commit("Add digits")
    scene.settle()
    now = scene.clock.now()
    hold = Suspension("digits", "investigating", "ana", now, now + timedelta(hours=1))
    scene.state.suspend(hold, Draft("model.suspended", _ANA, model="digits"))
    scene.declare("digits", "v2")
    second = scene.commit("Better digits")
    scene.settle()
    assert scene.routed() == {"digits": f"digits@{first[:12]}"}
    assert scene.incidents() == ["suspended"]
    scene.clock.advance(timedelta(hours=1))
    assert scene.settle().synced
    assert scene.routed() == {"digits": f"digits@{second[:12]}"}


def test_a_control_plane_killed_at_any_look_arrives_all_the_same(scene: Scene) -> None:
    """A new process after every single look: no server is started twice, and Git goes live."""
    scene.declare("digits", "v1", replicas=2)
    scene.commit("Add digits")
    for _ in range(12):
        scene.look()
        scene.restart()
    assert scene.settle().synced
    assert len(scene.host.specs) == 2
    assert len(scene.state.deployments()) == 1


def test_a_vanished_repository_keeps_what_is_live(scene: Scene) -> None:
    """The last fetched commit stays live, and an incident says why nothing new comes."""
    scene.declare("digits", "v1")
    scene.commit("Add digits")
    scene.settle()
    scene.repo.rename(scene.folder / "elsewhere")
    scene.look()
    scene.look()
    assert scene.incidents() == ["repository-unreachable"]
    assert len(scene.running()) == 1
    (scene.folder / "elsewhere").rename(scene.repo)
    assert scene.settle().synced
    assert scene.incidents() == []


def test_a_rewritten_branch_is_followed_and_recorded(scene: Scene) -> None:
    """After a forced push the new history is live, and the journal says that it was rewritten."""
    scene.declare("digits", "v1")
    scene.commit("Add digits")
    scene.settle()
    scene.declare("digits", "v3")
    scene.git("add", "-A")
    scene.git("commit", "-q", "--amend", "-m", "Rewrite history")
    rewritten = scene.git("rev-parse", "HEAD")
    assert scene.settle().synced
    assert scene.routed() == {"digits": f"digits@{rewritten[:12]}"}
    assert len(scene.state.records(kind="repository.rewritten")) == 1


def _digest(scene: Scene, commit: str) -> str:
    scene.world.repository.fetch()
    release = scene.world.releases.release("digits", commit)
    return release.digest if release else ""


def test_what_was_stopped_on_purpose_is_no_failure(scene: Scene) -> None:
    """A release that comes back after its servers were stopped starts at once, with no incident."""
    scene.declare("digits", "v1")
    scene.commit("Add digits")
    scene.settle()
    scene.declare("digits", "v2")
    scene.commit("Worse digits")
    scene.settle()
    scene.git("revert", "--no-edit", "HEAD")
    scene.settle()
    assert scene.state.records(kind="attempt") == []
    assert scene.state.records(kind="incident") == []


def test_servers_of_a_lost_state_are_adopted(scene: Scene) -> None:
    """The state is gone and servers run: nothing is stopped or started, and Git is live."""
    scene.declare("digits", "v1")
    commit = scene.commit("Add digits")
    scene.settle()
    before = [each.id for each in scene.host.servers()]
    scene.lose_state()
    assert scene.settle().synced
    assert [each.id for each in scene.host.servers()] == before
    assert scene.running() == [f"digits@{commit[:12]}"]
    assert [each.release for each in scene.state.deployments(live=True)] == [f"digits@{commit[:12]}"]


def test_a_lost_state_and_a_broken_commit_stop_nothing(scene: Scene) -> None:
    """Nobody knows any more what was the last good release: what runs is left alone, and an incident says why."""
    scene.declare("digits", "v1")
    scene.commit("Add digits")
    scene.settle()
    path = scene.repo / "models" / "digits" / "model.yaml"
    path.write_text(path.read_text().replace("serving:", "servign:"))
    scene.commit("Break digits")
    scene.lose_state()
    scene.settle()
    assert len(scene.running()) == 1
    assert scene.incidents() == ["git-not-live"]


def test_a_broken_workspace_keeps_everything_and_is_told_once(scene: Scene) -> None:
    """One incident says that nothing can be read; when it is mended, it closes."""
    scene.declare("digits", "v1")
    scene.declare("other", "v1")
    scene.commit("Two models")
    scene.settle()
    path = scene.repo / "fairlead.yaml"
    whole = path.read_text()
    path.write_text(whole + "nonsense: true\n")
    scene.commit("Break the workspace")
    scene.settle()
    assert scene.incidents() == ["git-not-live"]
    assert len(scene.running()) == 2
    path.write_text(whole)
    scene.commit("Mend it")
    assert scene.settle().synced
    assert scene.incidents() == []

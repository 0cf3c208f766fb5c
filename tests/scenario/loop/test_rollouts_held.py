"""A rollout that may not go on says why, in the words of what holds it; and how its servers' deaths are taken."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.incident import Suspension
from fairlead.domain.journal import Actor, Draft
from fairlead.domain.rollout import Phase
from fairlead.domain.serving import ServerState
from tests.scenario.loop.test_rollouts import Canary

_ADA = Actor("ada@example.com")


@pytest.fixture
def scene(tmp_path: Path) -> Canary:
    """A canary of digits, with four servers of each release, is at its first step."""
    return Canary.stepping(tmp_path, replicas=4)


def walk(scene: Canary, looks: int) -> None:
    """Requests and looks, enough for a verdict at this step."""
    for at in range(looks):
        scene.ask(400, seed=at)
        scene.clock.advance(timedelta(seconds=8))
        scene.look()


def told(scene: Canary) -> set[str]:
    """All reasons to wait that the journal has."""
    return {each.draft.body["message"] for each in scene.state.search(kind="rollout.waiting")}


def kill(scene: Canary, release: str, count: int) -> None:
    """So many servers of a release that answer die, one after the other."""
    for _ in range(count):
        ready = [each for each in scene.host.servers() if each.state is ServerState.READY]
        scene.host.kill(next(each.id for each in ready if each.labels["release"] == release))
        scene.look()


def test_a_person_who_suspends_is_named(scene: Canary) -> None:
    """Nobody reads of a closed window where there is none."""
    now = scene.clock.now()
    hold = Suspension("digits", "on holiday", "ada", now, now + timedelta(hours=9))
    scene.state.suspend(hold, Draft("model.suspended", _ADA, model="digits"))
    walk(scene, 12)
    assert scene.weights() == [80, 20]
    assert scene.rollout().waiting == f"suspended by ada until {hold.until:%Y-%m-%d %H:%M} UTC: on holiday"
    assert told(scene) == {scene.rollout().waiting}


def test_a_workspace_that_cannot_be_read_is_named(scene: Canary) -> None:
    """With its file, as its incident does."""
    (scene.repo / "fairlead.yaml").write_text("nonsense: [")
    scene.commit("Break the workspace")
    walk(scene, 12)
    assert scene.rollout().waiting.startswith("fairlead.yaml")
    assert "window" not in "".join(told(scene))


def test_a_closed_window_is_named(scene: Canary) -> None:
    """Where it is what holds the rollout."""
    workspace = scene.repo / "fairlead.yaml"
    day = f"{scene.clock.now() + timedelta(days=3):%a}".lower()
    text = workspace.read_text()
    workspace.write_text(
        text.replace("sync: automatic", f"sync: automatic\n    promotionWindows: [{{days: [{day}]}}]", 1)
    )
    scene.commit("Release on one day only")
    walk(scene, 12)
    assert told(scene) == {"the promotion window is closed"}


def test_deaths_are_held_against_those_of_the_old_release(scene: Canary) -> None:
    """Where the old release's servers die as well, three deaths say nothing of the new one."""
    rollout = scene.rollout()
    kill(scene, rollout.old.digest, 1)
    kill(scene, rollout.new.digest, 3)
    assert scene.rollout().phase is Phase.STEPPING
    kill(scene, rollout.new.digest, 1)
    assert scene.rollout().phase is Phase.ABORTED


def test_three_deaths_beside_none_of_the_old_release_end_it(scene: Canary) -> None:
    """While others of it still answer."""
    kill(scene, scene.rollout().new.digest, 3)
    assert scene.rollout().phase is Phase.ABORTED
    assert "3 ended by themselves" in scene.rollout().reason


def lose(scene: Canary, release: str) -> None:
    """A server of a release dies, the machine forgets it, and long after everything answers again."""
    kill(scene, release, 1)
    for each in scene.host.servers():
        if each.state is ServerState.EXITED:
            scene.host.forget(each.id)
    for _ in range(4):
        scene.clock.advance(timedelta(minutes=10))
        scene.look()


def test_a_slow_crash_loop_is_seen(scene: Canary) -> None:
    """An hour lies between the deaths, and the machine lists no two of them at once; a restart forgets none."""
    for _ in range(2):
        lose(scene, scene.rollout().new.digest)
        assert scene.rollout().phase is Phase.STEPPING
    scene.restart()
    lose(scene, scene.rollout().new.digest)
    assert scene.rollout().phase is Phase.ABORTED
    assert "3 ended by themselves, the last with -9" in scene.rollout().reason


def test_old_deaths_are_not_forgotten_either(scene: Canary) -> None:
    """What is usual on this machine is so over all of the rollout."""
    lose(scene, scene.rollout().old.digest)
    for _ in range(3):
        lose(scene, scene.rollout().new.digest)
    assert scene.rollout().phase is Phase.STEPPING


def test_deaths_of_the_machine_are_nobodys(scene: Canary) -> None:
    """Servers of both are gone at once: neither is blamed, nor excused from what comes."""
    for each in scene.host.servers():
        if each.state is ServerState.READY:
            scene.host.kill(each.id)
    for _ in range(6):
        scene.look()
    kill(scene, scene.rollout().new.digest, 2)
    assert scene.rollout().phase is Phase.STEPPING
    kill(scene, scene.rollout().new.digest, 1)
    assert scene.rollout().phase is Phase.ABORTED

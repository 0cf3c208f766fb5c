"""Which releases may come back without steps: those that ran whole and healthy, and that nobody took back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.flows.rollouts.kept import kept
from tests.scenario.loop.test_rollouts import Canary

_AT_ONCE = ""
_HOUR = timedelta(hours=1)


@pytest.fixture
def scene(tmp_path: Path) -> Canary:
    """`first` and then `second` were live, each for an hour."""
    made = Canary.judged(tmp_path)
    for content in ("first", "second"):
        goes_live(made, content)
    return made


def goes_live(scene: Canary, content: str) -> str:
    """A release that has all traffic at once, and for an hour; its commit."""
    commit = scene.bring(content, _AT_ONCE)
    scene.settle()
    scene.clock.advance(_HOUR)
    return commit


def returns(scene: Canary, content: str) -> bool:
    """Whether it comes back without steps, where a canary is declared."""
    scene.bring(content)
    for _ in range(6):
        scene.look()
    found = kept(scene.world, "prod", "digits")
    assert found is not None
    return found.rollout.returns


def test_what_gave_way_to_a_newer_one_returns_without_steps(scene: Canary) -> None:
    """A revert is as quick as a start of servers."""
    assert returns(scene, "first")


def test_what_people_took_back_walks_its_steps_again(scene: Canary) -> None:
    """It ended by a move to an older release: somebody had a reason, though no rollout was aborted."""
    goes_live(scene, "first")
    assert not returns(scene, "second")


def test_who_returned_may_return_again(scene: Canary) -> None:
    """What was there first is older, however often the two change places."""
    goes_live(scene, "first")
    goes_live(scene, "second")
    assert returns(scene, "first")


def test_an_older_one_that_was_never_live_here_is_known_by_git(scene: Canary) -> None:
    """A pin to an earlier commit takes back as well."""
    skipped = scene.bring("third", _AT_ONCE)
    goes_live(scene, "fourth")
    file = scene.repo / "models" / "digits" / "model.yaml"
    file.write_text(file.read_text().replace("prod: {}", f"prod: {{commit: {skipped}}}"))
    scene.commit("Back to the third")
    scene.settle()
    assert scene.routed() == {"digits": f"digits@{skipped[:12]}"}
    scene.clock.advance(_HOUR)
    assert not returns(scene, "fourth")


def test_what_did_not_serve_in_its_time_walks_its_steps_again(scene: Canary) -> None:
    """Its server died while it was live, and an incident said so; it was mended before the end."""
    scene.host.kill(scene.host.servers()[-1].id)
    scene.settle()
    assert scene.incidents() == []
    assert [each.kind for each in scene.state.incidents(open_only=False)] == ["unhealthy"]
    scene.clock.advance(_HOUR)
    goes_live(scene, "third")
    assert not returns(scene, "second")


def test_what_another_release_suffered_says_nothing_of_it(scene: Canary) -> None:
    """The incident was in the time of the one that comes after."""
    goes_live(scene, "third")
    scene.host.kill(scene.host.servers()[-1].id)
    scene.settle()
    assert returns(scene, "second")


def test_what_was_taken_back_while_it_returned_walks_its_steps_again(scene: Canary) -> None:
    """Git wanted it back and then did not."""
    scene.bring("first")
    while not scene.state.search(kind="rollout.started"):
        scene.look()
    scene.bring("second")
    scene.settle()
    assert "rollout.superseded" in [each.draft.kind for each in scene.state.search(kind="rollout")]
    assert not returns(scene, "first")

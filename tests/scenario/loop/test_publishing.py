"""GitHub is told the verdict on the followed commit and where it is live; that it is down holds nothing up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.flows.converging.publishing import UNREACHABLE
from tests.contract.github.github_server import TOKEN, GitHubServer, serve
from tests.scenario.loop.scene import Scene

_POLICIES = """
policies:
  owners: [olga@example.com]
  packs: {baseline: {}}
  approvals: {github: org/shop, githubApi: 'ADDRESS'}
"""


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    """The stand-in for GitHub, which has every commit."""
    with serve() as found:
        found.commits = _Every()
        yield found


class _Every(set[str]):
    def __contains__(self, commit: object) -> bool:
        return True


@pytest.fixture
def scene(tmp_path: Path, github: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A workspace whose rules say where it lives on GitHub, in an environment with a token."""
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("GITHUB_API_URL", github.address)
    made = Scene(tmp_path)
    path = made.repo / "fairlead.yaml"
    path.write_text(path.read_text() + _POLICIES.replace("ADDRESS", github.address))
    made.declare("digits", "v1")
    return made


def _licensed(scene: Scene) -> None:
    path = scene.repo / "models" / "digits" / "model.yaml"
    path.write_text(path.read_text() + "provenance: {licence: mit}\n")


def _newest(github: GitHubServer, commit: str) -> dict[str, str]:
    """State by context, as GitHub shows it."""
    return {each["context"]: each["state"] for each in github.statuses if each["sha"] == commit}


def _until(scene: Scene, github: GitHubServer, commit: str, wanted: dict[str, str]) -> None:
    for _ in range(600):
        scene.look()
        if _newest(github, commit) == wanted:
            return
    pytest.fail(f"{_newest(github, commit)} instead of {wanted}; open: {scene.incidents()}")


def _rest(scene: Scene) -> None:
    """What GitHub has is known here only when its answer has come, beside the loop."""
    for _ in range(60):
        scene.look()
        time.sleep(0.01)


def test_a_refused_commit_fails_and_a_live_one_succeeds(scene: Scene, github: GitHubServer) -> None:
    """With the rule and its place in the verdict, and the reason where it is not live."""
    refused = scene.commit("Add digits")
    _until(scene, github, refused, {"fairlead/verdict": "failure", "fairlead/live/prod": "failure"})
    described = {each["context"]: each["description"] for each in github.statuses}
    assert "baseline/" in described["fairlead/verdict"]
    assert described["fairlead/live/prod"].startswith("held: digits")
    _licensed(scene)
    good = scene.commit("Say the licence")
    _until(scene, github, good, {"fairlead/verdict": "success", "fairlead/live/prod": "success"})


def test_only_changes_are_told(scene: Scene, github: GitHubServer) -> None:
    """Not again at the next look, nor by the next process."""
    _licensed(scene)
    good = scene.commit("Add digits")
    _until(scene, github, good, {"fairlead/verdict": "success", "fairlead/live/prod": "success"})
    _rest(scene)
    told = len(github.statuses)
    scene.restart()
    scene.settle()
    _rest(scene)
    assert github.statuses[told:] == []


def test_a_github_that_is_down_holds_nothing_up(scene: Scene, github: GitHubServer) -> None:
    """The model goes live, an incident says what cannot be told, and it is told once GitHub is back."""
    github.fault = "down"
    _licensed(scene)
    good = scene.commit("Add digits")
    for _ in range(600):
        scene.look()
        if scene.routed() and scene.incidents() == [UNREACHABLE]:
            break
    assert scene.routed() == {"digits": f"digits@{good[:12]}"}
    (told,) = scene.state.incidents(open_only=True)
    assert "502" in told.message
    assert TOKEN not in told.message
    github.fault = ""
    scene.clock.advance(timedelta(minutes=2))
    _until(scene, github, good, {"fairlead/verdict": "success", "fairlead/live/prod": "success"})
    _rest(scene)
    assert scene.incidents() == []


def test_the_token_goes_where_the_environment_says(
    scene: Scene, github: GitHubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that only a file of the repository names gets nothing."""
    monkeypatch.delenv("GITHUB_API_URL")
    _licensed(scene)
    scene.commit("Add digits")
    assert scene.settle().synced
    time.sleep(0.1)
    scene.look()
    assert github.requests == []

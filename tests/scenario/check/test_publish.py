"""The verdict as a commit's status on GitHub, over a real socket to a stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.contract.github.github_server import TOKEN, GitHubServer, serve
from tests.scenario.check.hooked import BAD, GOOD, Person


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    """The stand-in for GitHub."""
    with serve() as found:
        yield found


@pytest.fixture
def ada(person: Person, github: GitHubServer) -> Person:
    """Somebody in a job of GitHub Actions, with one commit that GitHub has."""
    more = {"GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "org/shop", "GITHUB_API_URL": github.address}
    made = replace(person, more=more)
    made.write("fairlead.yaml", GOOD)
    github.commits = {made.commit("Begin")}
    return made


def publish(person: Person, *, fails: bool = False) -> str:
    """Check HEAD and publish."""
    return person.run("fairlead", "check", "--commit", "HEAD", "--publish", "github", fails=fails)


def test_a_verdict_becomes_a_status(ada: Person, github: GitHubServer) -> None:
    """A pass is a success and a mistake a failure, each on the commit that was checked, in one context."""
    assert "published as the status of org/shop@" in publish(ada)
    ada.write("fairlead.yaml", BAD)
    bad = ada.commit("A mistake")
    github.commits.add(bad)
    publish(ada, fails=True)
    assert [(each["state"], each["context"]) for each in github.statuses] == [
        ("success", "fairlead/check"),
        ("failure", "fairlead/check"),
    ]
    assert github.statuses[1]["sha"] == bad
    assert github.statuses[1]["description"] == "fail: 1 error"


def test_the_repository_may_be_declared(ada: Person, github: GitHubServer) -> None:
    """Outside of GitHub Actions the workspace itself says where it lives."""
    local = replace(ada, more={name: text for name, text in ada.more.items() if name != "GITHUB_REPOSITORY"})
    assert "set GITHUB_REPOSITORY" in publish(local, fails=True)
    ada.write("fairlead.yaml", f"{GOOD}policies:\n  approvals: {{github: org/shop, githubApi: 'http://127.0.0.1:9'}}\n")
    github.commits.add(ada.commit("Say where it lives"))
    publish(local)
    assert [each["state"] for each in github.statuses] == ["success"]


def test_nothing_is_published_in_silence(ada: Person, github: GitHubServer) -> None:
    """Without a token, without a commit, or where GitHub refuses, the command says so and fails."""
    assert "GITHUB_TOKEN is not set" in publish(replace(ada, more={}), fails=True)
    assert "--commit HEAD" in ada.run("fairlead", "check", "--publish", "github", fails=True)
    github.fault = "down"
    assert TOKEN not in publish(ada, fails=True)
    assert github.statuses == []

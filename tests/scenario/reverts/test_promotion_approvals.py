"""Before a promotion people see how many approvals the next environment asks for, and who gave theirs already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.flows.approve import approve
from fairlead.flows.judging.approver import approving
from fairlead.flows.promote import station_before
from tests.contract.github.github_server import TOKEN, GitHubServer, serve
from tests.scenario.approvals.people import Person, make_person
from tests.scenario.reverts.stage import WORKSPACE, Stage
from tests.scenario.reverts.test_promoting import live

_PEOPLE = """\
    approvals: 2
principals:
  - {name: Bob, email: bob@example.com, github: bob, roles: [approver]}
  - {name: Carol, email: carol@example.com, github: carol, roles: [approver]}
  - {name: Dan, email: dan@example.com, roles: [operator]}
"""


class Approved(Stage):
    """A release is live in dev, and two people must agree before production has it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> None:
        super().__init__(folder)
        self._patch = monkeypatch
        self.people = {name: make_person(name, folder) for name in ("bob", "carol", "dan")}
        self.origin.write("fairlead.yaml", WORKSPACE + _PEOPLE + more)
        signers = "".join(each.signer() for each in self.people.values())
        self.origin.write(".fairlead/allowed_signers", signers)
        self.commit = self.release("one", environments="{dev: {}, prod: {}}")
        live(self, self.commit)
        self.later = self.release("two", environments="{dev: {}, prod: {}}")

    def agree(self, name: str, environment: str = "") -> None:
        """A person approves the release that is live in dev, from their own clone, and pushes the note."""
        person: Person = self.people[name]
        self._patch.setenv("GIT_COMMITTER_NAME", name)
        self._patch.setenv("GIT_COMMITTER_EMAIL", person.mail)
        place = approving(self.origin.folder, str(person.key), self.base.clock)
        approve(place, f"digits@{self.commit[:12]}", environment=environment)
        self._patch.delenv("GIT_COMMITTER_NAME")
        self._patch.delenv("GIT_COMMITTER_EMAIL")

    def given(self, *, reviews: bool = False) -> tuple[str, ...] | None:
        """Whose approval counts."""
        self.world.repository.fetch()
        station = station_before(self.world, "digits", "prod", reviews=reviews)
        assert station.approvals == 2
        return station.given


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    """GitHub, and a token for it."""
    with serve() as found:
        monkeypatch.setenv("GITHUB_API_URL", found.address)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        yield found


def test_each_approval_that_counts_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, for the release that is to move on, though a newer one is declared by now."""
    stage = Approved(tmp_path, monkeypatch)
    assert stage.given() == ()
    stage.agree("bob")
    assert stage.given() == ("bob@example.com",)
    stage.agree("bob")
    assert stage.given() == ("bob@example.com",)
    stage.agree("carol", "prod")
    assert stage.given() == ("bob@example.com", "carol@example.com")


def test_what_does_not_count_at_the_gate_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An approval for another environment, or of somebody who is no approver."""
    stage = Approved(tmp_path, monkeypatch)
    stage.agree("carol", "dev")
    stage.agree("dan")
    assert stage.given() == ()


def test_where_nothing_is_to_be_promoted_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git wants it there already."""
    stage = Approved(tmp_path, monkeypatch)
    stage.agree("bob")
    stage.release("one", environments="{dev: {}, prod: {}}")
    assert stage.given() is None


def test_reviews_count_where_they_may_be_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, github: GitHubServer
) -> None:
    """A page does not wait for GitHub, and says no number; who asks on purpose gets signatures and reviews together."""
    rules = f"policies: {{approvals: {{github: org/shop, githubApi: '{github.address}'}}}}\n"
    stage = Approved(tmp_path, monkeypatch, rules)
    stage.agree("bob")
    github.head, github.commits = stage.commit, {stage.commit}
    github.review("carol", "APPROVED", stage.commit)
    assert stage.given() is None
    assert github.requests == []
    assert stage.given(reviews=True) == ("bob@example.com", "carol@example.com")
    github.fault = "down"
    assert stage.given(reviews=True) is None

"""A revert on a branch of its own is owed until its pull request is there: real Git, GitHub over real HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.flows.rollouts.owed import Reverts
from fairlead.flows.rollouts.quarantine import Quarantine, quarantine, quarantines
from tests.contract.github.github_server import TOKEN, GitHubServer, serve
from tests.scenario.reverts.stage import CAUSE, WORKSPACE, Stage

KEY = ("prod", "digits")


class Owing(Stage):
    """A protected branch on GitHub, with a bad release that was taken back and whose revert is owed."""

    def __init__(self, folder: Path, github: GitHubServer) -> None:
        super().__init__(folder)
        rules = f"policies: {{approvals: {{github: org/shop, githubApi: '{github.address}'}}}}\n"
        self.origin.write("fairlead.yaml", WORKSPACE + rules)
        good, bad = self.arm(self.release("one")), self.arm(self.release("two", "Serve two"))
        self.bad = bad.name.rpartition("@")[2]
        self.branch = f"fairlead/revert-digits-{self.bad}"
        self.refuse_pushes()
        owed = (CAUSE.message, CAUSE.metric, CAUSE.evidence, CAUSE.journal)
        quarantine(self.world, KEY, Quarantine(bad.digest, bad.name, good.name, good.digest, *owed))
        self.reverts = Reverts(self.world)

    def owed(self) -> Quarantine:
        """As it is kept."""
        return quarantines(self.world)[KEY]

    def look(self, wait: timedelta = timedelta(0)) -> Quarantine:
        """Time passes, and the loop looks until what it began is done."""
        self.base.clock.advance(wait)
        self.reverts.look()
        until = time.monotonic() + 30
        while self.reverts._asked and time.monotonic() < until:  # noqa: SLF001 - what runs beside the loop
            time.sleep(0.01)
            self.reverts.look()
        return self.owed()

    def restart(self) -> None:
        """The control plane dies, and another one starts."""
        self.reverts.close()
        self.reverts = Reverts(self.follow(str(self.shared)))


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    """GitHub, which is down, and a token for it."""
    with serve() as found:
        monkeypatch.setenv("GITHUB_API_URL", found.address)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        found.fault = "down"
        yield found


@pytest.fixture
def owing(tmp_path: Path, github: GitHubServer) -> Iterator[Owing]:
    """The revert is on its branch, and nobody could open the pull request."""
    made = Owing(tmp_path, github)
    first = made.look()
    assert not first.settled
    assert first.outcome.startswith("revert ")
    assert f"waits on branch {made.branch}" in first.outcome
    assert "no pull request was opened: GitHub answers 502" in first.outcome
    assert first.outcome.endswith("; it is asked for again")
    yield made
    made.reverts.close()


def test_the_pull_request_is_opened_when_the_host_answers_again(owing: Owing, github: GitHubServer) -> None:
    """For the very commit that lies on the branch, once; then nothing is owed."""
    waiting = owing.git("rev-parse", owing.branch)
    github.fault, github.branches[owing.branch] = "", waiting
    asked = len(github.requests)
    assert not owing.look(timedelta(seconds=29)).settled
    assert len(github.requests) == asked
    after = owing.look(timedelta(seconds=1))
    assert after.settled
    assert after.outcome == f"revert {waiting[:12]} waits for its merge: https://github.example/org/shop/pull/20"
    assert [each["head"] for each in github.pulls] == [{"ref": owing.branch, "sha": waiting}]
    assert owing.git("rev-parse", owing.branch) == waiting
    asked = len(github.requests)
    owing.look(timedelta(days=1))
    assert len(github.requests) == asked


def test_it_is_asked_for_ever_less_often_and_not_for_ever(owing: Owing, github: GitHubServer) -> None:
    """Delays double up to an hour; after a bounded number of tries the incident says that it is over."""
    delays, waited = [], timedelta(0)
    seen, step = len(github.requests), timedelta(seconds=30)
    while not owing.look(step).settled:
        waited += step
        if len(github.requests) > seen:
            delays.append(int(waited.total_seconds()))
            seen, waited = len(github.requests), timedelta(0)
            step = timedelta(seconds=min(30 * 2 ** len(delays), 3600))
    assert delays[:8] == [30, 60, 120, 240, 480, 960, 1920, 3600]
    assert set(delays[8:]) == {3600}
    assert len(delays) == 22
    assert owing.owed().outcome.endswith("; it was asked for 24 times, and is not asked for again")
    assert owing.kinds() == ["revert.committed", "revert.proposed"]
    seen = len(github.requests)
    owing.look(timedelta(days=1))
    assert len(github.requests) == seen


def test_the_count_survives_a_kill(owing: Owing, github: GitHubServer) -> None:
    """Who starts again and again does not ask for ever."""
    for _ in range(3):
        owing.restart()
        owing.look()
    assert owing.owed().asked == 4
    github.fault, github.branches[owing.branch] = "", owing.git("rev-parse", owing.branch)
    owing.restart()
    assert owing.look().settled
    assert len(github.pulls) == 1


def test_without_a_token_nobody_is_asked_until_there_is_one(
    owing: Owing, github: GitHubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No try is used up meanwhile; the next control plane that has one asks."""
    github.fault, github.branches[owing.branch] = "", owing.git("rev-parse", owing.branch)
    monkeypatch.delenv("GITHUB_TOKEN")
    owing.restart()
    before = owing.owed()
    for _ in range(3):
        assert owing.look(timedelta(hours=1)) == before
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    assert owing.look().settled
    assert len(github.pulls) == 1


def test_who_merges_it_by_hand_ends_it(owing: Owing, github: GitHubServer) -> None:
    """Git does not want the bad release any more, and it was our revert."""
    (owing.shared / "hooks/pre-receive").unlink()
    owing.git("update-ref", "refs/heads/main", owing.branch)
    seen = len(github.requests)
    after = owing.look(timedelta(minutes=1))
    assert after.settled
    assert after.outcome.endswith("is pushed to main")
    assert len(github.requests) == seen


def test_a_branch_that_a_person_took_away_is_an_answer(owing: Owing, github: GitHubServer) -> None:
    """It is not pushed again, and no pull request is asked for; what they push there stays."""
    owing.git("update-ref", "-d", f"refs/heads/{owing.branch}")
    seen = len(github.requests)
    after = owing.look(timedelta(minutes=1))
    assert after.settled
    assert "is not there any more as it was" in after.outcome
    assert owing.git("for-each-ref", "refs/heads/fairlead/") == ""
    assert len(github.requests) == seen


def test_elsewhere_a_branch_is_the_end(tmp_path: Path) -> None:
    """Without `policies.approvals.github` there is nothing to ask for."""
    with serve() as github:
        owing = Owing(tmp_path, github)
        (owing.shared / "hooks/pre-receive").unlink()
        owing.origin.write("fairlead.yaml", WORKSPACE)
        owing.push("No GitHub here")
        owing.refuse_pushes()
        after = owing.look()
        owing.reverts.close()
        assert after.settled
        assert after.outcome.endswith(f"merge {owing.branch} into main")
        assert github.requests == []

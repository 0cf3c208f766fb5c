"""Reviews on GitHub are read as GitHub means them, and what cannot be read never counts as an approval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx2
import pytest

from fairlead.domain.approval import Proof
from fairlead.drivers import github as driver
from fairlead.drivers.github import GitHub
from fairlead.kernel.errors import BrokenWorldError, FairleadError, NotFoundError
from tests.contract.github.github_server import HEAD, MERGE, TOKEN, GitHubServer, serve


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    """The stand-in."""
    with serve() as found:
        yield found


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    """A client of its own."""
    with httpx2.Client(trust_env=False) as found:
        yield found


@pytest.fixture
def github(server: GitHubServer, client: httpx2.Client) -> GitHub:
    """The driver at the stand-in."""
    return GitHub(client, "org/shop", server.address, TOKEN)


def approvers(github: GitHub, commit: str = HEAD) -> list[tuple[str, str]]:
    """Who approved what."""
    return [(each.approver, each.subject) for each in github.reviews(commit)]


def test_an_approving_review_approves_the_commit_that_was_reviewed(server: GitHubServer, github: GitHub) -> None:
    """With its moment and its address; by the head of the pull request, and by its merge."""
    server.review("Bob", "APPROVED", day=3)
    (review,) = github.reviews(HEAD)
    assert (review.approver, review.subject, review.proof) == ("Bob", f"commit:{HEAD}", Proof.REVIEW)
    assert review.when.isoformat() == "2026-11-03T10:00:00+00:00"
    assert review.source.endswith("#pullrequestreview-1")
    assert approvers(github, MERGE) == [("Bob", f"commit:{HEAD}")]


def test_only_the_last_word_of_each_person_counts(server: GitHubServer, github: GitHub) -> None:
    """A later comment takes nothing back; a later refusal, or a dismissal, does; who has left is nobody."""
    for login, states in {
        "bob": ["CHANGES_REQUESTED", "APPROVED", "COMMENTED"],
        "carol": ["APPROVED", "CHANGES_REQUESTED"],
        "dora": ["DISMISSED"],
        "erin": ["COMMENTED", "PENDING"],
        None: ["APPROVED"],
    }.items():
        for state in states:
            server.review(login, state)
    assert approvers(github) == [("bob", f"commit:{HEAD}")]


def test_a_review_of_an_older_commit_says_so(server: GitHubServer, github: GitHub) -> None:
    """Whoever counts it compares the commits."""
    server.review("bob", "APPROVED", commit="d" * 40)
    assert approvers(github) == [("bob", f"commit:{'d' * 40}")]


def test_all_pages_are_read(server: GitHubServer, github: GitHub) -> None:
    """The last word may stand on the last page."""
    server.page = 2
    for number in range(5):
        server.review(f"user{number}", "APPROVED")
    server.review("user0", "CHANGES_REQUESTED")
    assert [name for name, _ in approvers(github)] == [f"user{number}" for number in range(1, 5)]


def test_a_commit_without_a_pull_request_has_no_reviews(github: GitHub) -> None:
    """A direct push was reviewed by nobody."""
    assert approvers(github, "e" * 40) == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("rate", "rate limit"),
        ("secondary", "rate limit"),
        ("html", "no JSON"),
        ("shape", "another shape"),
        ("elsewhere", "another host"),
        ("moved", "301"),
        ("down", "502"),
    ],
)
def test_what_cannot_be_read_is_told(server: GitHubServer, github: GitHub, fault: str, told: str) -> None:
    """Never an empty answer, which would be taken for the truth."""
    server.review("bob", "APPROVED")
    server.fault = fault
    with pytest.raises(FairleadError, match=told) as caught:
        github.reviews(HEAD)
    assert caught.value.mend
    assert TOKEN not in str(caught.value)


def test_a_slow_answer_ends(server: GitHubServer, github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte at a time keeps nobody waiting for ever."""
    monkeypatch.setattr(driver, "_SECONDS", 0.3)
    server.fault = "slow"
    with pytest.raises(BrokenWorldError, match="slowly"):
        github.reviews(HEAD)


def test_nobody_there_is_told(client: httpx2.Client) -> None:
    """A closed port."""
    with pytest.raises(BrokenWorldError, match="reached"):
        GitHub(client, "org/shop", "http://127.0.0.1:9").reviews(HEAD)


def test_an_unknown_repository_is_not_found(server: GitHubServer, client: httpx2.Client) -> None:
    """GitHub says the same where the token may not see it."""
    with pytest.raises(NotFoundError, match="404"):
        GitHub(client, "org/other", server.address).reviews(HEAD)


def test_the_token_is_sent_with_every_question(server: GitHubServer, github: GitHub) -> None:
    """As GitHub asks for it."""
    server.review("bob", "APPROVED")
    github.reviews(HEAD)
    assert {token for _, token in server.requests} == {f"Bearer {TOKEN}"}


def test_a_status_tells_the_verdict(server: GitHubServer, github: GitHub) -> None:
    """Cut to what GitHub takes; with an address only where there is one."""
    github.publish(HEAD, "failure", "fairlead/gate", "x" * 200, "https://fairlead.example/r/1")
    github.publish(MERGE, "success", "fairlead/live", "live in prod")
    assert [(each["sha"], each["state"], each["context"]) for each in server.statuses] == [
        (HEAD, "failure", "fairlead/gate"),
        (MERGE, "success", "fairlead/live"),
    ]
    assert server.statuses[0]["description"] == "x" * 139 + "…"
    assert server.statuses[0]["target_url"] == "https://fairlead.example/r/1"
    assert "target_url" not in server.statuses[1]


def test_a_pull_request_is_opened_once_and_found_again(server: GitHubServer, github: GitHub) -> None:
    """By its branch and its commit, open or closed; a commit that came later to the branch is another matter."""
    server.branches["fairlead/x"] = HEAD
    assert github.pull_request("fairlead/x", HEAD) is None
    opened = github.open_pull_request("fairlead/x", "main", "t" * 300, "why")
    assert (opened.number, opened.address) == (20, "https://github.example/org/shop/pull/20")
    assert (server.pulls[0]["title"], server.pulls[0]["base"]["ref"]) == ("t" * 256, "main")
    assert github.pull_request("fairlead/x", HEAD) == opened
    server.pulls[0]["state"] = "closed"
    assert github.pull_request("fairlead/x", HEAD) == replace(opened, open=False)
    assert github.pull_request("fairlead/x", MERGE) is None
    assert github.pull_request("fairlead/y", HEAD) is None


def test_a_pull_request_that_is_refused_is_told(server: GitHubServer, github: GitHub, client: httpx2.Client) -> None:
    """A second one for the same branch, a token that may not, an answer of another shape."""
    server.branches["fairlead/x"] = HEAD
    github.open_pull_request("fairlead/x", "main", "t", "")
    with pytest.raises(NotFoundError, match="already exists"):
        github.open_pull_request("fairlead/x", "main", "t", "")
    with pytest.raises(BrokenWorldError, match="not accessible"):
        GitHub(client, "org/shop", server.address).open_pull_request("fairlead/x", "main", "t", "")
    server.fault = "shape"
    with pytest.raises(BrokenWorldError, match="another shape"):
        github.pull_request("fairlead/x", HEAD)


def test_a_status_that_is_refused_is_told(server: GitHubServer, github: GitHub, client: httpx2.Client) -> None:
    """An unknown commit, or a token that may not."""
    with pytest.raises(NotFoundError, match="No commit found"):
        github.publish("f" * 40, "success", "fairlead/gate", "")
    with pytest.raises(BrokenWorldError, match="not accessible"):
        GitHub(client, "org/shop", server.address).publish(HEAD, "success", "fairlead/gate", "")

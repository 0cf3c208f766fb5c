"""Reviews on GitHub open the gate for exactly what was reviewed, and a GitHub that does not answer opens nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.github.github_server import GitHubServer, serve
from tests.scenario.approvals.gated import Gated
from tests.scenario.approvals.people import Person


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    """A stand-in for GitHub."""
    with serve() as found:
        yield found


@pytest.fixture
def reviewed(gated: Gated, github: GitHubServer, alice: Person) -> Gated:
    """A change that needs one approval, in a repository that is on GitHub; its head is that of the pull request."""
    gated.edit("fairlead.yaml", "required: 0", f"required: 1, github: org/shop, githubApi: '{github.address}'")
    gated.edit(
        "fairlead.yaml", "roles: [approver]}\n  - {name: Carol", "roles: [approver], github: Bob}\n  - {name: Carol"
    )
    gated.git("add", "--all")
    gated.git("commit", "--quiet", "--amend", "--no-edit")
    gated.edit("models/example/model.yaml", "replicas: 1", "replicas: 2")
    github.head = gated.change(alice)
    return gated


def test_a_review_of_the_head_opens_the_gate(reviewed: Gated, github: GitHubServer) -> None:
    """By the principal's name on GitHub, in whatever letters."""
    assert reviewed.blocked_by() == {"approval/missing"}
    github.review("BOB", "APPROVED")
    assert reviewed.blocked_by() == set()


def test_a_review_of_an_earlier_state_is_stale(reviewed: Gated, github: GitHubServer, alice: Person) -> None:
    """The next push takes it away, unless it leaves the release as it was."""
    github.review("bob", "APPROVED")
    reviewed.write("README.md", "more")
    github.head = reviewed.change(alice)
    assert reviewed.blocked_by() == set()
    reviewed.edit("models/example/model.yaml", "replicas: 2", "replicas: 3")
    github.head = reviewed.change(alice)
    assert reviewed.blocked_by() == {"approval/missing"}


@pytest.mark.parametrize("login", ["alice", "eve", "carol"])
def test_a_review_of_nobody_counts_for_nothing(reviewed: Gated, github: GitHubServer, login: str) -> None:
    """Names that no principal has given."""
    github.review(login, "APPROVED")
    assert reviewed.blocked_by() == {"approval/missing"}


@pytest.mark.parametrize("fault", ["down", "rate", "html", "shape"])
def test_a_github_that_does_not_answer_opens_nothing(reviewed: Gated, github: GitHubServer, fault: str) -> None:
    """The verdict is insufficient: nobody knows. A signature in Git needs no GitHub."""
    github.review("bob", "APPROVED")
    github.fault = fault
    assert reviewed.blocked_by() == {"approval/unread"}
    assert reviewed.check().verdict.value == "insufficient"


def test_a_signature_needs_no_github(reviewed: Gated, github: GitHubServer, carol: Person) -> None:
    """It is not asked at all."""
    github.fault = "down"
    reviewed.approve(carol, "example")
    github.requests.clear()
    assert reviewed.blocked_by() == set()
    assert github.requests == []


def test_the_token_goes_only_where_the_environment_sends_it(
    reviewed: Gated, github: GitHubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address that stands in a file could be anybody's."""
    monkeypatch.setenv("GITHUB_TOKEN", "sample-secret")
    reviewed.blocked_by()
    assert {token for _, token in github.requests} == {""}
    github.requests.clear()
    monkeypatch.setenv("GITHUB_API_URL", f"{github.address}/")
    reviewed.blocked_by()
    assert {token for _, token in github.requests} == {"Bearer sample-secret"}


def test_the_weakening_of_rules_is_no_matter_for_reviews(reviewed: Gated, github: GitHubServer, alice: Person) -> None:
    """A policy owner signs."""
    reviewed.edit(
        "fairlead.yaml",
        "- {name: Carol",
        "- {name: Olga, email: olga@example.com, roles: [viewer], github: olga}\n  - {name: Carol",
    )
    reviewed.edit("fairlead.yaml", "licences: [mit", "licences: [proprietary, mit")
    github.head = reviewed.change(alice)
    github.review("bob", "APPROVED")
    github.review("olga", "APPROVED")
    assert reviewed.blocked_by() == {"protection/parameter"}


def test_a_change_whose_author_is_claimed_is_blocked_where_signatures_are_demanded(gated: Gated, alice: Person) -> None:
    """`signedChanges`: Mallory may write Alice's name, but not sign with her key."""
    signers = (gated.folder / ".fairlead/allowed_signers").read_text()
    gated.write(".fairlead/allowed_signers", signers + alice.signer())
    gated.edit("fairlead.yaml", "required: 0", "required: 0, signedChanges: true")
    gated.git("add", "--all")
    gated.git("commit", "--quiet", "--amend", "--no-edit")
    gated.edit("models/example/model.yaml", "replicas: 1", "replicas: 2")
    gated.change(alice)
    assert gated.blocked_by() == {"approval/unsigned-change"}
    gated.by(alice, "commit", "--quiet", "--amend", "--no-edit", "--reset-author")
    assert gated.blocked_by() == set()


def test_a_line_of_code_owners_that_means_nothing_is_told(gated: Gated) -> None:
    """Where it stands, with its line; and an owner who can never agree."""
    gated.write("CODEOWNERS", "!negated bob@example.com\n* alice@example.com\n")
    gated.git("add", "--all")
    gated.git("commit", "--quiet", "--amend", "--no-edit")
    told = {(each.rule, each.path, each.line) for each in gated.check().findings if each.rule.startswith("code-owners")}
    assert told == {("code-owners/wrong-line", "CODEOWNERS", 1), ("code-owners/unknown-owner", "CODEOWNERS", 2)}

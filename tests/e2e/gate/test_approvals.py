"""Approval is proven, not claimed: two people other than the author, by signatures that hold for what is there now."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.e2e.gate.shop import MODEL, Shop

RULES = ("{required: 0, codeOwners: CODEOWNERS}", "{required: 2, codeOwners: CODEOWNERS}")
BEN = "Approved-by: Ben <ben@example.com>"
NOTES = "refs/notes/fairlead/approvals"


@pytest.fixture
def strict(shop: Shop) -> Shop:
    """A shop that asks for two approvals, on a branch with a harmless change by Ann."""
    shop.edit("fairlead.yaml", RULES)
    shop.commit("Ask two", by="pia")
    shop.branch()
    more_memory(shop, "300Mi")
    return shop


def more_memory(shop: Shop, size: str, by: str = "ann") -> None:
    """Another release."""
    text = (shop.folder / MODEL).read_text()
    now = text.partition("memory: ")[2].partition(" ")[0]
    shop.edit(MODEL, (f"memory: {now}", f"memory: {size}"))
    shop.commit(f"Memory {size}", by=by)


def blocked(shop: Shop) -> bool:
    """Whether the gate is shut, and only because approvals are missing."""
    answer = shop.judge()
    assert all("approval" in rule for rule in answer.rules), answer.out
    return answer.code == 1


def test_two_people_open_the_gate(strict: Shop) -> None:
    """None, one, and two approvals; each message says what is missing; the same person counts once."""
    assert blocked(strict)
    told = strict.approve("example", by="ben")
    assert told.code == 0, told.err
    assert blocked(strict)
    strict.approve("example", by="ben")
    assert blocked(strict)
    assert strict.approve("example", by="cat").code == 0
    assert not blocked(strict)
    assert strict.git("rev-parse", NOTES)


def test_a_change_after_the_approval_makes_it_stale(strict: Shop) -> None:
    """What they agreed to is no longer what is there; and going back to it brings the approval back."""
    for person in ("ben", "cat"):
        strict.approve("example", by=person)
    more_memory(strict, "400Mi")
    assert blocked(strict)


def test_nobody_approves_what_they_wrote(strict: Shop) -> None:
    """Ben adds a line to Ann's change, so he is an author of it."""
    more_memory(strict, "310Mi", by="ben")
    strict.approve("example", by="ben")
    strict.approve("example", by="cat")
    assert blocked(strict)


def test_a_role_is_needed_to_approve(strict: Shop) -> None:
    """Pia's key is believed, but she is no approver of models."""
    strict.approve("example", by="pia")
    strict.approve("example", by="cat")
    assert blocked(strict)


def test_an_expired_approval_is_none(strict: Shop) -> None:
    """It held for a second."""
    strict.approve("example", by="cat")
    assert strict.approve("example", "--expires", "1s", by="ben").code == 0
    time.sleep(1.2)
    assert blocked(strict)


def test_nobody_signs_for_another(strict: Shop) -> None:
    """Mal's key under Ben's name is refused, and what a tool could still write would not count."""
    strict.approve("example", by="cat")
    forged = strict.run("approve", "example", "--key", str(strict.keys / "mal"), by="ben")
    assert forged.code in {1, 2}
    assert blocked(strict)


FORGERIES: dict[str, Callable[[Shop], object]] = {
    "a trailer that nobody signed": lambda shop: shop.commit(
        "Fine\n\nApproved-by: Ben <ben@example.com>\nApproved-by: Cat <cat@example.com>", by="ben"
    ),
    "a merge that nobody signed": lambda shop: side_merge(shop, by="ben", sign=False),
    "a merge signed by its author": lambda shop: side_merge(shop, by="ann", sign=True),
    "a merge signed by a stranger": lambda shop: side_merge(shop, by="mal", sign=True),
    "a merge with swapped parents": lambda shop: swapped_merge(shop),  # noqa: PLW0108 - defined below
    "a tag that nobody signed": lambda shop: shop.git("tag", "-a", "ok", "-m", BEN, by="ben"),
    "notes of Git written by hand": lambda shop: shop.git(
        "notes", "--ref", "fairlead/approvals", "add", "-m", '{"approver": "ben@example.com"}', "HEAD"
    ),
}  # fmt: skip


def side_merge(shop: Shop, by: str, *, sign: bool) -> None:
    """Merge the change into a branch at main, with both approvers' names in the message."""
    shop.git("switch", "--quiet", "--create", "merging", "main")
    trailers = "Merge\n\nApproved-by: Ben <ben@example.com>\nApproved-by: Cat <cat@example.com>"
    shop.git("merge", "--quiet", "--no-ff", "-m", trailers, "change", by=by, sign=sign)


def swapped_merge(shop: Shop) -> None:
    """Ben brings main into Ann's branch, a daily chore, in which he agrees to nothing of hers."""
    shop.git("switch", "--quiet", "main")
    shop.write("README.md", "news")
    shop.commit("News", by="pia")
    shop.git("switch", "--quiet", "change")
    trailers = "Merge main\n\nApproved-by: Cat <cat@example.com>"
    shop.git("merge", "--quiet", "--no-ff", "-m", trailers, "main", by="ben", sign=True)


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_approval_is_none(strict: Shop, name: str) -> None:
    """Nothing that its author can write alone counts as somebody else's word."""
    FORGERIES[name](strict)
    assert blocked(strict)


def test_a_signed_merge_with_trailers_counts(strict: Shop) -> None:
    """Ben merges Ann's change and signs; with Cat's trailer that makes two."""
    side_merge(strict, by="ben", sign=True)
    assert not blocked(strict)


def test_an_approval_is_not_replayed(strict: Shop) -> None:
    """The signed notes of another release, copied to every object that the new release could look at."""
    for person in ("ben", "cat"):
        strict.approve("example", by=person)
    assert not blocked(strict)
    noted = [line.split() for line in strict.git("notes", "--ref", "fairlead/approvals", "list").splitlines()]
    more_memory(strict, "500Mi")
    for blob, _ in noted:
        for target in ("HEAD", "HEAD^{tree}", f"HEAD:{MODEL}", "HEAD:models/example/model.lock"):
            strict.git("notes", "--ref", "fairlead/approvals", "add", "-f", "-C", blob, target)
    assert blocked(strict)


def test_fewer_approvals_need_an_owner_of_the_policies(strict: Shop) -> None:
    """The number is main's; lowering it is a finding, for the workspace and for an environment."""
    strict.edit("fairlead.yaml", (RULES[1], RULES[0]))
    strict.commit("Ask nobody")
    assert any(rule.startswith("protection/") for rule in strict.judge().rules)
    strict.edit("fairlead.yaml", RULES, ("  - name: prod\n", "  - name: prod\n    approvals: 0\n"))
    strict.commit("Ask nobody for prod")
    answer = strict.judge()
    assert any(rule.startswith("protection/") for rule in answer.rules), answer.out
    assert any("approval" in rule for rule in answer.rules)


def test_the_policy_owner_opens_the_door_and_only_she(change: Shop) -> None:
    """A weakening is approved by Pia's signature, not by Ben's, and one word more shuts the gate again."""
    change.edit("fairlead.yaml", ("licences: [apache-2.0]", "licences: [apache-2.0, mit]"))
    change.commit("One licence more")
    change.approve("policies", by="ben")
    assert change.judge().code == 1
    done = change.approve("policies", by="pia")
    assert done.code == 0, done.err
    assert change.judge().code == 0
    change.edit("fairlead.yaml", ("[apache-2.0, mit]", "[apache-2.0, mit, cc-by-nc-4.0]"))
    change.commit("Another one")
    assert change.judge().code == 1


def test_code_owners_are_honoured(shop: Shop) -> None:
    """What is Ben's needs Ben: Cat's word is not enough."""
    shop.write("CODEOWNERS", "/models/example/ ben@example.com\n")
    shop.settle()
    shop.branch()
    more_memory(shop, "300Mi")
    assert shop.judge().rules == {"approval/code-owner"}
    shop.approve("example", by="cat")
    assert shop.judge().code == 1
    shop.approve("example", by="ben")
    assert shop.judge().code == 0

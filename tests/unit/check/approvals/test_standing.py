"""What counts of proven approvals: distinct people with the role, none of whom had a hand in it, in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fairlead.check.approvals import Standing, approval_finding, reviews_as_approvals, standing_approvals
from fairlead.domain.approval import Approval, Proof
from fairlead.domain.gate import ApprovalRules

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BOB, CAROL, DORA, ALICE = (f"{name}@example.com" for name in ("bob", "carol", "dora", "alice"))
SUBJECT = f"release:{'a' * 64}"


def given(approver: str, **changes: object) -> Approval:
    """An approval of yesterday, by a note."""
    made = Approval(approver, SUBJECT, Proof.NOTE, NOW - timedelta(days=1), "note", key=f"SHA256:{approver}")
    return replace(made, **changes)  # type: ignore[arg-type]


def stand(*approvals: Approval, environment: str = "", since: datetime | None = None, **rules: object) -> Standing:
    """What counts where two are needed, Alice wrote it, and Bob, Carol and Alice are approvers."""
    return standing_approvals(
        approvals,
        authors=[ALICE],
        approvers=[BOB, CAROL, ALICE],
        rules=ApprovalRules(required=2, **rules),
        now=NOW,
        environment=environment,
        changed_after=since,
    )


def why(standing: Standing) -> list[str]:
    """Why approvals do not count."""
    return [each.why for each in standing.refused]


def test_distinct_people_count() -> None:
    """Two of two."""
    found = stand(given(BOB), given(CAROL))
    assert ({each.approver for each in found.given}, found.missing, found.refused) == ({BOB, CAROL}, 0, ())


def test_one_person_counts_once() -> None:
    """With two keys, with several proofs, in other letters."""
    found = stand(given(BOB), given(BOB, key="SHA256:other"), given(BOB.upper(), proof=Proof.TAG, key="SHA256:third"))
    assert (len(found.given), found.missing) == (1, 1)


def test_one_key_is_one_person() -> None:
    """Whoever holds it cannot be two people, whatever the signers' list says."""
    found = stand(given(BOB, key="SHA256:x"), given(CAROL, key="SHA256:x"))
    assert (len(found.given), found.missing) == (1, 1)
    assert why(found) == ["the same key as another approver's"]


@pytest.mark.parametrize(
    ("approval", "reason"),
    [
        (given(ALICE), "had a hand in it"),
        (given("Alice@Example.com"), "had a hand in it"),
        (given(DORA), "is no approver"),
        (given(BOB, when=NOW - timedelta(days=31)), "expired"),
        (given(BOB, expires=NOW), "expired"),
        (given(BOB, environment="dev"), "for dev only"),
        (given(BOB, vouched_by=DORA), "vouched for by somebody who is no approver"),
        (given(BOB, when=NOW - timedelta(days=3)), "stale"),
    ],
)
def test_what_does_not_count_says_why(approval: Approval, reason: str) -> None:
    """Each by itself."""
    found = stand(approval, environment="prod", since=NOW - timedelta(days=2))
    assert (found.given, why(found), found.missing) == ((), [reason], 2)


def test_an_approvals_own_end_bounds_it_and_never_prolongs_it() -> None:
    """The rules' longest life holds too."""
    late = given(BOB, when=NOW - timedelta(days=31), expires=NOW + timedelta(days=900))
    assert stand(late).stale == (late,)


def test_an_approval_for_this_environment_counts_here() -> None:
    """And one for all."""
    assert stand(given(BOB, environment="prod"), given(CAROL), environment="prod").missing == 0


def test_an_approver_may_vouch_for_another_where_the_rules_say_so() -> None:
    """The signer's own approval counts beside it; a signature of one's own goes before somebody's word."""
    own = given(BOB, proof=Proof.MERGE)
    word = given(CAROL, proof=Proof.MERGE, key=own.key, vouched_by=BOB)
    assert stand(own, word).missing == 0
    assert why(stand(own, word, vouched=False)) == ["somebody else's word does not count here"]
    signed = given(CAROL)
    assert stand(own, word, signed).given == (own, signed)


def test_what_is_missing_is_said_with_what_did_not_count() -> None:
    """So that people know whom to ask."""
    place = ("models/m/model.yaml", 1, 1)
    found = approval_finding(stand(given(BOB), given(ALICE)), "m@1", place, "fairlead approve m@1")
    assert found is not None
    assert found.rule == "approval/missing"
    assert found.message == (
        f"1 approval is missing of m@1, beside that of {BOB} (not counted: {ALICE}: had a hand in it)"
    )
    assert approval_finding(stand(given(BOB), given(CAROL)), "m@1", place, "") is None


def test_reviews_count_at_commits_that_carry_the_subject() -> None:
    """A review of another commit is stale; a name that no principal has is nobody."""
    review = Approval("Bob", "commit:c1", Proof.REVIEW, NOW, "https://github.example/r/1")
    reviews = [review, replace(review, subject="commit:c0"), replace(review, approver="eve")]
    (found,) = reviews_as_approvals(reviews, {"bob": BOB}, ["c1"], SUBJECT)
    assert (found.approver, found.subject, found.source) == (BOB, SUBJECT, review.source)

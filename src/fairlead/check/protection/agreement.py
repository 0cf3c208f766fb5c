"""Who may agree to a weakening: a policy owner of the rules before it, by a signature of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from fairlead.check.protection.rules import GateRules
from fairlead.check.protection.weakening import Weakening
from fairlead.domain.approval import Approval, Proof
from fairlead.domain.finding import Finding

__all__ = ["protection_findings", "unapproved", "unproven"]


def unapproved(
    weak: Iterable[Weakening],
    approvals: Collection[Approval],
    before: GateRules,
    *,
    digest: str,
    authors: Collection[str],
    at: datetime,
) -> tuple[Weakening, ...]:
    """The weakenings that nobody who may has agreed to.

    `approvals` are proven by the signers of `before`; `digest` is that of the rules after the change; `authors` had a
    hand in it (e-mail addresses). `at` is when the change was made: an approval that had ended by then is none. A
    review on GitHub and a name that somebody else vouches for do not count here.
    """
    mine = {each.strip().casefold() for each in authors}
    agreed = {
        each.subject
        for each in approvals
        if each.proof is not Proof.REVIEW and not each.vouched_by and not each.environment
        if each.approver.casefold() in before.owners - mine and _ends(each, before) > at
    }
    return tuple(each for each in weak if not agreed & _accepted(each, digest))


def unproven(weak: Iterable[Weakening], commits: Sequence[str]) -> tuple[Weakening, ...]:
    """The weakenings, to which nobody can agree while whoever wrote these `commits` is claimed and not proven."""
    named = ", ".join(each[:12] for each in commits[:5])
    why = f"(who wrote {named} is claimed, not proven, so nobody can agree: sign each commit of the change)"
    return tuple(replace(each, message=f"{each.message} {why}") for each in weak)


def protection_findings(weak: Sequence[Weakening], before: GateRules, digest: str) -> tuple[Finding, ...]:
    """The weakenings as findings; each says who may agree, and how."""
    owners = ", ".join(sorted(before.owners))
    if not owners:
        mend = "take it back: no policy owner is named under `policies.owners`, so nobody may weaken the gate"
        return tuple(Finding(each.path, 0, 0, each.rule, each.message, mend) for each in weak)
    whom = f"take it back, or have a policy owner who did not write it ({owners}) run"
    return tuple(
        Finding(each.path, 0, 0, each.rule, each.message, f"{whom}: {_command(each, digest)}") for each in weak
    )


def _accepted(weakening: Weakening, digest: str) -> set[str]:
    """Subjects of which an owner's approval agrees to a weakening."""
    return {weakening.subject} if weakening.alone else {f"policies:{digest}", weakening.subject} - {""}


def _command(weakening: Weakening, digest: str) -> str:
    """What the owner types."""
    kind, _, value = weakening.subject.partition(":")
    if kind == "release":
        return f"fairlead approve {value}"
    return (
        f"fairlead approve waiver:{weakening.path}"
        if kind == "waiver"
        else f"fairlead approve policies ({digest[:12]})"
    )


def _ends(approval: Approval, before: GateRules) -> datetime:
    bound = approval.when + before.policies.approvals.expires
    return min(bound, approval.expires) if approval.expires else bound

"""Code owners of paths that belong to no model: they agree to a commit, since no release stands for it."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.check.approvals import standing_approvals
from fairlead.check.protection import GateRules
from fairlead.domain.approval import Approval
from fairlead.drivers.git_approvals import Asked
from fairlead.flows.judging.lacking import NOBODY, uncovered
from fairlead.flows.judging.proofs import Proofs

__all__ = ["unowned"]


def unowned(proofs: Proofs, paths: Iterable[str], base: str, rules: GateRules) -> tuple[str, ...]:
    """Which of the paths that the tip changed since `base` no code owner has agreed to, from the repository's root.

    What is agreed to is a commit: the tip, or one before it that has the same at all paths that somebody owns.
    Where changes must be signed, nobody can agree to what an unproven author wrote.
    """
    places = uncovered(proofs.ask.rooted(paths), rules, NOBODY)
    if not places:
        return ()
    checker, signed = proofs.by(rules)
    people = proofs.history.contributors(proofs.tip, base, places, checker)
    bound, now = rules.policies.approvals, proofs.clock.now()
    if bound.signed_changes and people.unproven:
        return places
    here = proofs.history.places(proofs.history.commit(proofs.tip).tree, places)

    def carries(commit: str) -> bool:
        return proofs.history.places(proofs.history.commit(commit).tree, places) == here

    found: list[Approval] = []
    subjects = [f"commit:{each}" for each in proofs.history.unchanged(proofs.tip, places)]
    for subject in subjects:
        found += signed.proofs(Asked(subject, places, carries), proofs.tip, now - bound.expires)
    found += proofs.reviews.of(subjects[0], (proofs.tip,), rules, carries)
    none = bound.model_copy(update={"required": 0})
    standing = standing_approvals(found, authors=people.mails, approvers=rules.approvers, rules=none, now=now)
    return uncovered(places, rules, standing)

"""Who agreed already to the release that is to move on: counted as the gate will count them once Git wants it there."""

from __future__ import annotations

from contextlib import closing

from fairlead.check.subjects import CommitFacts
from fairlead.domain.release import Deployment, Release
from fairlead.domain.workspace import Environment
from fairlead.flows.gate_rules import read_gate_rules
from fairlead.flows.judging.facts import Candidate
from fairlead.flows.judging.proofs import Proofs
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["given_approvals"]


def given_approvals(
    world: World, release: Release, after: Environment, before: Deployment | None, *, reviews: bool
) -> tuple[str, ...] | None:
    """E-mail addresses of those whose approval of `release` counts in `after`, where `before` is live.

    None where that cannot be told: the repository cannot be read, or the rules count reviews as well and they are not
    to be asked for (`reviews` asks the network). Only where approvals are required at all.
    """
    tip = world.repository.head().id
    rules = read_gate_rules(world.repository.tree(tip))
    if rules.policies.approvals.github and not reviews:
        return None
    candidate = _candidate(world, release, after, before)
    if candidate is None:
        return None

    def digest_at(commit: str, model: str) -> str:
        found = world.releases.release(model, commit)
        return found.digest if found is not None else ""

    with closing(Proofs(world.repository, world.clock, digest_at, tip)) as proofs:
        agreed = proofs.agreed(candidate, rules)
    unread = any(each.rule == "approval/unread" for each in agreed.findings)
    return None if unread else tuple(sorted(each.approver for each in agreed.given))


def _candidate(world: World, release: Release, after: Environment, before: Deployment | None) -> Candidate | None:
    """The release as the gate will see it: brought by the newest commit that left it so."""
    head = world.repository.head()
    try:
        newest = world.releases.newest_change(release.model, head.id)
        found = world.releases.release(release.model, newest) if newest else None
        same = found is not None and found.digest == release.digest
        commit = world.repository.commit(newest if same else release.commit)
    except NotFoundError:
        return None
    tree = world.repository.tree(commit.id)
    model = world.reader.model(tree, release.model)
    if model is None or model.spec is None:
        return None
    since = before.commit if before is not None else ""
    return Candidate(tree, model, model.spec, after).brought_by(release, CommitFacts(commit, "", ()), since=since)

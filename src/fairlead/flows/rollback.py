"""Rolling back: one new commit that restores what is a model's own. Git decides, delivery follows.

What is the model's own, and what the commit says, is the same as when fairlead takes a release back by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.domain.journal import Actor, Draft
from fairlead.domain.release import SHORT, Deployment
from fairlead.flows.commit_text import RELEASE, REVERTS
from fairlead.flows.lineage import Lineage, lineage, wanted_at
from fairlead.flows.principals import authorise
from fairlead.flows.reverts import is_revert, own_paths, revert_message
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError, UsageError

__all__ = ["RollbackResult", "rollback"]


@dataclass(frozen=True, slots=True)
class RollbackResult:
    """The commit that was made, the release that it brings back and the one that it takes away; `hint`: what next."""

    commit: str
    release: str
    restored_from: str
    pushed: bool
    hint: str


def rollback(
    world: World, model: str, *, environment: str = "", to: str = "", reason: str = "", actor: Actor
) -> RollbackResult:
    """Commit what is `model`'s own as Git last wanted the release before the live one, or as it is in commit `to`.

    UsageError where there is no working copy to commit in; NotFoundError where there is no earlier release.
    """
    authorise(world, actor, "operator")
    if world.worktree is None:
        mend = "clone it, run this in the clone, and push"
        raise UsageError("a rollback is a commit, and this workspace has no working copy here", mend=mend)
    live, target, digest = _choose(world, model, environment, to)
    line = _lineage(world, live, digest)
    source = line.good or world.repository.commit(target.rpartition("@")[2]).id
    own = live.release.rpartition("@")[2]
    bad = world.repository.commit(line.bringer or own)
    if is_revert(bad.subject):
        bad = world.repository.commit(own)  # it came back by a revert: its own commit says what it is
    reasons = (reason or f"{live.release} is taken back.",)
    message = revert_message(bad.subject, reasons, {RELEASE: target, REVERTS: live.release})
    subject, _, body = message.partition("\n\n")
    made = world.worktree.revert_paths(_paths(world, model, source), source, subject, body)
    draft = Draft(
        "rollback.committed", actor, live.environment, model, live.digest, made.id, {"to": target, "reason": reason}
    )
    world.state.append(draft)
    pushed = world.worktree.is_followed()
    hint = "fairlead status --wait" if pushed else f"git push origin {world.repository.branch}"
    return RollbackResult(made.id, target, live.release, pushed, hint)


def _choose(world: World, model: str, environment: str, to: str) -> tuple[Deployment, str, str]:
    """The live deployment, and the release to bring back: its name, and its digest ('' for a commit that was named)."""
    past = world.state.deployments(environment=environment, model=model)
    live = next((each for each in past if each.until is None), None)
    if live is None:
        raise NotFoundError(f"no release of {model} is live", mend="fairlead status")
    earlier = [each for each in past if each.environment == live.environment and each.digest != live.digest]
    if to:
        return live, to if "@" in to else f"{model}@{world.repository.commit(to).id[:SHORT]}", ""
    if not earlier:
        raise NotFoundError(f"{model} has no release before {live.release}", mend="name a commit with --to")
    return live, earlier[0].release, earlier[0].digest


def _lineage(world: World, live: Deployment, digest: str) -> Lineage:
    """How the live release came, and where `digest` was wanted last; empty where Git does not tell it any more."""
    head = world.repository.head().id
    place = (world, live.environment, live.model)
    if not digest or wanted_at(*place, head) != live.digest:
        return Lineage("", "")
    return lineage(*place, head, live.digest, digest)


def _paths(world: World, model: str, source: str) -> tuple[str, ...]:
    """The model's own paths, as far as `source` has them."""
    own = own_paths(world, model, world.repository.head().id, source).own
    tree = world.repository.tree(source)
    return tuple(each for each in own if each == own[0] or tree.entry(each) is not None)

"""Rolling back: one new commit that restores a model's folder to an earlier release. Git decides, delivery follows."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.domain.journal import Actor, Draft
from fairlead.domain.release import SHORT, Deployment
from fairlead.flows.principals import authorise
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
    """Commit the folder of `model` as it was in the release before the live one, or in release (or commit) `to`.

    UsageError where there is no working copy to commit in; NotFoundError where there is no earlier release.
    """
    authorise(world, actor, "operator")
    if world.worktree is None:
        mend = "clone it, run this in the clone, and push"
        raise UsageError("a rollback is a commit, and this workspace has no working copy here", mend=mend)
    live, target = _choose(world, model, environment, to)
    source = world.repository.commit(target.rpartition("@")[2]).id
    bad = world.repository.commit(live.release.rpartition("@")[2])
    body = (
        f"{reason or f'{live.release} is taken back.'}\n\nFairlead-Release: {target}\nFairlead-Reverts: {live.release}"
    )
    made = world.worktree.revert_paths([f"models/{model}"], source, f'Revert "{bad.subject}"', body)
    draft = Draft(
        "rollback.committed", actor, live.environment, model, live.digest, made.id, {"to": target, "reason": reason}
    )
    world.state.append(draft)
    pushed = world.worktree.is_followed()
    hint = "fairlead status --wait" if pushed else f"git push origin {world.repository.branch}"
    return RollbackResult(made.id, target, live.release, pushed, hint)


def _choose(world: World, model: str, environment: str, to: str) -> tuple[Deployment, str]:
    """The live deployment and the name of the release to bring back."""
    past = world.state.deployments(environment=environment, model=model)
    live = next((each for each in past if each.until is None), None)
    if live is None:
        raise NotFoundError(f"no release of {model} is live", mend="fairlead status")
    earlier = [each for each in past if each.environment == live.environment and each.digest != live.digest]
    if to:
        return live, to if "@" in to else f"{model}@{world.repository.commit(to).id[:SHORT]}"
    if not earlier:
        raise NotFoundError(f"{model} has no release before {live.release}", mend="name a commit with --to")
    return live, earlier[0].release

"""Which commits of the followed branch wanted which release of a model in an environment; pins count."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.declare.reader import MODELS
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["Lineage", "lineage", "wanted_at"]


@dataclass(frozen=True, slots=True)
class Lineage:
    """How a release came to be wanted.

    `bringer` is the first commit of those up to the head that want the bad release without a break; `good` the newest
    one before it that wanted the good release, '' where none did.
    """

    bringer: str
    good: str


def wanted_at(world: World, environment: str, model: str, commit: str) -> str:
    """Digest of the release that `commit` wants in an environment; '' where it declares none there, or no whole one."""
    declared = world.reader.model(world.repository.tree(commit), model)
    placed = declared.spec.environments.get(environment) if declared is not None and declared.spec else None
    if placed is None:
        return ""
    try:
        release = world.releases.release(model, placed.commit or commit)
    except NotFoundError:
        return ""
    return release.digest if release is not None else ""


def lineage(world: World, environment: str, model: str, head: str, bad: str, good: str) -> Lineage:
    """How `bad` (a digest, which `head` wants) came, and where `good` was wanted last."""
    bringer, unbroken = head, True
    for commit in world.repository.history(head, f"{MODELS}/{model}"):
        wanted = wanted_at(world, environment, model, commit.id)
        unbroken = unbroken and wanted == bad
        if unbroken:
            bringer = commit.id
        elif wanted == good:
            return Lineage(bringer, commit.id)
    return Lineage(bringer, "")

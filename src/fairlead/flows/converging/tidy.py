"""Keeping the disk small: artifacts of releases that nobody would go back to leave the cache."""

from __future__ import annotations

from fairlead.declare.releases import pins
from fairlead.domain.lock import Lock
from fairlead.domain.plan import Key
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["KEPT_RELEASES", "tidy_cache"]

KEPT_RELEASES = 3
"""Newest releases of each model in each environment whose files stay, so that a rollback needs no network."""


def tidy_cache(world: World) -> int:
    """Drop the files of releases older than the newest KEPT_RELEASES that were live; bytes freed.

    What Git declares now stays too, and what a placement pins: it may be about to start.
    """
    kept: dict[Key, dict[str, str]] = {}
    for each in world.state.deployments():
        names = kept.setdefault((each.environment, each.model), {})
        if len(names) < KEPT_RELEASES or each.until is None:
            names.setdefault(each.digest, each.release)
    locks = [
        lock for (_, model), names in kept.items() for name in names.values() if (lock := _lock(world, model, name))
    ]
    head = world.repository.head().id
    declared = world.reader.read(world.repository.tree(head))
    locks += [each.lock for each in world.releases.releases(head, declared).values()]
    locks += [lock for model, pin in pins(declared) if (lock := _lock(world, model, pin)) is not None]
    return world.cache.prune(locks)


def _lock(world: World, model: str, name: str) -> Lock | None:
    """Lock of a release, by its name or by a commit that declares it."""
    try:
        release = world.releases.release(model, name.rpartition("@")[2])
    except NotFoundError:
        return None
    return release.lock if release else None

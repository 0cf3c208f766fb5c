"""What the followed branch declares now, for every verb that asks; reading it again costs what a commit changed."""

from __future__ import annotations

from fairlead.declare.reader import Declared
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["declared_now", "declared_workspace"]


def declared_now(world: World) -> Declared | None:
    """The declaration at the newest fetched commit; None before the branch has its first."""
    try:
        head = world.repository.head()
    except NotFoundError:
        return None
    return world.reader.read(world.repository.tree(head.id))


def declared_workspace(world: World) -> WorkspaceSpec | None:
    """The workspace's declaration at the newest fetched commit; None where there is none that can be read."""
    declared = declared_now(world)
    return declared.workspace if declared else None

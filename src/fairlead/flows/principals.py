"""Who may act: the principals that the followed commit declares. Where it declares none, anybody here may."""

from __future__ import annotations

from fairlead.domain.journal import Actor
from fairlead.flows.declared import declared_workspace
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError

__all__ = ["authorise"]


def authorise(world: World, actor: Actor, role: str) -> None:
    """UsageError unless `actor` is a principal with `role`, by name or e-mail address.

    The name is as good as its proof: one that was only claimed keeps honest people apart, not dishonest ones.
    """
    workspace = declared_workspace(world)
    principals = workspace.principals if workspace else ()
    if not principals:
        return
    allowed = [each for each in principals if role in each.roles]
    if actor.name.casefold() in {name.casefold() for each in allowed for name in (each.name, each.email)}:
        return
    known = ", ".join(each.name for each in allowed) or "nobody"
    mend = f"ask one of them ({known}), or add the role under `principals` in fairlead.yaml"
    raise UsageError(f"{actor.name} may not do this: it needs the role {role}", mend=mend)

"""Names that a person gives: one that the workspace does not know is refused, with those that it knows."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.flows.declared import declared_now
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["require_names"]


def require_names(world: World, *, models: Iterable[str] = (), environment: str = "") -> None:
    """NotFoundError for a model or an environment that is not declared now and was never live; '' is any.

    What was removed from Git keeps its history, so its name stays known.
    """
    declared = declared_now(world)
    past = world.state.deployments()
    for model in models:
        _require("model", model, {*(declared.models if declared else ()), *(each.model for each in past)})
    workspace = declared.workspace if declared else None
    places = {each.name for each in workspace.environments} if workspace else set()
    _require("environment", environment, places | {each.environment for each in past})


def _require(kind: str, name: str, known: Iterable[str]) -> None:
    if name and name not in set(known):
        mend = f"use one of: {', '.join(sorted(known)) or 'none is declared'}"
        raise NotFoundError(f"there is no {kind} {name!r}", mend=mend)

"""Incidents: opened once per cause, closed when the cause is gone, each with its journal record."""

from __future__ import annotations

from fairlead.domain.incident import Incident
from fairlead.domain.journal import Actor, Draft
from fairlead.flows.world import World

__all__ = ["CONTROL", "close_incident", "incidents", "open_incident"]

CONTROL = Actor("fairlead", claimed=False)
"""The control plane itself, as an actor."""


def incidents(world: World, *, open_only: bool = True) -> tuple[Incident, ...]:
    """Incidents, newest first."""
    return tuple(world.state.incidents(open_only=open_only))


def open_incident(
    world: World, kind: str, message: str, mend: str, *, environment: str = "", model: str = "", commit: str = ""
) -> bool:
    """Open an incident of a kind for a model in an environment; False where the same is open already."""
    incident = Incident(
        _key(kind, environment, model), kind, environment, model, commit, message, mend, world.clock.now()
    )
    body = {"kind": kind, "message": message, "mend": mend}
    draft = Draft("incident.opened", CONTROL, environment, model, commit=commit, body=body)
    return world.state.open_incident(incident, draft)


def close_incident(world: World, kind: str, *, environment: str = "", model: str = "") -> None:
    """Close the incident of a kind for a model in an environment, where it is open."""
    body = {"kind": kind}
    draft = Draft("incident.closed", CONTROL, environment, model, body=body)
    world.state.close_incident(_key(kind, environment, model), draft)


def _key(kind: str, environment: str, model: str) -> str:
    return "/".join(part for part in (environment, model, kind) if part)

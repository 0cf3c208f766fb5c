"""Running releases that the rules no longer allow: told with the moment and the owner, never stopped by that alone."""

from __future__ import annotations

from fairlead.declare.reader import Declared
from fairlead.domain.finding import Finding
from fairlead.flows.converging.ruling import Ruled
from fairlead.flows.incidents import close_incident, open_incident
from fairlead.flows.world import World

__all__ = ["ENDING", "VIOLATION", "tell_violations"]

VIOLATION = "in-violation"
"""Kind of the incident; its moment is since when."""

ENDING = "waiver-ends-soon"
"""Kind of the incident that warns the owner of what a waiver still sets aside."""

_WARNING = "waiver/expires-soon"


def tell_violations(world: World, ruled: Ruled, declared: Declared, commit: str) -> None:
    """Open an incident for each running release that a rule forbids now, and close it where none does any more."""
    for each in world.state.incidents(open_only=True):
        if each.kind == VIOLATION and (each.environment, each.model) not in ruled.running:
            close_incident(world, VIOLATION, environment=each.environment, model=each.model)
    for (environment, model), findings in ruled.running.items():
        blocking = [each for each in findings if each.blocks]
        if not blocking:
            close_incident(world, VIOLATION, environment=environment, model=model)
            continue
        spec = declared.models[model].spec if model in declared.models else None
        owner = f"{spec.owner}: " if spec else ""
        message = f"{owner}it runs and would not pass: {_told(blocking)}"
        open_incident(world, VIOLATION, message, blocking[0].mend, environment=environment, model=model, commit=commit)


def tell_endings(world: World, ruled: Ruled, declared: Declared, commit: str) -> None:
    """Warn the owner of each model whose waiver ends within a fortnight; of one for many models, everybody."""
    found = [*ruled.whole, *(each for findings in ruled.running.values() for each in findings)]
    ending: dict[str, set[Finding]] = {}
    for each in found:
        if each.rule == _WARNING:
            ending.setdefault(each.model, set()).add(each)
    for incident in world.state.incidents(open_only=True):
        if incident.kind == ENDING and incident.model not in ending:
            close_incident(world, ENDING, model=incident.model)
    for model, findings in ending.items():
        spec = declared.models[model].spec if model in declared.models else None
        owner = f"{spec.owner}: " if spec else ""
        message = owner + "; ".join(f"{each.path}: {each.message}" for each in sorted(findings))
        open_incident(world, ENDING, message, min(findings).mend, model=model, commit=commit)


def _told(findings: list[Finding]) -> str:
    first = findings[0]
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{first.rule}: {first.message}{more}"

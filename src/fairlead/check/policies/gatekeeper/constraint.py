"""`Constraint`s -> policies: what a template judges, with which parameters, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fairlead.check.policies.gatekeeper.match import match_problems
from fairlead.check.policies.gatekeeper.schema import misfits, with_defaults
from fairlead.check.policies.gatekeeper.template import Template
from fairlead.check.policies.shapes import list_of, mapping_of
from fairlead.check.policies.yaml_documents import Document
from fairlead.domain.finding import Finding
from fairlead.domain.gate import PolicySource
from fairlead.domain.policy import Dialect, Enforcement, Match, Policy

__all__ = ["constraint_findings", "constraint_policy", "is_constraint"]

GROUP = "constraints.gatekeeper.sh"
_ACTIONS = {"deny": Enforcement.DENY, "warn": Enforcement.WARN, "dryrun": Enforcement.AUDIT}
_POINTS = {"*", "gator.gatekeeper.sh", "validation.gatekeeper.sh"}
"""Enforcement points that speak for what would be let into a cluster."""


def is_constraint(document: Document) -> bool:
    """Whether a document is a constraint of any kind."""
    value = document.value
    return isinstance(value, Mapping) and str(value.get("apiVersion") or "").startswith(f"{GROUP}/")


def constraint_findings(document: Document, path: str, template: Template) -> tuple[Finding, ...]:
    """What a constraint says that its template's schema or Gatekeeper does not know."""
    spec = mapping_of(document.value.get("spec"))
    return tuple(
        Finding(path, document.line_of("spec", *where), 1, "policy/broken-constraint", message, mend)
        for where, message, mend in _problems(spec, template)
    )


def constraint_policy(document: Document, path: str, template: Template, source: PolicySource) -> Policy:
    """The policy that a constraint makes of its template. `source` says what the constraint leaves open."""
    value = document.value
    spec = mapping_of(value.get("spec"))
    name = str(mapping_of(value.get("metadata")).get("name") or "")
    schema = {"properties": {"parameters": template.schema}}
    return Policy(
        rule=replace(template.rule, id=f"{template.rule.id}/{name}", path=path, line=document.line),
        modules=template.modules,
        entrypoint=template.entrypoint,
        dialect=Dialect.GATEKEEPER,
        source=path,
        enforcement=_enforcement(spec, Enforcement(source.enforcement)),
        parameters=mapping_of(mapping_of(with_defaults(schema, spec)).get("parameters")),
        match=Match(mapping_of(spec.get("match"))),
        environments=tuple(source.environments),
    )


def _enforcement(spec: Mapping[str, Any], default: Enforcement) -> Enforcement:
    action = spec.get("enforcementAction")
    if action != "scoped":
        return _ACTIONS.get(str(action), default)
    actions = {
        _ACTIONS.get(str(each.get("action")))
        for each in list_of(spec.get("scopedEnforcementActions"))
        if _points(each) & _POINTS
    }
    return next((each for each in Enforcement if each in actions), Enforcement.AUDIT)


def _points(action: Mapping[str, Any]) -> set[str]:
    points = list_of(action.get("enforcementPoints"))
    return {str(point.get("name")) for point in points if isinstance(point, Mapping)} if points else {"*"}


def _problems(spec: Mapping[str, Any], template: Template) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    known = ", ".join([*_ACTIONS, "scoped"])
    action = spec.get("enforcementAction")
    if action is not None and str(action) not in {*_ACTIONS, "scoped"}:
        yield ("enforcementAction",), f"`enforcementAction: {action}` is not known", f"write one of {known}"
    for place, each in enumerate(list_of(spec.get("scopedEnforcementActions"))):
        if not isinstance(each, Mapping) or str(each.get("action")) not in _ACTIONS:
            where = ("scopedEnforcementActions", place)
            yield where, "this scoped action is not known", f"write one of {', '.join(_ACTIONS)}"
    match = spec.get("match")
    if match is not None and not isinstance(match, Mapping):
        yield ("match",), "`match` must be a mapping", "write which kinds are judged, or leave it out"
    for criterion, message, mend in match_problems(mapping_of(match)):
        yield ("match", criterion), message, mend
    for where, message in misfits(template.schema, spec.get("parameters") or {}):
        yield ("parameters", *where), message, f"see the schema in the template {template.rule.id}"

"""A rule -> a ConstraintTemplate and a Constraint for a cluster: what `read` would make the same policy of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.check.policies.gatekeeper.template import GROUP, TARGET
from fairlead.check.policies.plain_rules import PlainRule
from fairlead.check.policies.rego_text import read_rego
from fairlead.domain.policy import Enforcement, Policy

__all__ = ["as_gatekeeper", "foreign_data"]

_ACTIONS = {Enforcement.DENY: "deny", Enforcement.WARN: "warn", Enforcement.AUDIT: "dryrun"}
_HELD = ("lib", "inventory")
"""What Gatekeeper lets a template's Rego see of `data`."""

_V1 = re.compile(r"^import rego\.v1\n", re.MULTILINE)
"""Gatekeeper refuses this import: the template says the version."""


def foreign_data(policy: Policy) -> tuple[str, ...]:
    """What the rule reads of `data` that a cluster does not hold: such a rule runs in fairlead only."""
    named = {name for module in policy.modules for name in read_rego(module).refers}
    return tuple(sorted(f"data.{name}" for name in named if name.partition(".")[0] not in _HELD))


def as_gatekeeper(rule: PlainRule, policy: Policy) -> str:
    """Two YAML documents that judge as `policy` does: `rule` with what it is told and how much it weighs there."""
    kind = "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", f"fairlead/{policy.rule.id}"))
    documents = (_template(rule, policy, kind), _constraint(policy, kind))
    return "---\n".join("\n".join([*_lines(document, 0), ""]) for document in documents)


def _template(rule: PlainRule, policy: Policy, kind: str) -> dict[str, Any]:
    about = policy.rule
    notes = {
        "metadata.gatekeeper.sh/title": about.title,
        "description": about.reason,
        "fairlead.dev/severity": about.rating.value,
        "fairlead.dev/mend": about.mend,
        "fairlead.dev/reference": about.reference,
    }
    properties = {
        name: _schema(default, rule.notes.descriptions.get(name, "")) for name, default in rule.notes.parameters.items()
    }
    main, *libraries = sorted(policy.modules, key=lambda module: f"{read_rego(module).package}.".startswith("lib."))
    source: dict[str, Any] = {"version": "v1", "rego": _V1.sub("", main.text)}
    if libraries:
        source["libs"] = [_V1.sub("", module.text) for module in libraries]
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "ConstraintTemplate",
        "metadata": {"name": kind.lower(), "annotations": {key: value for key, value in notes.items() if value}},
        "spec": {
            "crd": {
                "spec": {
                    "names": {"kind": kind},
                    "validation": {"openAPIV3Schema": {"type": "object", "properties": properties}},
                }
            },
            "targets": [{"target": TARGET, "code": [{"engine": "Rego", "source": source}]}],
        },
    }


def _constraint(policy: Policy, kind: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"enforcementAction": _ACTIONS[policy.enforcement]}
    if policy.match.criteria:
        spec["match"] = policy.match.criteria
    if policy.parameters:
        spec["parameters"] = policy.parameters
    name = re.sub(r"[^a-z0-9]+", "-", policy.rule.id.lower()).strip("-")
    return {
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def _schema(default: object, description: str = "") -> dict[str, Any]:
    """The schema of values like `default`."""
    told = {"description": description} if description else {}
    if isinstance(default, Mapping):
        return {"type": "object", "x-kubernetes-preserve-unknown-fields": True, **told}
    if isinstance(default, list):
        return {"type": "array", "items": _schema(default[0]) if default else {"type": "string"}, **told}
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"))
    return {"type": next((name for kind, name in kinds if isinstance(default, kind)), "string"), **told}


def _lines(value: object, depth: int) -> Iterator[str]:
    """YAML in block style: text of several lines stays as it is written, so that people can read the Rego."""
    indent = "  " * depth
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from _entry(f"{indent}{_scalar(str(key))}:", each, depth)
    elif isinstance(value, list) and value:
        for each in value:
            yield from _entry(f"{indent}-", each, depth)
    else:
        yield f"{indent}{_scalar(value)}"


def _entry(head: str, value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str) and "\n" in value and not value[0].isspace():
        yield f"{head} |"
        yield from (f"{'  ' * (depth + 1)}{line}" if line else "" for line in value.rstrip("\n").split("\n"))
    elif isinstance(value, (Mapping, list)) and value:
        yield head
        yield from _lines(value, depth + 1)
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: object) -> str:
    """JSON, which YAML reads; plain words bare."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", value) and value.lower() not in _AMBIGUOUS:
        return value
    return json.dumps(value, ensure_ascii=False)


_AMBIGUOUS = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"}

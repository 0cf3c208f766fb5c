"""What reading policies gives: policies, the data that came with them, and what is wrong with their files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.finding import Finding
from fairlead.domain.policy import Policy

__all__ = ["Policies", "together"]


@dataclass(frozen=True, slots=True)
class Policies:
    """Policies ready to judge by. `data` is what their files hold beside Rego (a bundle's `data.json`)."""

    policies: tuple[Policy, ...] = ()
    findings: tuple[Finding, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


def together(parts: Iterable[Policies]) -> Policies:
    """Several readings as one. A rule that two of them bring under one id is a finding; the first is kept."""
    policies: dict[tuple[str, tuple[str, ...]], Policy] = {}
    findings: list[Finding] = []
    data: dict[str, Any] = {}
    for part in parts:
        findings += part.findings
        for policy in part.policies:
            first = policies.setdefault((policy.rule.id, policy.environments), policy)
            if first is not policy:
                findings.append(_twice(first, policy))
        for key, value in part.data.items():
            if data.setdefault(key, value) != value:
                message = f"two policy sources bring data under `{key}`"
                findings.append(Finding("fairlead.yaml", 0, 0, "policy/data-twice", message, "rename one of them"))
    return Policies(tuple(policies.values()), tuple(findings), data)


def _twice(first: Policy, policy: Policy) -> Finding:
    rule = policy.rule
    message = f"the rule {rule.id} is there already ({first.rule.path}:{first.rule.line})"
    mend = "rename one of them, so that a finding and a waiver name one rule"
    return Finding(rule.path, rule.line, 1, "policy/rule-twice", message, mend)

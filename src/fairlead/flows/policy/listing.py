"""`fairlead policy list`: every rule that holds in a workspace, by source and environment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.declare.reader import Reader
from fairlead.domain.finding import Finding, Verdict, judge
from fairlead.domain.policy import Enforcement, Policy, Rating
from fairlead.flows.judging.rulebook import Shelf, read_rulebook
from fairlead.ports import Tree

__all__ = ["PolicyList", "RuleInForce", "list_policies", "named_environments", "rule_in_force"]


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """A rule as it holds in some environments (none: everywhere). `source` is its pack, or the path it stands in."""

    id: str
    title: str
    enforcement: Enforcement
    severity: Rating
    environments: tuple[str, ...]
    source: str
    path: str
    line: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class PolicyList:
    """The rules in order of source and id, and what is wrong with how they are declared."""

    rules: tuple[RuleInForce, ...]
    findings: tuple[Finding, ...]
    verdict: Verdict


def list_policies(tree: Tree, shelf: Shelf) -> PolicyList:
    """The rules of the workspace in `tree`. `shelf` opens the policy repository, where one is declared."""
    declared = Reader().workspace(tree)
    book = read_rulebook(tree, declared, shelf)
    rules = tuple(
        sorted((rule_in_force(each) for each in book.policies), key=lambda row: (row.source, row.id, row.environments))
    )
    return PolicyList(rules, tuple(sorted(book.findings)), judge(book.findings))


def rule_in_force(policy: Policy) -> RuleInForce:
    """A policy as lists show it."""
    rule = policy.rule
    return RuleInForce(
        id=rule.id,
        title=rule.title,
        enforcement=policy.enforcement,
        severity=rule.rating,
        environments=named_environments(policy.environments),
        source=policy.source,
        path=rule.path,
        line=rule.line,
        reference=rule.reference,
    )


def named_environments(environments: Iterable[str]) -> tuple[str, ...]:
    """Without the empty name, under which manifests are judged that belong to no environment."""
    return tuple(each for each in environments if each)

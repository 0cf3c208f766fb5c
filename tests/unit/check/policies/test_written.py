"""A pack's rule as Gatekeeper takes it: read back, it is the same policy and gives the same answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.check.engines.base import Engine
from fairlead.check.policies.gatekeeper.written import as_gatekeeper, foreign_data
from fairlead.check.policies.judging import judge_subjects
from fairlead.check.policies.packs import pack_names, pack_rules
from fairlead.check.policies.plain_rules import PlainRule
from fairlead.check.policies.sources import load
from fairlead.domain.gate import PolicySource
from fairlead.domain.policy import Enforcement, Policy, Subject
from tests.unit.check.policies.sample import quiet

SOURCE = PolicySource(path="exported")
BARE = [
    Subject(kind, "x", {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": spec}, f"{kind}.yaml")
    for version, kind, spec in [
        ("fairlead.dev/v1alpha1", "Model", {}),
        ("v1", "Pod", {"containers": [{"name": "a", "image": "evil.example/a:latest"}]}),
    ]
]
"""Subjects that say nothing of themselves, so that rules have something to say."""


def exportable() -> list[PlainRule]:
    """Rules of all packs that ask for nothing that a cluster does not hold."""
    return [rule for name in pack_names() for rule in pack_rules(name) if not foreign_data(rule.policy)]


def back(rule: PlainRule, policy: Policy) -> Policy:
    """The policy that a cluster's reader makes of the export."""
    found = load([("exported.yaml", as_gatekeeper(rule, policy))], SOURCE)
    assert found.findings == ()
    return found.policies[0]


@pytest.mark.parametrize("rule", exportable(), ids=lambda rule: rule.policy.rule.id)
def test_an_export_is_the_same_policy(rule: PlainRule) -> None:
    """Words, parameters, subjects and enforcement survive."""
    tried = replace(rule.policy, enforcement=Enforcement.AUDIT)
    read = back(rule, tried)
    assert (read.parameters, read.enforcement) == (tried.parameters, Enforcement.AUDIT)
    assert read.match == tried.match
    for field in ("title", "rating", "reason", "mend", "reference"):
        assert getattr(read.rule, field) == getattr(tried.rule, field)


def test_exports_answer_alike(engine: Engine) -> None:
    """Through the templates the subjects are told the same, word for word."""
    rules = exportable()
    exported = [replace(back(rule, rule.policy), rule=rule.policy.rule) for rule in rules]
    told = judge_subjects([rule.policy for rule in rules], BARE, {}, engine, quiet)
    assert len(told) > 10
    assert judge_subjects(exported, BARE, {}, engine, quiet) == told


def test_a_rule_that_asks_for_more_than_a_cluster_holds_says_so() -> None:
    """Its `data` is fairlead's own."""
    (rule,) = [each for each in pack_rules("finops") if each.policy.rule.id == "finops/budget-left"]
    assert foreign_data(rule.policy) == ("data.fairlead.ledger",)

"""Conftest's rules, bundles and rules like the packs': recognised, read, and judged by."""

from __future__ import annotations

import pytest

from fairlead.check.engines.base import Engine
from fairlead.check.policies.judging import judge_subjects
from fairlead.check.policies.sources import load
from fairlead.domain.finding import Severity
from fairlead.domain.gate import PolicySource
from fairlead.domain.policy import Dialect, Enforcement
from tests.unit.check.policies.sample import CONSTRAINT, POD, TEMPLATE, quiet, subject

CONFTEST = """\
package main
import rego.v1

deny_latest contains msg if {
	input.kind == "Pod"
	msg := "no owner"
	not input.metadata.labels.owner
}
warn contains {"msg": "short name", "field": ["metadata", "name"]} if count(input.metadata.name) < 4
"""
BUNDLE = [
    ("b/.manifest", '{"roots": ["authz", "limits"]}'),
    ("b/authz/rules.rego", "package authz\nallow { count(input.metadata.name) <= data.limits.most }\n"),
    ("b/limits/data.json", '{"most": 2}'),
]


def source(**more: object) -> PolicySource:
    """A source at `b`."""
    return PolicySource.model_validate({"path": "b", **more})


def test_conftest_rules_are_a_policy_each(engine: Engine) -> None:
    """`deny` blocks, `warn` never does; the document itself is the input."""
    found = load([("p.rego", CONFTEST)], source())
    assert [(each.rule.id, each.enforcement, each.dialect) for each in found.policies] == [
        ("main/deny_latest", Enforcement.DENY, Dialect.CONFTEST),
        ("main/warn", Enforcement.WARN, Dialect.CONFTEST),
    ]
    told = judge_subjects(found.policies, [subject(POD)], {}, engine, quiet)
    assert [(each.rule, each.line, each.severity) for each in told] == [
        ("main/deny_latest", 1, Severity.ERROR),
        ("main/warn", 4, Severity.WARNING),
    ]
    assert [each.mend for each in told] == ["see the rule at p.rego:4", "see the rule at p.rego:9"]


def test_conftest_exceptions_set_a_rule_aside(engine: Engine) -> None:
    """`exception` names the part behind `deny_`; other rules go on."""
    text = CONFTEST + 'exception contains ["latest"] if input.metadata.namespace == "shop"\n'
    policies = load([("p.rego", text)], source()).policies
    assert [each.rule for each in judge_subjects(policies, [subject(POD)], {}, engine, quiet)] == ["main/warn"]
    elsewhere = subject(POD.replace("namespace: shop", "namespace: home"))
    assert len(judge_subjects(policies, [elsewhere], {}, engine, quiet)) == 2


def test_a_source_on_trial_weakens_its_rules() -> None:
    """Nothing of a source that is only counted blocks or warns."""
    found = load([("p.rego", CONFTEST)], source(enforcement="audit"))
    assert {each.enforcement for each in found.policies} == {Enforcement.AUDIT}


def test_a_bundle_answers_at_its_entrypoint_with_its_data(engine: Engine) -> None:
    """Rego v0 too: `allow` that does not hold is a violation."""
    found = load(BUNDLE, source(entrypoint="data.authz.allow"))
    (policy,) = found.policies
    assert (policy.rule.id, policy.dialect, found.data) == ("authz/allow", Dialect.BUNDLE, {"limits": {"most": 2}})
    (told,) = judge_subjects(found.policies, [subject(POD)], found.data, engine, quiet)
    assert told.rule == "authz/allow"
    assert judge_subjects(found.policies, [subject(POD)], {"limits": {"most": 9}}, engine, quiet) == ()


@pytest.mark.parametrize(
    ("files", "entrypoint", "rule", "words"),
    [
        (BUNDLE, "", "policy/no-entrypoint", "authz.allow"),
        (BUNDLE, "authz.allows", "policy/no-entrypoint", "authz.allow"),
        ([*BUNDLE[:2], ("b/data.json", "{")], "authz/allow", "policy/broken-data", "correct it"),
        ([*BUNDLE[:2], ("b/data.json", "[1]")], "authz/allow", "policy/broken-data", "names and values"),
        ([*BUNDLE, ("b/x.rego", "package x\ny := 1\n")], "authz/allow", "policy/outside-roots", ".manifest"),
    ],
)
def test_a_broken_bundle_is_told(files: list[tuple[str, str]], entrypoint: str, rule: str, words: str) -> None:
    """A missing entrypoint is named with those that there are; data and roots are checked as OPA does."""
    found = load(files, source(entrypoint=entrypoint)).findings
    assert [each.rule for each in found] == [rule]
    assert words in found[0].mend


def test_rego_beside_its_template_is_not_judged_twice() -> None:
    """A library keeps the source of a template next to it; the template is what holds."""
    rego = "package needslabel\nviolation[{}] { input.review.object }\n"
    found = load([("t.yaml", TEMPLATE), ("c.yaml", CONSTRAINT), ("src.rego", rego)], source())
    assert [each.rule.id for each in found.policies] == ["needslabel/owner"]


def test_a_rule_written_like_a_packs_needs_no_template(engine: Engine) -> None:
    """`violation` over `input.review`, with annotations: parameters and kinds come from there."""
    text = """\
# METADATA
# title: Small
# custom:
#   subjects: [Pod]
#   parameters:
#     most: {default: 2, description: Letters of a name.}
package house.small
import rego.v1
violation contains {"msg": "too long"} if count(input.review.object.metadata.name) > input.parameters.most
"""
    (policy,) = load([("small.rego", text)], source()).policies
    assert (policy.rule.id, policy.rule.title, policy.dialect) == ("house/small", "Small", Dialect.GATEKEEPER)
    assert len(judge_subjects([policy], [subject(POD)], {}, engine, quiet)) == 1
    assert judge_subjects([policy], [subject(POD.replace("Pod", "Service"))], {}, engine, quiet) == ()


@pytest.mark.parametrize("files", [[], [("readme.yaml", "a: 1\n")], [("p_test.rego", CONFTEST)]])
def test_nothing_to_judge_by_is_a_finding(files: list[tuple[str, str]]) -> None:
    """A folder that was renamed must not open the gate."""
    assert [each.rule for each in load(files, source()).findings] == ["policy/none-found"]


def test_two_rules_of_one_id_are_a_finding() -> None:
    """A finding and a waiver name one rule; the second of a name would hide behind the first."""
    constraint = ("d.yaml", CONSTRAINT)
    found = load([("c.yaml", CONSTRAINT), constraint, ("t.yaml", TEMPLATE)], source())
    assert [each.rule for each in found.findings] == ["policy/rule-twice"]

"""Gatekeeper's templates and constraints become policies, or findings with their lines."""

from __future__ import annotations

import pytest

from fairlead.check.engines.base import Engine
from fairlead.check.policies.judging import judge_subjects
from fairlead.check.policies.sources import load
from fairlead.domain.finding import Severity
from fairlead.domain.gate import PolicySource
from fairlead.domain.policy import Enforcement, Rating
from tests.unit.check.policies.sample import CONSTRAINT, POD, TEMPLATE, quiet, subject

SOURCE = PolicySource(path="policies")
TWO_SCOPES = """scoped
  scopedEnforcementActions:
    - {action: warn}
    - {action: deny, enforcementPoints: [{name: validation.gatekeeper.sh}]}"""


def test_a_constraint_makes_a_policy_of_its_template() -> None:
    """What both say is in it: words, parameters with the schema's defaults, and where the Rego stands in the file."""
    found = load([("t.yaml", TEMPLATE), ("c.yaml", CONSTRAINT)], SOURCE)
    (policy,) = found.policies
    assert found.findings == ()
    assert (policy.rule.id, policy.rule.path, policy.rule.line) == ("needslabel/owner", "c.yaml", 1)
    assert (policy.rule.title, policy.rule.reason) == ("Needs a label", "Somebody answers for it.")
    assert (policy.rule.rating, policy.rule.mend, policy.rule.reference) == (
        Rating.HIGH,
        "Add the label.",
        "House rule 7",
    )
    assert policy.parameters == {"label": "owner", "depth": 3}
    assert (policy.modules[0].path, policy.modules[0].line) == ("t.yaml", 26)
    assert (policy.entrypoint, policy.enforcement) == ("needslabel.violation", Enforcement.DENY)


def test_a_violation_is_a_finding_at_its_field(engine: Engine) -> None:
    """Place, rule, message, mend, rating and reference are those of the subject, the answer and the template."""
    policies = load([("t.yaml", TEMPLATE), ("c.yaml", CONSTRAINT)], SOURCE).policies
    (found,) = judge_subjects(policies, [subject(POD)], {}, engine, quiet)
    assert (found.path, found.line, found.column, found.rule) == ("pod.yaml", 6, 3, "needslabel/owner")
    assert found.message == "no label owner at depth 3"
    assert (found.mend, found.rating, found.reference) == ("Add the label.", "high", "House rule 7")
    assert judge_subjects(policies, [subject(POD.replace("app: web", "owner: ada"))], {}, engine, quiet) == ()
    assert judge_subjects(policies, [subject(POD.replace("kind: Pod", "kind: Service"))], {}, engine, quiet) == ()


@pytest.mark.parametrize(
    ("action", "enforcement"),
    [
        ("deny", Enforcement.DENY),
        ("warn", Enforcement.WARN),
        ("dryrun", Enforcement.AUDIT),
        ("scoped", Enforcement.AUDIT),
        ("scoped\n  scopedEnforcementActions: [{action: warn, enforcementPoints: [{name: '*'}]}]", Enforcement.WARN),
        ("scoped\n  scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: audit}]}]", Enforcement.AUDIT),
        (TWO_SCOPES, Enforcement.DENY),
    ],
)
def test_enforcement_actions(action: str, enforcement: Enforcement) -> None:
    """As the constraint says; of scoped actions, the strictest that speaks of what is let into a cluster."""
    text = CONSTRAINT.replace("spec:\n", f"spec:\n  enforcementAction: {action}\n")
    (policy,) = load([("t.yaml", TEMPLATE), ("c.yaml", text)], SOURCE).policies
    assert policy.enforcement is enforcement


def test_a_source_speaks_where_a_constraint_is_silent() -> None:
    """What is only tried does not block; what names its own action keeps it."""
    tried = PolicySource(path="policies", enforcement="audit", environments=("prod",))
    (policy,) = load([("t.yaml", TEMPLATE), ("c.yaml", CONSTRAINT)], tried).policies
    assert (policy.enforcement, policy.environments) == (Enforcement.AUDIT, ("prod",))


@pytest.mark.parametrize(
    ("template", "constraint", "rule", "line", "words"),
    [
        (TEMPLATE, CONSTRAINT.replace("NeedsLabel", "NeedsLable"), "policy/broken-constraint", 1, "NeedsLabel"),
        (TEMPLATE, CONSTRAINT.replace("kinds:\n      -", "kind:\n      -"), "policy/broken-constraint", 7, "kinds"),
        (TEMPLATE, CONSTRAINT.replace("label: owner", "label: [a]"), "policy/broken-constraint", 11, "schema"),
        (TEMPLATE, CONSTRAINT.replace("label: owner", "depth: 1"), "policy/broken-constraint", 10, "schema"),
        (TEMPLATE, CONSTRAINT.replace("label: owner", "label: o"), "policy/broken-constraint", 11, "schema"),
        (
            TEMPLATE,
            CONSTRAINT.replace("spec:\n", "spec:\n  enforcementAction: block\n"),
            "policy/broken-constraint",
            6,
            "deny, warn, dryrun, scoped",
        ),
        (TEMPLATE.replace("name: needslabel", "name: other"), CONSTRAINT, "policy/broken-template", 4, "spec.crd"),
        (TEMPLATE.replace("package needslabel", ""), CONSTRAINT, "policy/broken-template", 26, "package NAME"),
        (TEMPLATE.replace("rego: |", "cel: |"), CONSTRAINT, "policy/broken-template", 23, "spec.targets"),
        (TEMPLATE, "a: [", "policy/broken-yaml", 2, "correct the YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_finding_with_its_line(template: str, constraint: str, rule: str, line: int, words: str) -> None:
    """Nothing that somebody wrote wrongly is judged by, and nothing of it is passed over."""
    found = [
        each
        for each in load([("t.yaml", template), ("c.yaml", constraint)], SOURCE).findings
        if each.severity is not Severity.INFO
    ]
    assert [(each.rule, each.line) for each in found] == [(rule, line)]
    assert words in found[0].mend
    assert not load([("t.yaml", template), ("c.yaml", constraint)], SOURCE).policies


def test_cel_is_said_to_be_not_judged() -> None:
    """A rule that cannot be asked is insufficient, which blocks; it is never a pass."""
    before, _ = TEMPLATE.split("      rego: |")
    cel = (
        before + "      code:\n        - {engine: K8sNativeValidation, source: {validations: [{expression: 'true'}]}}\n"
    )
    found = load([("t.yaml", cel), ("c.yaml", CONSTRAINT)], SOURCE)
    assert [(each.rule, each.severity) for each in found.findings] == [("policy/not-judged", Severity.INSUFFICIENT)]


def test_code_and_libraries_of_a_template() -> None:
    """The newer form with `code`, beside CEL, with libraries: each module knows its line."""
    before, rego = TEMPLATE.split("      rego: |\n")
    deeper = "\n".join(f"        {line}" if line else "" for line in rego.split("\n"))
    text = (
        f"{before}      code:\n        - engine: K8sNativeValidation\n          source: {{}}\n"
        f"        - engine: Rego\n          source:\n            libs:\n              - |\n"
        f"                package lib.x\n            rego: |\n{deeper}"
    )
    (policy,) = load([("t.yaml", text), ("c.yaml", CONSTRAINT)], SOURCE).policies
    assert [module.line for module in policy.modules] == [34, 32]


def test_a_template_that_nothing_uses_is_told() -> None:
    """It judges nothing, which its author may not know."""
    found = load([("t.yaml", TEMPLATE)], SOURCE)
    assert [(each.rule, each.severity) for each in found.findings] == [("policy/idle-template", Severity.INFO)]


def test_a_namespace_that_is_not_known_is_insufficient(engine: Engine) -> None:
    """Whether a policy holds for an object cannot be guessed; with the Namespace in hand it is decided."""
    text = CONSTRAINT.replace("  match:\n", "  match:\n    namespaceSelector: {matchLabels: {live: 'yes'}}\n")
    policies = load([("t.yaml", TEMPLATE), ("c.yaml", text)], SOURCE).policies
    (found,) = judge_subjects(policies, [subject(POD)], {}, engine, quiet)
    assert (found.severity, found.rule) == (Severity.INSUFFICIENT, "needslabel/owner")
    space = subject("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {live: 'no'}}\n")
    assert judge_subjects(policies, [subject(POD), space], {}, engine, quiet) == ()


def test_the_inventory_holds_all_subjects(engine: Engine) -> None:
    """A rule may ask what else there is, as in a cluster that Gatekeeper keeps in sync."""
    rego = """\
        package needslabel
        violation[{"msg": "there are two"}] {
          other := data.inventory.namespace[_]["v1"]["Pod"][name]
          name != input.review.name
        }
"""
    template = TEMPLATE.split("        package")[0] + rego
    policies = load([("t.yaml", template), ("c.yaml", CONSTRAINT)], SOURCE).policies
    assert judge_subjects(policies, [subject(POD)], {}, engine, quiet) == ()
    both = [subject(POD), subject(POD.replace("name: web", "name: api"), path="api.yaml")]
    assert len(judge_subjects(policies, both, {}, engine, quiet)) == 2

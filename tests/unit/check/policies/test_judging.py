"""What an engine answers becomes findings: severities, places, faults, order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.check.engines.base import Engine
from fairlead.check.policies.judging import judge_subjects
from fairlead.domain.finding import Severity
from fairlead.domain.policy import Dialect, Enforcement, Module, Policy, Rating, Rule
from tests.unit.check.policies.sample import POD, quiet, subject

HEAD = "package p\nimport rego.v1\n"


def policy(body: str, **changes: object) -> Policy:
    """A conftest-style policy."""
    made = Policy(
        rule=Rule("p/deny", "P", Rating.LOW, mend="Mend it.", path="p.rego", line=3),
        modules=(Module("p.rego", HEAD + body),),
        entrypoint="p.deny",
        dialect=Dialect.CONFTEST,
        source="p.rego",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


SAYS = 'deny contains {"msg": "no", "details": {%s}} if input.kind == "Pod"\n'


@pytest.mark.parametrize(
    ("details", "enforcement", "severity"),
    [
        ("", Enforcement.DENY, Severity.ERROR),
        ("", Enforcement.WARN, Severity.WARNING),
        ("", Enforcement.AUDIT, Severity.INFO),
        ('"verdict": "insufficient"', Enforcement.DENY, Severity.INSUFFICIENT),
        ('"verdict": "insufficient"', Enforcement.WARN, Severity.WARNING),
        ('"verdict": "fail"', Enforcement.DENY, Severity.ERROR),
    ],
)
def test_how_much_a_violation_weighs(
    engine: Engine, details: str, enforcement: Enforcement, severity: Severity
) -> None:
    """Enforcement decides; what is not known blocks as such, and only where a violation would."""
    (found,) = judge_subjects([policy(SAYS % details, enforcement=enforcement)], [subject(POD)], {}, engine, quiet)
    assert found.severity is severity


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ('["metadata", "labels", "app"]', (7, 5)),
        ('["metadata", "labels", "owner"]', (6, 3)),
        ('["spec", 0, "x"]', (1, 1)),
        ('"metadata"', (1, 1)),
    ],
)
def test_a_field_has_a_place(engine: Engine, field: str, place: tuple[int, int]) -> None:
    """That of the field, else of the nearest thing above it that is written."""
    (found,) = judge_subjects([policy(SAYS % f'"field": {field}')], [subject(POD)], {}, engine, quiet)
    assert (found.line, found.column) == place


def test_an_answer_may_say_its_own_mend(engine: Engine) -> None:
    """It goes before the rule's."""
    (found,) = judge_subjects([policy(SAYS % '"mend": "Do this."')], [subject(POD)], {}, engine, quiet)
    assert found.mend == "Do this."


@pytest.mark.parametrize(
    ("enforcement", "severity"), [(Enforcement.DENY, Severity.FAULT), (Enforcement.AUDIT, Severity.WARNING)]
)
def test_a_rule_that_cannot_be_judged_is_told(engine: Engine, enforcement: Enforcement, severity: Severity) -> None:
    """A builtin's error is no pass: it blocks where the rule would, and is warned of elsewhere."""
    broken = policy('deny contains "x" if to_number(input.kind) > 1\n', enforcement=enforcement)
    (found,) = judge_subjects([broken], [subject(POD)], {}, engine, quiet)
    assert (found.rule, found.severity, found.path) == ("policy/error", severity, "pod.yaml")
    assert "p/deny could not be judged" in found.message


def test_rego_that_does_not_compile_is_told_at_its_line(engine: Engine) -> None:
    """Once, with file and line, and the other policies still judge."""
    broken = policy("deny contains x if nonsense(1, 2)\n", rule=Rule("q/deny", "Q", Rating.LOW, path="q.rego", line=3))
    found = judge_subjects([broken, policy(SAYS % "")], [subject(POD)], {}, engine, quiet)
    assert {(each.rule, each.severity) for each in found} == {
        ("policy/broken-rego", Severity.FAULT),
        ("p/deny", Severity.ERROR),
    }
    (told,) = [each for each in found if each.rule == "policy/broken-rego"]
    assert (told.path, told.line) == ("p.rego", 3)


def test_environments_choose_policies(engine: Engine) -> None:
    """A policy of one environment says nothing in another; the empty name is what belongs to none."""
    subjects = [subject(POD, environment=name, path=f"{name}.yaml") for name in ("", "dev", "prod")]
    strict = policy(SAYS % "", environments=("prod",))
    tried = policy(SAYS % "", environments=("", "dev"), enforcement=Enforcement.WARN)
    found = judge_subjects([strict, tried], subjects, {}, engine, quiet)
    assert [(each.environment, each.severity) for each in found] == [
        ("", Severity.WARNING),
        ("dev", Severity.WARNING),
        ("prod", Severity.ERROR),
    ]


def test_the_order_of_subjects_and_policies_changes_nothing(engine: Engine) -> None:
    """The same findings in the same order, so that reports can be compared."""
    policies = [policy(SAYS % ""), policy(SAYS % "", rule=Rule("q/deny", "Q", Rating.LOW))]
    subjects = [subject(POD, path=f"{n}.yaml") for n in range(5)]
    once = judge_subjects(policies, subjects, {}, engine, quiet)
    assert once == judge_subjects(policies[::-1], subjects[::-1], {}, engine, quiet)
    assert len(once) == 10


def test_data_is_what_rules_see(engine: Engine) -> None:
    """Facts that belong to no subject reach the rules as `data`."""
    asks = policy('deny contains "over" if data.budget.left < 0\n')
    assert judge_subjects([asks], [subject(POD)], {"budget": {"left": 1}}, engine, quiet) == ()
    assert len(judge_subjects([asks], [subject(POD)], {"budget": {"left": -1}}, engine, quiet)) == 1

"""Subjects and policies -> findings: who judges what, one pass through the engine, and what its answers mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.check.engines.base import Answer, Case, Engine, Fault, Question, RegoError, Violation
from fairlead.check.policies.gatekeeper.match import matcher
from fairlead.check.policies.gatekeeper.review import inventory, namespaces, review
from fairlead.check.policies.shapes import list_of, text_of
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.policy import Dialect, Enforcement, Module, Policy, Subject
from fairlead.ports import Progress

__all__ = ["judge_subjects"]

_SEVERITIES = {
    Enforcement.DENY: Severity.ERROR,
    Enforcement.WARN: Severity.WARNING,
    Enforcement.AUDIT: Severity.INFO,
}


@dataclass(frozen=True, slots=True)
class _Judge:
    """A policy that compiled, the question it asks, and its place among those of its kind of input."""

    policy: Policy
    question: Question


def judge_subjects(
    policies: Sequence[Policy],
    subjects: Sequence[Subject],
    data: Mapping[str, Any],
    engine: Engine,
    progress: Progress,
) -> tuple[Finding, ...]:
    """What the policies find in the subjects, sorted by place. `data` is what Rego sees as `data`.

    A policy that does not compile or cannot be evaluated is a finding of severity `fault`, never silence; one that is
    only warned of or counted weakens it to a warning.
    """
    findings: list[Finding] = []
    judges = _compiled(policies, engine, findings)
    reviewed = [each for each in judges if each.policy.dialect is Dialect.GATEKEEPER]
    plain = [each for each in judges if each.policy.dialect is not Dialect.GATEKEEPER]
    known = _with_inventory(data, reviewed, subjects)
    done = 0
    for group, seen in ((reviewed, known), (plain, data)):
        work = list(_work(group, subjects, findings)) if group else []
        total = done + len(work) + (len(subjects) if group is reviewed and plain else 0)
        cases = (_case(subject, asked, reviews=group is reviewed) for subject, asked in work)
        answers = engine.evaluate_many([each.question for each in group], cases, seen) if work else ()
        for (subject, asked), replies in zip(work, answers, strict=True):
            for place, answer in zip(asked, replies, strict=True):
                findings += _told(group[place].policy, subject, answer)
            done += 1
            progress(done, total, "policies")
    return tuple(sorted(dict.fromkeys(findings)))


def _compiled(policies: Sequence[Policy], engine: Engine, findings: list[Finding]) -> list[_Judge]:
    """Each program once, however many policies ask it: constraints share a template, environments share a rule."""
    programs: dict[tuple[tuple[Module, ...], str, Dialect], Any] = {}
    judges = []
    for policy in policies:
        key = (policy.modules, policy.entrypoint, policy.dialect)
        if key not in programs:
            try:
                programs[key] = engine.compile(*key)
            except RegoError as error:
                programs[key] = None
                findings += [_broken(policy, fault) for fault in error.faults]
        if programs[key] is not None:
            parameters = policy.parameters if policy.dialect is Dialect.GATEKEEPER else None
            judges.append(_Judge(policy, Question(programs[key], parameters)))
    return judges


def _work(
    judges: Sequence[_Judge], subjects: Sequence[Subject], findings: list[Finding]
) -> Iterator[tuple[Subject, tuple[int, ...]]]:
    """Each subject that anything judges, and by which of the judges."""
    spaces = namespaces(subject.document for subject in subjects)
    tests = [matcher(judge.policy.match.criteria, spaces) for judge in judges]
    for subject in subjects:
        asked = []
        for place, (judge, test) in enumerate(zip(judges, tests, strict=True)):
            environments = judge.policy.environments
            if subject.whole and judge.policy.dialect is Dialect.GATEKEEPER:
                continue
            if environments and subject.environment not in environments:
                continue
            if subject.lacks and judge.policy.rule.waits(subject.lacks):
                continue
            matches = test(subject.document)
            if matches is None:
                findings.append(_unknown_namespace(judge.policy, subject))
            elif matches:
                asked.append(place)
        if asked:
            yield subject, tuple(asked)


def _case(subject: Subject, asked: tuple[int, ...], *, reviews: bool) -> Case:
    return Case(review(subject.document) if reviews else subject.document, asked)


def _with_inventory(
    data: Mapping[str, Any], judges: Sequence[_Judge], subjects: Sequence[Subject]
) -> Mapping[str, Any]:
    """`data` with all manifests as Gatekeeper lays them out, where a rule asks for them at all."""
    if any("inventory" in module.text for judge in judges for module in judge.policy.modules):
        return {**data, "inventory": inventory(subject.document for subject in subjects)}
    return data


def _told(policy: Policy, subject: Subject, answer: Answer) -> Iterator[Finding]:
    if answer.fault is not None:
        yield _fault(policy, subject, answer.fault)
    for violation in answer.violations:
        yield _violation(policy, subject, violation)


def _violation(policy: Policy, subject: Subject, violation: Violation) -> Finding:
    rule, details = policy.rule, violation.details
    severity = _SEVERITIES[policy.enforcement]
    if severity is Severity.ERROR and details.get("verdict") == "insufficient":
        severity = Severity.INSUFFICIENT
    return Finding(
        *_place(subject, details),
        rule=rule.id,
        message=violation.message,
        mend=text_of(details.get("mend")) or rule.mend or f"see the rule at {rule.path}:{rule.line}",
        severity=severity,
        model=subject.model,
        environment=subject.environment,
        rating=rule.rating.value,
        reference=rule.reference,
    )


def _place(subject: Subject, details: Mapping[str, Any]) -> tuple[str, int, int]:
    """Where the field stands that a violation names, or the nearest thing above it that has a place."""
    field = tuple(each for each in list_of(details.get("field")) if isinstance(each, (str, int)))
    while field and field not in subject.places:
        field = field[:-1]
    line, column = subject.places.get(field, (subject.line, 1))
    return subject.path, line, column


def _fault(policy: Policy, subject: Subject, fault: Fault) -> Finding:
    at = f" ({fault.path}:{fault.line})" if fault.path else ""
    return Finding(
        subject.path,
        subject.line,
        1,
        rule="policy/error",
        message=f"{policy.rule.id} could not be judged: {fault.message}{at}",
        mend=f"correct the rule {policy.rule.id}; what it would have said is not known",
        severity=_fault_severity(policy),
        model=subject.model,
        environment=subject.environment,
        rating=policy.rule.rating.value,
    )


def _broken(policy: Policy, fault: Fault) -> Finding:
    path, line = (fault.path, fault.line) if fault.path else (policy.rule.path, policy.rule.line)
    return Finding(
        path,
        line,
        1 if line else 0,
        rule="policy/broken-rego",
        message=f"{policy.rule.id} does not compile: {fault.message}",
        mend="correct the Rego at this place",
        severity=_fault_severity(policy),
        rating=policy.rule.rating.value,
    )


def _fault_severity(policy: Policy) -> Severity:
    return Severity.FAULT if policy.enforcement is Enforcement.DENY else Severity.WARNING


def _unknown_namespace(policy: Policy, subject: Subject) -> Finding:
    return Finding(
        subject.path,
        subject.line,
        1,
        rule=policy.rule.id,
        message=f"whether {policy.rule.id} holds for {subject.kind} {subject.name} hangs on its namespace's labels",
        mend="add the Namespace to the manifests, so that its labels are known",
        severity=Severity.INSUFFICIENT if policy.enforcement is Enforcement.DENY else Severity.WARNING,
        environment=subject.environment,
        rating=policy.rule.rating.value,
        reference=policy.rule.reference,
    )

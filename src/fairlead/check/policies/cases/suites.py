"""Gatekeeper's suites (`kind: Suite`, what `gator verify` runs) -> cases, each with the review that it asks for."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.check.engines.base import Answer, Case, Engine, Question, RegoError
from fairlead.check.policies.cases.assertions import Assertion, AssertionFaultError, read_assertions
from fairlead.check.policies.cases.outcome import Outcome, Ran, ReadText, places
from fairlead.check.policies.gatekeeper.constraint import constraint_findings, constraint_policy, is_constraint
from fairlead.check.policies.gatekeeper.match import matcher
from fairlead.check.policies.gatekeeper.review import inventory, namespaces, review
from fairlead.check.policies.gatekeeper.template import Template, is_template, read_template
from fairlead.check.policies.shapes import list_of, mapping_of
from fairlead.check.policies.yaml_documents import Document, YamlFaultError, read_documents
from fairlead.domain.gate import PolicySource
from fairlead.domain.policy import Dialect, Policy
from fairlead.ports import Progress

__all__ = ["SUITE_GROUP", "run_suites"]

SUITE_GROUP = "test.gatekeeper.sh"
_SOURCE = PolicySource(path="suite")
_UNSUPPORTED = "expansion"


class _UnusableError(Exception):
    """A file that a test or a case names and that cannot be used; says why."""


@dataclass(frozen=True, slots=True)
class _Test:
    """One test of a suite: where it stands, and what it holds."""

    suite: str
    name: str
    value: Mapping[str, Any]

    def path(self, name: str) -> str:
        """A path of the suite's, seen from where the suites were looked for."""
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.suite), name))

    def error(self, case: str, why: str, expected: str = "") -> Outcome:
        """A case that could not be judged."""
        return Outcome(self.suite, self.name, case, expected, f"error: {why}", passed=False, error=True)


def run_suites(texts: Iterable[tuple[str, str]], read: ReadText, engine: Engine, progress: Progress) -> Ran:
    """Every case of every suite in the texts. `read` gives the files that suites name, by path."""
    ran = Ran()
    tests = [test for path, text in texts if SUITE_GROUP in text for test in _tests(path, text)]
    for place, test in enumerate(tests):
        if isinstance(test, Outcome):
            ran += Ran((test,))
        elif _skipped(test.value):
            ran += Ran(skipped=max(len(list_of(test.value.get("cases"))), 1))
        else:
            ran += _run(test, read, engine)
        progress(place + 1, len(tests), "suites")
    return ran


def _tests(path: str, text: str) -> Iterator[_Test | Outcome]:
    try:
        documents = read_documents(text)
    except YamlFaultError as error:
        yield _Test(path, "", {}).error("", f"line {error.line}: {error.message}")
        return
    for document in documents:
        suite = mapping_of(document.value)
        if suite.get("kind") != "Suite" or not str(suite.get("apiVersion")).startswith(f"{SUITE_GROUP}/"):
            continue
        for place, test in enumerate(list_of(suite.get("tests"))):
            value = mapping_of(test)
            found = {**value, "skip": True} if _skipped(suite) else value
            yield _Test(path, str(value.get("name") or f"tests[{place}]"), found)


def _skipped(value: Mapping[str, Any]) -> bool:
    return value.get("skip") is True


def _run(test: _Test, read: ReadText, engine: Engine) -> Ran:
    cases = [mapping_of(case) for case in list_of(test.value.get("cases"))]
    kept = [case for case in cases if not _skipped(case)]
    skipped = len(cases) - len(kept)
    try:
        template, constraint, path = _parts(test, read)
        problems = [each.message for each in constraint_findings(constraint, path, template)]
        if test.value.get("invalid") is True:
            return Ran((_invalid(test, problems),), skipped)
        policy = _policy(problems, constraint, path, template)
        program = engine.compile(policy.modules, policy.entrypoint, Dialect.GATEKEEPER)
    except (_UnusableError, RegoError) as error:
        why = places(error) if isinstance(error, RegoError) else str(error)
        names = [_case_name(case, place) for place, case in enumerate(kept)]
        return Ran(tuple(test.error(name, why) for name in names or [""]), skipped)
    question = Question(program, policy.parameters)
    outcomes = [_judged(test, case, place, (policy, question), read, engine) for place, case in enumerate(kept)]
    return Ran(tuple(outcomes), skipped)


def _policy(problems: Sequence[str], constraint: Document, path: str, template: Template) -> Policy:
    if problems:
        raise _UnusableError(f"{path}: {'; '.join(problems)}")
    return constraint_policy(constraint, path, template, _SOURCE)


def _parts(test: _Test, read: ReadText) -> tuple[Template, Document, str]:
    if test.value.get(_UNSUPPORTED):
        raise _UnusableError("insufficient: expansion templates are not judged here")
    (template,) = _documents(test, "template", read)
    path = test.path(str(test.value.get("constraint")))
    (constraint,) = _documents(test, "constraint", read)
    if not is_template(template) or not is_constraint(constraint):
        raise _UnusableError("`template` must name a ConstraintTemplate and `constraint` a constraint of it")
    found = read_template(template, test.path(str(test.value.get("template"))))
    if found.template is None:
        raise _UnusableError("; ".join(each.message for each in found.findings))
    if constraint.value.get("kind") != found.kind:
        raise _UnusableError(f"the constraint is of kind {constraint.value.get('kind')}, the template of {found.kind}")
    return found.template, constraint, path


def _documents(test: _Test, field: str, read: ReadText) -> tuple[Document]:
    name = test.value.get(field)
    if not isinstance(name, str) or not name:
        raise _UnusableError(f"`{field}` is missing")
    return _only(test.path(name), read)


def _only(path: str, read: ReadText) -> tuple[Document]:
    documents = _all(path, read)
    if len(documents) != 1:
        raise _UnusableError(f"{path} holds {len(documents)} documents, not one")
    return (documents[0],)


def _all(path: str, read: ReadText) -> tuple[Document, ...]:
    text = read(path)
    if text is None:
        raise _UnusableError(f"{path} is not there, or cannot be read")
    try:
        return read_documents(text)
    except YamlFaultError as error:
        raise _UnusableError(f"{path}:{error.line}: {error.message}") from error


def _invalid(test: _Test, problems: Sequence[str]) -> Outcome:
    got = f"invalid: {'; '.join(problems)}" if problems else "a valid constraint"
    return Outcome(test.suite, test.name, "", "an invalid constraint", got, passed=bool(problems))


def _case_name(case: Mapping[str, Any], place: int) -> str:
    return str(case.get("name") or f"cases[{place}]")


def _judged(
    test: _Test,
    case: Mapping[str, Any],
    place: int,
    asked: tuple[Policy, Question],
    read: ReadText,
    engine: Engine,
) -> Outcome:
    name = _case_name(case, place)
    try:
        assertions = read_assertions(case.get("assertions"))
    except AssertionFaultError as error:
        return test.error(name, str(error))
    expected = "; ".join(str(each) for each in assertions)
    try:
        (document,) = _only(test.path(str(case.get("object"))), read)
        held = [each for path in list_of(case.get("inventory")) for each in _all(test.path(str(path)), read)]
        answer = _answer(_request(document), [mapping_of(each.value) for each in held], asked, engine)
    except _UnusableError as error:
        return test.error(name, str(error), expected)
    if answer.fault is not None:
        return test.error(name, answer.fault.message, expected)
    messages = [violation.message for violation in answer.violations]
    return Outcome(test.suite, test.name, name, expected, _got(messages), passed=_hold(assertions, messages))


def _hold(assertions: Iterable[Assertion], messages: Sequence[str]) -> bool:
    return all(assertion.holds(messages) for assertion in assertions)


def _request(document: Document) -> dict[str, Any]:
    """The review that a case asks for: of an object, or the request of an AdmissionReview as it stands."""
    value = mapping_of(document.value)
    if value.get("kind") == "AdmissionReview" and str(value.get("apiVersion")).startswith("admission.k8s.io/"):
        request = dict(mapping_of(value.get("request")))
        if request.get("operation") == "DELETE":
            request["object"] = request.get("oldObject")
        return request
    # gator leaves the operation open where a case is a bare object.
    return review(value, operation="")


def _answer(
    request: Mapping[str, Any],
    held: Sequence[Mapping[str, Any]],
    asked: tuple[Policy, Question],
    engine: Engine,
) -> Answer:
    policy, question = asked
    objects = [each for each in (request.get("object"), request.get("oldObject")) if isinstance(each, Mapping)]
    if not objects:
        raise _UnusableError("the request holds neither `object` nor `oldObject`")
    test = matcher(policy.match.criteria, namespaces(held))
    decided = [test(each) for each in objects]
    if not any(decided):
        if None in decided:
            raise _UnusableError("the constraint asks for the labels of a namespace that is not in the inventory")
        return Answer()
    data = {"inventory": inventory(held)}
    ((answer,),) = engine.evaluate_many([question], [Case(request, (0,))], data)
    return answer


def _got(messages: Sequence[str]) -> str:
    if not messages:
        return "no violations"
    counted = "1 violation" if len(messages) == 1 else f"{len(messages)} violations"
    return f"{counted}: {' | '.join(messages)}"

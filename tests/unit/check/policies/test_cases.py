"""Policies' own tests: Gatekeeper's suites and Rego's unit tests, each case with what was expected and what came."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.check.engines.base import Engine
from fairlead.check.policies.cases.assertions import AssertionFaultError, read_assertions
from fairlead.check.policies.cases.outcome import Outcome, Ran
from fairlead.check.policies.cases.rego_tests import run_rego_tests
from fairlead.check.policies.cases.suites import run_suites
from tests.unit.check.policies.sample import CONSTRAINT, POD, TEMPLATE, quiet

SUITE = """\
kind: Suite
apiVersion: test.gatekeeper.sh/v1alpha1
tests:
  - name: owners
    template: t.yaml
    constraint: c.yaml
    cases:
      - name: without
        object: objects/pod.yaml
        assertions: [{violations: yes, message: "label owner"}]
"""
FILES = {"s/t.yaml": TEMPLATE, "s/c.yaml": CONSTRAINT, "s/objects/pod.yaml": POD}


def run(engine: Engine, suite: str = SUITE, **files: str) -> Ran:
    """Run one suite over the sample's files and others beside it."""
    held = {**FILES, **{f"s/{name}": text for name, text in files.items()}}
    return run_suites([("s/suite.yaml", suite)], held.get, engine, quiet)


def only(ran: Ran) -> Outcome:
    """The one case that ran."""
    (outcome,) = ran.outcomes
    return outcome


@pytest.mark.parametrize(
    ("said", "messages", "holds", "words"),
    [
        ({"violations": "yes"}, ["a"], True, "at least 1 violation"),
        ({"violations": True}, [], False, "at least 1 violation"),
        ({}, [], False, "at least 1 violation"),
        ({"violations": "no"}, ["a"], False, "no violations"),
        ({"violations": False, "message": "b"}, ["a"], True, "no violations matching /b/"),
        ({"violations": 2}, ["a", "b"], True, "exactly 2 violations"),
        ({"violations": 1, "message": "^a"}, ["a", "b", "ab"], False, "exactly 1 violation matching /^a/"),
        ({"violations": {"min": 1, "max": 2}}, ["a", "b", "c"], False, "1 to 2 violations"),
        ({"violations": {"min": 1}}, ["a", "b", "c"], True, "at least 1 violation"),
    ],
)
def test_assertions(said: dict[str, Any], messages: list[str], words: str, *, holds: bool) -> None:
    """As gator counts: only messages that match, and yes where nothing is said."""
    (assertion,) = read_assertions([said])
    assert (assertion.holds(messages), str(assertion)) == (holds, words)


@pytest.mark.parametrize(
    "said",
    [[], None, [{"violation": "no"}], [{"violations": "maybe"}], [{"violations": -1}], [{"message": "("}], ["no"]],
)
def test_an_assertion_that_nobody_understands_is_refused(said: object) -> None:
    """A misspelt assertion asserts something else, which would pass."""
    with pytest.raises(AssertionFaultError):
        read_assertions(said)


def test_a_case_tells_what_was_expected_and_what_came(engine: Engine) -> None:
    """A pass and a failure, in words."""
    outcome = only(run(engine))
    assert (outcome.suite, outcome.test, outcome.case) == ("s/suite.yaml", "owners", "without")
    assert outcome.expected == "at least 1 violation matching /label owner/"
    assert (outcome.got, outcome.passed) == ("1 violation: no label owner at depth 3", True)
    failed = only(run(engine, SUITE.replace("violations: yes", "violations: 2")))
    assert (failed.passed, failed.error) == (False, False)


@pytest.mark.parametrize(
    ("suite", "words"),
    [
        (SUITE.replace("template: t.yaml", "template: nowhere.yaml"), "s/nowhere.yaml is not there"),
        (SUITE.replace("template: t.yaml", "templates: t.yaml"), "`template` is missing"),
        (SUITE.replace("constraint: c.yaml", "constraint: objects/pod.yaml"), "`constraint` a constraint"),
        (SUITE.replace("pod.yaml", "two.yaml"), "holds 2 documents, not one"),
        (SUITE.replace("pod.yaml", "broken.yaml"), "objects/broken.yaml:1"),
        (SUITE.replace("assertions:", "assertion:"), "asserts nothing"),
        (SUITE.replace("template: t.yaml", "template: t.yaml\n    expansion: e.yaml"), "insufficient: expansion"),
        (SUITE.replace("name: owners", "name: ["), "line"),
        (SUITE.replace("constraint: c.yaml", "constraint: wrong.yaml"), "must be of type string"),
        (SUITE.replace("template: t.yaml", "template: rego.yaml"), "rego.yaml"),
    ],
)
def test_a_case_that_cannot_be_judged_is_an_error(engine: Engine, suite: str, words: str) -> None:
    """Never a pass, and it says why."""
    outcome = only(
        run(
            engine,
            suite,
            **{
                "objects/two.yaml": f"{POD}---\n{POD}",
                "objects/broken.yaml": "a: b: c",
                "wrong.yaml": CONSTRAINT.replace("label: owner", "label: 5"),
                "rego.yaml": TEMPLATE.replace("violation[{", "violation[}"),
            },
        )
    )
    assert (outcome.passed, outcome.error) == (False, True)
    assert words in outcome.got


def test_an_invalid_constraint_may_be_expected(engine: Engine) -> None:
    """`invalid: true` holds where the template's schema refuses the constraint."""
    suite = SUITE.split("    cases:", maxsplit=1)[0] + "    invalid: true\n"
    assert not only(run(engine, suite)).passed
    assert only(run(engine, suite, **{"c.yaml": CONSTRAINT.replace("label: owner", "label: 5")})).passed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: Suite", "kind: Suite\nskip: true"),
        ("name: owners", "name: owners\n    skip: true"),
        ("name: without", "name: without\n        skip: true"),
    ],
)
def test_what_is_set_aside_is_counted(engine: Engine, old: str, new: str) -> None:
    """A suite, a test or a case that is skipped is no case, and is not forgotten."""
    assert run(engine, SUITE.replace(old, new)) == Ran((), 1)


def test_an_admission_review_is_asked_as_it_stands(engine: Engine) -> None:
    """On a removal, what is removed is judged."""
    review = (
        "apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nrequest:\n  operation: DELETE\n"
        "  oldObject: {apiVersion: v1, kind: Pod, metadata: {name: web}}\n"
    )
    assert only(run(engine, **{"objects/pod.yaml": review})).passed
    assert only(run(engine, **{"objects/pod.yaml": review.replace("oldObject", "nothing")})).error


RULES = 'package p\n\ndeny[msg] { input.x > 3; msg := "big" }\n'
TESTS = """\
package p

test_big { deny["big"] with input as {"x": 4} }
test_small { count(deny) == 0 with input as {"x": 1} }
test_wrong { deny["big"] with input as {"x": 1} }
todo_test_later { false }
"""


def rego(engine: Engine, *texts: str) -> dict[str, tuple[bool, bool]]:
    """Whether each test passed, and whether it could not be run."""
    ran = run_rego_tests([(f"p/{n}.rego", text) for n, text in enumerate(texts)], {"most": 1}, engine, quiet)
    return {each.case: (each.passed, each.error) for each in ran.outcomes}


def test_rego_tests_run_as_opa_runs_them(engine: Engine) -> None:
    """In v0 and v1, with inputs of their own; what is still to do is set aside."""
    wanted = {"test_big": (True, False), "test_small": (True, False), "test_wrong": (False, False)}
    assert rego(engine, RULES, TESTS) == wanted
    assert run_rego_tests([("t.rego", TESTS), ("p.rego", RULES)], {}, engine, quiet).skipped == 1
    modern = [text.replace("deny[msg] {", "deny contains msg if {").replace("} {", "} if {") for text in (RULES, TESTS)]
    modern[1] = modern[1].replace(" { ", " if { ")
    assert rego(engine, *modern) == wanted


def test_a_broken_test_is_told_apart_from_its_neighbours(engine: Engine) -> None:
    """A builtin's error in one of them leaves the answers of the others."""
    broken = TESTS + 'test_broken { to_number("x") == 1 }\n'
    assert rego(engine, RULES, broken)["test_big"] == (True, False)
    assert rego(engine, RULES, broken)["test_broken"] == (False, True)


def test_rego_that_does_not_compile_is_an_error_of_each_test(engine: Engine) -> None:
    """Nothing of it passes."""
    assert set(rego(engine, RULES + "x { nonsense(1) }\n", TESTS).values()) == {(False, True)}


def test_two_tests_of_one_name_do_not_hide_one_another(engine: Engine) -> None:
    """As one rule, the one that holds would cover the one that does not."""
    twice = "package p\ntest_a { true }\ntest_a { false }\n"
    assert rego(engine, twice) == {"test_a": (True, False), "test_a#01": (False, False)}


def test_data_files_are_what_tests_see(engine: Engine) -> None:
    """`data` holds what lies beside the policies."""
    assert rego(engine, "package p\ntest_most { data.most == 1 }\n") == {"test_most": (True, False)}


def test_packages_of_one_name_in_two_folders_are_two(engine: Engine) -> None:
    """Policies that have nothing to do with one another are often called alike."""
    texts = [
        ("a/p.rego", "package p\nx = 1 { true }\n"),
        ("a/p_test.rego", "package p\ntest_x { x == 1 }\n"),
        ("b/p.rego", "package p\nx = 2 { true }\n"),
        ("b/p_test.rego", "package p\ntest_x { x == 2 }\n"),
        ("c/p_test.rego", "package q\nimport data.r\ntest_x { r.y == 3 }\n"),
        ("d/r.rego", "package r\ny = 3\n"),
    ]
    ran = run_rego_tests(texts, {}, engine, quiet)
    assert [(each.suite, each.passed) for each in ran.outcomes] == [
        ("a/p_test.rego", True),
        ("b/p_test.rego", True),
        ("c/p_test.rego", True),
    ]

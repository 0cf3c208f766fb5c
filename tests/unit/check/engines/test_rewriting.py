"""Rego for the embedded engine: what changes, what stays, and that no line moves."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.check.engines.base import RegoError
from fairlead.check.engines.rego.builtins import EMBEDDED
from fairlead.check.engines.rego.mends import OLD_NAMES
from fairlead.check.engines.rego.reading import read_modules, rewritten
from fairlead.domain.policy import Module
from tests.unit.check.engines.test_source import PIECES

KNOWN = EMBEDDED | frozenset(OLD_NAMES) | {"set_diff"}


def rewrite(rules: str) -> str:
    """The rules of a package as the engine is given them."""
    head = "package t\n"
    return rewritten(read_modules([Module("p.rego", head + rules)], KNOWN), 0).removeprefix(head)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("deny[msg] { msg := 1 }", "deny contains msg if { msg := 1 }"),
        ('deny["a"]', 'deny contains "a"'),
        ("deny.a { true }", 'deny contains "a" if { true }'),
        ("p = x { x := 1 }", "p = x if { x := 1 }"),
        ("p = {1: 2} { true }", "p = {1: 2} if { true }"),
        ("p[x] = y { y := 1; x := 2 }", "p[x] = y if { y := 1; x := 2 }"),
        ("p.a.b { true }", "p.a.b if { true }"),
        ("f(x) { x } else = y { y := 2 }", "f(x) if { x } else = y if { y := 2 }"),
        ('f("a", _)\np { true }', 'f("a", _) := true\np if { true }'),
        ("p[x] { x := 1 } { x := 2 }", "p contains x if { x := 1 }  p contains x if { x := 2 }"),
        ("p { in := 1; in == 1 }", "p if { in_ := 1; in_ == 1 }"),
        ("default p = false\np{true}", "default p = false\np if {true}"),
    ],
)
def test_version_0_becomes_version_1(before: str, after: str) -> None:
    """`if`, `contains`, one rule for each body, and variables that became keywords."""
    assert rewrite(before) == after


@pytest.mark.parametrize(
    "rules",
    [
        "deny contains msg if { some c in input.cs; not c.image; msg := c.name }",
        "p[k] := v if some k, v in input.l",
        "p if { not input.a.b == 1; not input.missing; not x }\nx if input.y",
        'p := "not f(a.b) { any(x)" # deny[msg] { not f(a.b) }',
        "p := `deny[x] {\n(1)\n}`",
        "p if {\n\t# nothing\n\tcount(input.l) > 1\n\tnot false\n}",
        "p := {\n\t(1 + 2) * 3,\n\t-4,\n}",
        "p if every x in input.l { x > 0 }",
        "p := 1 if { false } else := 2",
    ],
)
def test_what_both_read_alike_is_left_alone(rules: str) -> None:
    """Neither strings nor comments are touched, nor anything that needs no mend."""
    assert rewrite(rules) == rules


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("p if not f(input.a)", "p if { operand1 := input.a; not f(operand1) }"),
        ("p if { not f(x, input.a) }", "p if { operand1 := input.a; not f(x, operand1) }"),
        ("p if not f(1).z", "p if { operand1 := f(1); not operand1.z }"),
        ("p if { not input.a > 1 }", "p if { operand1 := input.a; not operand1 > 1 }"),
        ("p if { not f(1).z == 1 }", "p if { operand1 := f(1); not operand1.z == 1 }"),
        ("p if { not f(1) == input.a }", "p if { operand1 := f(1); not operand1 == input.a }"),
        ("p if { not 1 in input.a }", "p if { operand1 := input.a; not 1 in operand1 }"),
        ("p if { not input.a[input.b] }", "p if { operand1 := input.b; not input.a[operand1] }"),
        ("p if { not [1, input.a] }", "p if { operand1 := input.a; not [1, operand1] }"),
        ("p if { not f(q) }\nq if input.x", "p if { operand1 := q; not f(operand1) }\nq if input.x"),
        (
            "p if not f(input.a) with input as {}",
            "p if { operand1 := input.a with input as {}; not f(operand1) with input as {} }",
        ),
        (
            "p if { not f([x | x := 1; not f(input.a)]) }",
            "p if { operand1 := [x | x := 1; operand2 := input.a; not f(operand2)]; not f(operand1) }",
        ),
    ],
)
def test_operands_of_a_negation_stand_before_it(before: str, after: str) -> None:
    """Undefined operands leave the whole undefined, as in OPA."""
    assert rewrite(f"f(x) if x\nf(x, y) if x == y\n{before}") == f"f(x) if x\nf(x, y) if x == y\n{after}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("p { re_match(a, b) }", "p if { regex.match(a, b) }"),
        ("p { any([true]) }", "p if { data.fairlead_prelude.any([true]) }"),
        ("p = set_diff({1}, {2})\nq[1]", "p = (({1}) - ( {2}))\nq contains 1"),
        ("p { net.cidr_overlap(a, b) }", "p if { net.cidr_contains(a, b) }"),
        ("p { x := y\n (x == 1) }", "p if { x := y\n ; (x == 1) }"),
        ("p := -input.n", "p := (0 - input.n)"),
        ('p := sprintf("%d", [1])', 'p := data.fairlead_prelude.formatted("%d", [1])'),
        ("any(x) = x { x }\np { any(1) }", "any(x) = x if { x }\np if { any(1) }"),
    ],
)
def test_calls_and_signs_that_the_engine_lacks(before: str, after: str) -> None:
    """Old builtins, formats, unary minus, brackets on a line of their own; a rule of that name is left alone."""
    assert rewrite(before) == after


@pytest.mark.parametrize(
    ("rules", "line"),
    [
        ("p if true\n\nq { true }", 4),
        ("import rego.v1\n\np { true }", 4),
        ("p if {\n  not input.cs[_].image\n}", 3),
        ("p if frobnicate(1)", 2),
        ("p if data.t.absent(1)", 2),
        ("p := 1\nq := io.jwt.decode(input.x)", 3),
        ("p := any([true])", 2),
        ("nothing", 2),
        ("p if", 2),
    ],
)
def test_what_opa_would_refuse_is_refused(rules: str, line: int) -> None:
    """Mixed versions, unsafe wildcards, unknown functions: found at load, at their line."""
    with pytest.raises(RegoError) as caught:
        rewrite(rules)
    assert [each.line for each in caught.value.faults] == [line]


def test_all_modules_are_read_before_they_are_refused() -> None:
    """One run names everything that is wrong."""
    modules = [Module("a.rego", "package a\np if f(1)\nq if g(1)"), Module("b.rego", "package b\n)")]
    with pytest.raises(RegoError) as caught:
        read_modules([*modules, Module("c.rego", "packag c")], KNOWN)
    assert {each.path for each in caught.value.faults} == {"b.rego", "c.rego"}
    with pytest.raises(RegoError) as caught:
        read_modules(modules[:1], KNOWN)
    assert [(each.path, each.line) for each in caught.value.faults] == [("a.rego", 2), ("a.rego", 3)]


@settings(deadline=None)
@given(st.lists(PIECES, max_size=80).map("".join))
def test_no_line_moves(rules: str) -> None:
    """Any text is refused or rewritten with its lines as they were, and what was rewritten can be read again."""
    with contextlib.suppress(RegoError):
        text = rewrite(f"{rules}\np if true\n")
        assert text.count("\n") == rules.count("\n") + 2
        again = read_modules([Module("p.rego", f"package t\n{text}")], KNOWN | {"fairlead.format"})
        assert again.outlines[0].first_version is False


@pytest.mark.parametrize(
    "expression",
    ["-" * 30_000 + "1", "1" + "+1" * 30_000, "not " * 30_000 + "x", "f(" * 190 + "1" + ")" * 190, "x" + ".y" * 30_000],
)
def test_rewriting_is_linear(expression: str) -> None:
    """No expression takes long."""
    started = time.process_time()
    with contextlib.suppress(RegoError):
        rewrite(f"f(x) if x\np if {expression}\n")
    assert time.process_time() - started < 5

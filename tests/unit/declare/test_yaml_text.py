"""YAML is read strictly, with positions, and no input takes unbounded time or memory."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fairlead.declare.yaml_text import MAX_DEPTH, Node, YamlProblemError, parse_yaml


def read(text: str) -> Node:
    """The document's node."""
    node = parse_yaml(text.encode())
    assert node is not None
    return node


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("yes", "yes"),
        ("true", True),
        ("~", None),
        ("12", 12),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("0.10", Decimal("0.10")),
        ("1e3", Decimal("1E+3")),
        ("'0.1'", "0.1"),
        ("2026-07-20", "2026-07-20"),
        ("12:30:00", "12:30:00"),
        (".inf", ".inf"),
    ],
)
def test_a_scalar_means_what_it_says(text: str, data: object) -> None:
    """Digits stay exact, and nothing else than true and false is a truth value."""
    found = read(f"key: {text}").data["key"]
    assert (found, type(found)) == (data, type(data))


def test_places_are_those_of_keys_and_items() -> None:
    """A location is told as a person counts: line and column from 1, at the key."""
    node = read("a:\n  b: 1\n  c:\n    - x\n    - y\n")
    assert node.place(("a", "b")) == (2, 3)
    assert node.place(("a", "c", 1)) == (5, 7)
    assert node.place(("a", "none", "more")) == (1, 1)


@pytest.mark.parametrize(
    ("text", "rule", "line", "column"),
    [
        ("a: 1\na: 2", "declare/duplicate-key", 2, 1),
        ("a: 1\n---\nb: 1", "declare/several-documents", 2, 1),
        ("a: !!python/name:os.system x", "declare/yaml-tag", 1, 4),
        ("a: {<<: {}}", "declare/yaml-merge", 1, 5),
        ("a: b: c", "declare/broken-yaml", 1, 5),
        ("a: &x [*x]", "declare/broken-yaml", 1, 8),
        ("? [a]\n: b", "declare/broken-yaml", 1, 3),
        ("\n\na: \x07", "declare/broken-yaml", 3, 4),
        ("[" * 200, "declare/too-complex", 1, MAX_DEPTH + 1),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, rule: str, line: int, column: int) -> None:
    """Every refusal has its rule, line and column."""
    with pytest.raises(YamlProblemError) as problem:
        parse_yaml(text.encode())
    assert (problem.value.rule, problem.value.line, problem.value.column) == (rule, line, column)


def test_an_alias_bomb_is_stopped_early() -> None:
    """Nine to the power of thirty values are refused in the line that goes too far, at once."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    started = time.process_time()
    with pytest.raises(YamlProblemError, match="more than 100000 values") as problem:
        parse_yaml("\n".join(lines).encode())
    assert problem.value.line == 6
    assert time.process_time() - started < 1


def test_an_alias_stands_for_what_it_names() -> None:
    """Honest anchors work."""
    assert read("a: &x {b: 1}\nc: *x").data == {"a": {"b": 1}, "c": {"b": 1}}


def test_too_many_aliases_are_refused() -> None:
    """The number of aliases has a bound of its own."""
    with pytest.raises(YamlProblemError, match="aliases"):
        parse_yaml(b"a: &x 1\nb: [" + b"*x, " * 1_001 + b"]")


YAML_LIKE = st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#%@,? \n\t0.1~<é\x85\u2028"), max_size=60)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=60), YAML_LIKE.map(str.encode)))
@example(b"\xff\xfea\x00")
@example(b"- &a\n- *a")
def test_no_input_breaks_the_reader(text: bytes) -> None:
    """Any bytes give a document, nothing, or a refusal that has a place."""
    answer = answer_to(text)
    if isinstance(answer, YamlProblemError):
        assert answer.line >= 1
        assert answer.column >= 1
        assert answer.rule.startswith("declare/")
    else:
        assert answer is None or answer.size >= 1


def answer_to(text: bytes) -> Node | YamlProblemError | None:
    """What the reader says, a refusal as a value."""
    try:
        return parse_yaml(text)
    except YamlProblemError as problem:
        return problem

"""YAML as Kubernetes' tools read it, with places, and within limits."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.check.policies.yaml_documents import MAX_DEPTH, YamlFaultError, read_documents


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True), ("off", False), ("y", "y"), ("~", None), ("0644", 420), ("0o7", 7), ("0x10", 16),
        ("1_000", 1000),
        ("-5", -5), ("1.50", 1.5), ("1e3", 1000.0), ("1e999", "1e999"), ("08", 8.0), ("2026-11-23", "2026-11-23"),
        ("0x", "0x"), (".", "."), ('"5"', "5"), ("'yes'", "yes"),
    ],
)  # fmt: skip
def test_a_plain_word_means_what_kubectl_takes_it_for(text: str, value: Any) -> None:  # noqa: ANN401
    """Numbers, booleans and text are told apart as in a cluster; what JSON cannot hold stays text."""
    (document,) = read_documents(f"a: {text}\n")
    assert document.value == {"a": value}
    assert type(document.value["a"]) is type(value)


def test_documents_know_where_their_values_stand() -> None:
    """Each value has line and column; a literal text begins below its bar; empty documents are none."""
    one, two = read_documents("a: 1\nb:\n  - c: |\n      x\n---\n# nothing\n---\nd: 2\n")
    assert one.places["b", 0, "c"] == (3, 5)
    assert one.text_line("b", 0, "c") == 4
    assert one.line_of("b", 0, "missing", "deeper") == 3
    assert (two.line, two.value) == (8, {"d": 2})


def test_anchors_and_merges_are_read() -> None:
    """What `<<` brings gives way to what is written."""
    (document,) = read_documents("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n")
    assert document.value["b"] == {"p": 1, "q": 3}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\na: 2\n", 2, "given twice"), ("a: [", 2, "did not find"), ("a: *b", 1, "no finished"),
        ("&a [*a]", 1, "no finished"), ("? [a]\n: b", 1, "plain text"), ("a:\n  <<: 5", 2, "merged"),
        ("a: \x00", 1, "control"), ("!x {}", 1, "tag"), ("[" * (MAX_DEPTH + 1), 1, "deeper"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, words: str) -> None:
    """A person finds the place."""
    with pytest.raises(YamlFaultError, match=words) as caught:
        read_documents(text)
    assert caught.value.line == line


def test_an_alias_bomb_is_refused() -> None:
    """Nine lines that stand for a billion values cost nothing."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(YamlFaultError, match="aliases replaced"):
        read_documents("\n".join(lines))

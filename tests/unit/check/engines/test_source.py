"""Tokens of Rego: every text is either read or refused with a line, quickly and without recursion."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.check.engines.base import RegoError
from fairlead.check.engines.rego.source import DEPTH, LARGEST, Kind, Source, read_source
from fairlead.domain.policy import Module

PIECES = st.sampled_from([
    *"()[]{}.,:;|-+='#\n \\_", '"', "`", ":=", "==", "x", "1", "f(", '"a"', "`b`", "é", "\x00",
    *("not ", "if ", "some x in ", "contains ", "else ", "with input as ", "default ", "every "),
    *("package t\n", "import rego.v1\n", "deny[msg] ", "sprintf("),
])  # fmt: skip
"""Pieces of Rego, to be strung together."""


def read(text: str, line: int = 1) -> Source:
    """The tokens of a module that begins at that line of its file."""
    return read_source(Module("p.rego", text, line))


def test_tokens_know_their_kind_line_and_what_stands_before() -> None:
    """Comments are no tokens, and neither strings nor raw strings are looked into."""
    source = read('package t # not "this\np := `a\n}` if "{ # \\" }"')
    assert [(each.kind, each.text, each.line, each.fresh) for each in source.tokens] == [
        (Kind.NAME, "package", 1, False),
        (Kind.NAME, "t", 1, False),
        (Kind.NAME, "p", 2, True),
        (Kind.MARK, ":=", 2, False),
        (Kind.RAW, "`a\n}`", 2, False),
        (Kind.NAME, "if", 3, False),
        (Kind.STRING, '"{ # \\" }"', 3, False),
    ]


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ('p := "open\n', 1, "not closed"),
        ("\n\np := `open", 3, "not closed"),
        ("p {\n  (\n}", 3, "closes nothing"),
        ("p {\n  [", 2, "is not closed"),
        ("\n)", 2, "closes nothing"),
        ("p := 'a'", 1, "does not belong"),
        ('\np := $"{x}"', 2, "template strings"),
        ("(" * (DEPTH + 1), 1, "nest deeper"),
        ("x" * (LARGEST + 1), 1, "characters"),
    ],
)
def test_what_cannot_be_read_says_where(text: str, line: int, word: str) -> None:
    """In lines of the file that holds the module."""
    with pytest.raises(RegoError, match=word) as caught:
        read(text, line=10)
    assert [(each.path, each.line) for each in caught.value.faults] == [("p.rego", line + 9)]


@given(st.lists(PIECES, max_size=60).map("".join))
def test_tokens_are_the_text(text: str) -> None:
    """Whatever is read can be put together again, and each token stands on its line."""
    with contextlib.suppress(RegoError):
        for token in read(text).tokens:
            assert text[token.start : token.end] == token.text
            assert token.line == text.count("\n", 0, token.start) + 1


@pytest.mark.parametrize("text", ['"' + "\\" * 200_000, "`" * 99_999, "{}" * 60_000, "a." * 60_000, "#" * 400_000])
def test_no_text_takes_long(text: str) -> None:
    """Reading is linear."""
    started = time.process_time()
    with contextlib.suppress(RegoError):
        read(text)
    assert time.process_time() - started < 5

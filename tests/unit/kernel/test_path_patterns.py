"""Patterns of paths fit what they say, in time that no input can stretch."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.kernel.path_patterns import name_fits, path_fits


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a/b", "a/b"),
        ("a/*", "a/b"),
        ("a/**", "a/b/c"),
        ("a/**/c", "a/c"),
        ("a/**/c", "a/x/y/c"),
        ("**/c", "c"),
        ("**", "a/b"),
        ("a?c/*.yaml", "abc/x.yaml"),
        ("*a*b*", "xaxbx"),
    ],
)
def test_what_fits(pattern: str, path: str) -> None:
    """Stars within a name, and over folders."""
    assert path_fits(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a", "a/b"),
        ("a/*", "a/b/c"),
        ("*", "a/b"),
        ("a/**/c", "a/cc"),
        ("a.c", "abc"),
        ("[a]", "a"),
        ("A", "a"),
        ("", "a"),
    ],
)
def test_what_does_not_fit(pattern: str, path: str) -> None:
    """A star does not leave its folder, and no other letter is special."""
    assert not path_fits(pattern, path)


@given(st.text(alphabet="ab*?", max_size=8), st.text(alphabet="ab", max_size=8))
def test_names_fit_as_a_regular_expression_says(pattern: str, name: str) -> None:
    """The same answer by another way."""
    told = re.compile("".join({"*": ".*", "?": "."}.get(each, each) for each in pattern))
    assert name_fits(pattern, name) is bool(told.fullmatch(name))


def test_a_hostile_pattern_takes_no_time() -> None:
    """Backtracking over every star would take years."""
    assert not name_fits("a*" * 500 + "b", "a" * 2_000)
    assert not path_fits("**/a/" * 100 + "b", "/".join("a" * 1_000))

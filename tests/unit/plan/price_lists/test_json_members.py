"""A JSON document is gone through member by member, and gives what the standard parser gives, within bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from typing import Any, TextIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.plan.price_lists.base import UnreadableListError
from fairlead.plan.price_lists.json_members import json_members

_SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=12)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)


class _Slow:
    """A text that comes a few letters at a time."""

    def __init__(self, text: str, step: int) -> None:
        self._text = StringIO(text)
        self._step = step

    def read(self, _size: int) -> str:
        return self._text.read(self._step)


@given(st.dictionaries(st.text(max_size=6), _VALUES, max_size=6), st.integers(1, 7), st.sampled_from([None, 1]))
def test_members_are_what_the_parser_says(document: dict[str, Any], step: int, indent: int | None) -> None:
    """However it is written, and in whatever pieces it comes."""
    text = cast("TextIO", _Slow(json.dumps(document, indent=indent, ensure_ascii=False), step))
    assert [(path[0], value) for path, value in json_members(text, [()])] == list(document.items())


def test_lists_are_entered_and_numbers_stay_exact() -> None:
    """A number with a point is a Decimal; what is not entered comes whole."""
    text = StringIO('{"a": [0.1, {"b": 2}], "c": {"d": [1]}}')
    assert list(json_members(text, [(), ("a",)])) == [
        (("a",), Decimal("0.1")),
        (("a",), {"b": 2}),
        (("c",), {"d": [1]}),
    ]


@pytest.mark.parametrize("text", ['{"a" 1}', '{"a": 1,}', '{"a": 1', "{1: 2}", '{"a": NaN}', '{"a": "x', '{"a": -}'])
def test_what_is_no_json_is_told(text: str) -> None:
    """With what was wanted."""
    with pytest.raises(UnreadableListError):
        list(json_members(StringIO(text), [()]))


class _Endless:
    """A text without an end."""

    def __init__(self, start: str, again: str) -> None:
        self._pieces: Iterator[str] = iter(lambda: again, None)
        self._start = start
        self.read_so_far = 0

    def read(self, _size: int) -> str:
        piece, self._start = self._start or next(self._pieces), ""
        self.read_so_far += len(piece)
        return piece


def test_a_value_without_an_end_is_refused_in_bounded_memory() -> None:
    """Whatever else there is to come."""
    endless = _Endless('{"a": "', "x" * 65_536)
    with pytest.raises(UnreadableListError, match="more than"):
        list(json_members(cast("TextIO", endless), [()]))
    assert endless.read_so_far < 200 << 20

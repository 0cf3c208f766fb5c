"""Bodies out of files, good ones and bad ones."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from fairlead.meter.llm import bodies as module
from fairlead.meter.llm.bodies import BrokenBody, bodies

JSON = some.recursive(
    some.none() | some.integers() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=8,
)


def read(text: str | bytes, **limits: int) -> list[Any]:
    """All entries of a file."""
    return list(bodies(io.BytesIO(text.encode() if isinstance(text, str) else text), **limits))


def broken(entries: list[Any]) -> list[bool]:
    """Which ones are."""
    return [isinstance(each, BrokenBody) for each in entries]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("chunk", [1, 7, 65536])
@settings(max_examples=40, deadline=None)
@given(entries=some.lists(some.dictionaries(some.text(), JSON), max_size=4))
def test_an_array_is_cut_where_its_entries_end(entries: list[Any], chunk: int, indent: int | None) -> None:
    """Whatever stands in texts, and wherever a chunk ends, each entry comes out as it went in."""
    text = json.dumps(entries, indent=indent, ensure_ascii=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", chunk)
        assert read("\ufeff \n" + text.replace("\n", "\r\n") if indent else text) == entries


def test_one_object_over_several_lines() -> None:
    """A single answer may be laid out as it pleases."""
    assert read(json.dumps({"a": {"b": 1}}, indent=2)) == [{"a": {"b": 1}}]
    assert read('{"a": 1}') == [{"a": 1}]


@pytest.mark.parametrize("bad", [b'{"a": ', b"nonsense", b'{"a": NaN}', b'{"a": "\xff"}', b"[" * 100_000, b"1" * 5_000])
def test_a_bad_line_costs_only_itself(bad: bytes) -> None:
    """The lines before and after it are read."""
    for lines in ([b'{"a": 1}', bad, b'{"a": 2}'], [bad, b'{"a": 1}', b'{"a": 2}']):
        if lines[0].startswith(b"["):
            continue
        assert sorted(broken(read(b"\n".join(lines)))) == [False, False, True]


def test_a_bad_entry_of_an_array_costs_only_itself() -> None:
    """Entries between commas are read one by one."""
    assert broken(read('[{"a": 1}, {"a": nope}, {"a": 2}]')) == [False, True, False]


def test_an_array_that_is_cut_off_keeps_what_was_whole() -> None:
    """What was whole is read; the rest is said to be missing."""
    assert broken(read('[{"a": 1}, {"a": 2}, {"a": "')) == [False, False, True]


@pytest.mark.parametrize("form", ["%s\n%s\n%s", "[%s,%s,%s]"])
def test_an_entry_that_is_too_large_is_passed_over(form: str) -> None:
    """Memory holds no more of it than the limit."""
    large = json.dumps({"text": "x" * 10_000})
    assert broken(read(form % ('{"a": 1}', large, '{"a": 2}'), most=1_000)) == [False, True, False]


def test_an_empty_file_has_no_bodies() -> None:
    """Nor has one of blank lines, or an empty array."""
    assert [read(text) for text in ("", "\n \n", "[]")] == [[], [], []]

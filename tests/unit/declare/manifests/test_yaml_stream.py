"""YAML is read as the cluster reads it, with lines, and nothing in it can exhaust memory or time."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.declare.manifests.documents import read_documents
from fairlead.declare.manifests.yaml_stream import chunks, read_document
from fairlead.declare.yaml_text import YamlProblemError
from tests.unit.declare.manifests.trees import DEPLOYMENT


def data(text: str) -> Any:  # noqa: ANN401 - a document may be anything
    """The data of a text's one document."""
    document = read_document(text)
    assert document is not None
    return document.data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("Off", False),
        ("~", None),
        ("''", ""),
        ("'yes'", "yes"),
        ("0644", 420),
        ("0x1F", 31),
        ("1_000", 1000),
        ("-7", -7),
        ("2.50", 2.5),
        (".inf", ".inf"),
        ("12:30:45", "12:30:45"),
        ("2026-11-23", "2026-11-23"),
        ("500m", "500m"),
        ("!!str 12", "12"),
        ("1" * 100, "1" * 100),
    ],
)
def test_a_scalar_means_what_it_means_to_a_cluster(text: str, value: object) -> None:
    """YAML 1.1's words and numbers, as values that JSON has too."""
    found = data(f"a: {text}")["a"]
    assert found == value
    assert type(found) is type(value)


def test_merge_keys_and_anchors_are_replaced() -> None:
    """What is written wins over what is merged, and the earlier merged over the later."""
    text = "one: &one {a: 1, b: 1}\ntwo: &two {b: 2, c: 2}\nboth: {<<: [*one, *two], a: 0}\nagain: *one\n"
    assert data(text)["both"] == {"a": 0, "b": 1, "c": 2}
    assert data(text)["again"] == {"a": 1, "b": 1}


def test_every_value_has_its_line() -> None:
    """Lines count from the start of the file, whichever document of it a value is in."""
    (first, one), (second, two) = chunks("a: 1\n---\n# note\nb:\n  - c: 2\n")
    assert (first, second) == (1, 2)
    document = read_document(two, second)
    assert document is not None
    assert document.lines == {("b",): 4, ("b", 0): 5, ("b", 0, "c"): 5}
    assert one == "a: 1\n"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a: b: c", "foreign/broken-yaml"),
        ("a: 1\na: 2", "foreign/broken-yaml"),
        ("a: !include x", "foreign/broken-yaml"),
        ("? [a]\n: b", "foreign/broken-yaml"),
        ("a: &x [*x]", "foreign/broken-yaml"),
        ("a: {<<: 1}", "foreign/broken-yaml"),
        ("a: \x01", "foreign/broken-yaml"),
        ("[" * 100_000, "foreign/too-complex"),
        ("a: 1\n...\nb: 2", "foreign/broken-yaml"),
    ],
)
def test_what_is_no_manifest_says_so(text: str, rule: str) -> None:
    """A rule and a place, never a traceback."""
    with pytest.raises(YamlProblemError) as caught:
        read_document(text)
    assert caught.value.rule == rule
    assert caught.value.line >= 1


def test_bombs_are_bounded() -> None:
    """Neither values, nor levels, nor a long text can be multiplied by aliases."""
    wide = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    deep = "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [[[[[*a{n - 1}]]]]]\n" for n in range(1, 40))
    long = f"a: &a {'x' * 500_000}\nb: [{','.join(['*a'] * 1000)}]\n"
    started = time.perf_counter()
    for text in (wide, deep, long):
        with pytest.raises(YamlProblemError, match="aliases replaced"):
            read_document(text)
    assert time.perf_counter() - started < 5


_FRAGMENTS = [
    "a",
    ":",
    " ",
    "\n",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "&x ",
    "*x",
    "<<",
    "!",
    "'",
    '"',
    "|",
    ">",
    "---",
    "#",
    "\t",
    "{{ .V }}",
]


@settings(max_examples=300, deadline=1000)
@given(st.lists(st.sampled_from([*_FRAGMENTS, "apiVersion: v1\n", "kind: Pod\n"]), max_size=60).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Manifests that can be written as JSON, or findings."""
    documents, findings = read_documents("x.yaml", text)
    for each in documents:
        json.dumps(each.document)
    assert all(each.line >= 1 for each in findings)


@settings(max_examples=200, deadline=1000)
@given(st.binary(max_size=200), st.integers(0, len(DEPLOYMENT)))
def test_noise_within_a_manifest_breaks_nothing(noise: bytes, at: int) -> None:
    """Whatever stands in the middle of a manifest."""
    text = DEPLOYMENT[:at] + noise.decode(errors="replace") + DEPLOYMENT[at:]
    documents, findings = read_documents("x.yaml", text)
    assert all(each.kind and each.line >= 1 for each in documents)
    assert all(each.line >= 1 for each in findings)

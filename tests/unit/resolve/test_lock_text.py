"""The lock reads back as it was written, and whatever was changed in it by hand is told by line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.domain.lock import Lock, LockedFile, tree_digest
from fairlead.domain.lock_text import is_safe_path, parse_lock, render_lock

FILES = (LockedFile("config.json", "a" * 64, 10), LockedFile("model.onnx", "b" * 64, 20))
LOCK = Lock("hf://acme/digits@main", "c" * 40, FILES, tree_digest(FILES))
TEXT = render_lock(LOCK)


def rules_of(text: str) -> list[tuple[str, int]]:
    """Rule and line of each finding."""
    lock, findings = parse_lock(text.encode(), "models/digits/model.lock", "digits")
    assert (lock is None) == bool(findings)
    return [(each.rule, each.line) for each in findings]


def test_a_lock_is_read_as_it_was_written() -> None:
    """One line per file, in order of path, whatever the order was."""
    lock, findings = parse_lock(render_lock(Lock(LOCK.uri, LOCK.revision, FILES[::-1], LOCK.tree)).encode(), "x")
    assert (lock, findings) == (LOCK, ())
    assert [line.split('"')[3] for line in TEXT.splitlines()[6:8]] == ["config.json", "model.onnx"]


def forged(path: str) -> str:
    """A lock whose second file has another path; its tree digest is right."""
    files = (FILES[0], LockedFile(path, "b" * 64, 20))
    return render_lock(Lock(LOCK.uri, LOCK.revision, files, tree_digest(files)))


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "a//b", "a\\b", "", ".", "x/", "a\nb", "\u202eb"])
def test_a_path_that_leaves_its_folder_is_refused(path: str) -> None:
    """However it is written."""
    assert not is_safe_path(path)
    assert "resolve/unsafe-path" in [rule for rule, _ in rules_of(forged(path))]


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        (TEXT.replace('"size": 20', '"size": 21'), "resolve/broken-lock", 5),
        (TEXT.replace("b" * 64, "d" * 64), "resolve/broken-lock", 5),
        (TEXT.replace("c" * 40, "main"), "resolve/moving-reference", 4),
        (TEXT.replace('"version": 1', '"version": 2'), "resolve/broken-lock", 2),
        (TEXT.replace('"size": 20', '"size": "20"'), "resolve/broken-lock", 6),
        (TEXT.replace('"size": 20', '"size": true'), "resolve/broken-lock", 6),
        (TEXT.replace('"uri"', '"url"'), "resolve/broken-lock", 1),
        (TEXT.replace('"uri"', '"tree"'), "resolve/broken-lock", 1),
        (TEXT[:-20], "resolve/broken-lock", 8),
        ("", "resolve/broken-lock", 1),
        ("[" * 100_000, "resolve/broken-lock", 1),
        ('{"version": ' + "9" * 10_000 + "}", "resolve/broken-lock", 1),
        (forged("config.json"), "resolve/duplicate-path", 8),
        (forged("config.json/x"), "resolve/duplicate-path", 7),
    ],
)
def test_a_lock_that_was_touched_is_told(text: str, rule: str, line: int) -> None:
    """Rule and line of the first fault."""
    assert (rule, line) in rules_of(text)


KEYS = st.sampled_from(["files", "uri", "tree", "version", "revision", "path"])
JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)
)


@settings(deadline=None)
@given(JSON)
def test_any_json_is_a_lock_or_a_finding(value: object) -> None:
    """No shape of JSON breaks the reader."""
    rules_of(json.dumps(value))

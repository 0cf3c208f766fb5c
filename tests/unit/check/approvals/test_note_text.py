"""Lines of signed approvals: what was written is read again, and no text breaks the reader."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.approval_note import ApprovalNote, SignedNote, note_bytes, note_key, note_line, read_notes
from fairlead.kernel.errors import IntegrityError

NOW = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
NOTE = ApprovalNote(
    "release:a", "bob@example.com", "shop", NOW, NOW + timedelta(days=1), "m@1", "prod", 'why "not",\nÄ\u2028\x0b'
)
SIGNED = SignedNote(NOTE, "-----BEGIN SSH SIGNATURE-----\nx\n-----END SSH SIGNATURE-----\n")


def test_a_line_is_read_as_it_was_written() -> None:
    """On one line whatever it holds, and the signed bytes are the same again."""
    line = note_line(SIGNED)
    assert "\n" not in line
    (found,) = read_notes(f"\n{line}\n\n")
    assert found == SIGNED
    assert note_bytes(found.note) == note_bytes(NOTE)


def test_the_key_is_what_git_calls_the_subject() -> None:
    """The id of the blob with that text: `printf %s release:a | git hash-object --stdin`."""
    assert note_key("") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert note_key("hello") == "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "[]",
        "null",
        "0",
        "x",
        json.dumps({"approval": {}, "signature": ""}),
        json.dumps({"approval": "text", "signature": ""}),
        note_line(SIGNED).replace("2026-11-23", "2026-13-23"),
        note_line(SIGNED).replace('"shop"', "1"),
        note_line(SIGNED).replace('"workspace"', '"place"'),
        "[" * 100_000,
    ],
)
def test_another_line_is_an_error_in_its_place(line: str) -> None:
    """The lines around it are read all the same."""
    found = list(read_notes(f"{note_line(SIGNED)}\n{line}\n{note_line(SIGNED)}"))
    assert [isinstance(each, IntegrityError) for each in found] == [False, True, False]


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    """No line that we did not write is an approval."""
    assert all(isinstance(each, IntegrityError) for each in read_notes(text))

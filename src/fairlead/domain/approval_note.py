"""The text of a signed approval, as `refs/notes/fairlead/approvals` keeps it: one line of JSON for each approval.

The notes of a subject hang on the Git blob that holds the subject's text, so that plain Git finds them:
`git notes --ref fairlead/approvals show $(printf %s release:... | git hash-object -w --stdin)`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fairlead.kernel.digests import canonical_json
from fairlead.kernel.errors import IntegrityError
from fairlead.kernel.windows import iso, parse_iso

__all__ = ["APPROVALS_REF", "ApprovalNote", "SignedNote", "note_bytes", "note_key", "note_line", "read_notes"]

APPROVALS_REF = "refs/notes/fairlead/approvals"


@dataclass(frozen=True, slots=True)
class ApprovalNote:
    """What somebody signs: `approver` (e-mail) agrees to `subject` in this workspace, from `when` until `expires`.

    `release` is what people call the subject. `environment` empty: in all.
    """

    subject: str
    approver: str
    workspace: str
    when: datetime
    expires: datetime
    release: str = ""
    environment: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note and the armoured SSH signature of its canonical bytes."""

    note: ApprovalNote
    signature: str


_FIELDS = frozenset({"subject", "approver", "workspace", "when", "expires", "release", "environment", "reason"})


def note_key(subject: str) -> str:
    """Git's id of the blob that holds the subject's text: the object that its notes hang on."""
    data = subject.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def note_bytes(note: ApprovalNote) -> bytes:
    """What is signed: canonical JSON of all fields."""
    return canonical_json(_content(note))


def note_line(signed: SignedNote) -> str:
    """The line that is kept."""
    return canonical_json({"approval": _content(signed.note), "signature": signed.signature}).decode()


def read_notes(text: str) -> Iterator[SignedNote | IntegrityError]:
    """The approvals of a note's text, in its order; a line that no program of ours wrote is an error in its place."""
    for line in text.split("\n"):
        if line.strip():
            try:
                yield _read(line)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
                yield IntegrityError("a line of the note is no approval", where=APPROVALS_REF)


def _read(line: str) -> SignedNote:
    raw = json.loads(line)
    content, signature = raw["approval"], raw["signature"]
    if set(content) != _FIELDS or not all(isinstance(each, str) for each in (signature, *content.values())):
        raise ValueError("other fields than those of an approval")
    when, expires = parse_iso(content["when"]), parse_iso(content["expires"])
    return SignedNote(ApprovalNote(**{**content, "when": when, "expires": expires}), signature)


def _content(note: ApprovalNote) -> dict[str, str]:
    return {
        "subject": note.subject,
        "approver": note.approver,
        "workspace": note.workspace,
        "when": iso(note.when),
        "expires": iso(note.expires),
        "release": note.release,
        "environment": note.environment,
        "reason": note.reason,
    }

"""Heads of the journal: signed statements that a chain reached a record.

They are kept in Git, out of the reach of whoever can write the state folder. All heads of a repository are the
versions of one note, so that the note's ref keeps their history; each one holds the digest of a version before it, so
that none can be taken out of the middle.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from fairlead.kernel.digests import canonical_json, sha256_hex
from fairlead.kernel.errors import IntegrityError
from fairlead.kernel.windows import iso, parse_iso

__all__ = ["HEADS_KEY", "HEADS_REF", "Head", "SignedHead", "head_text", "note_digest", "note_text", "read_note_text"]

HEADS_REF = "refs/notes/fairlead/heads"

HEADS_KEY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The object that carries the note: Git's empty tree, which every repository knows and no prune removes."""


@dataclass(frozen=True, slots=True)
class Head:
    """The journal of a workspace (`branch` and `folder`) at a moment: its chain reached `sequence` with `digest`.

    `chain` is the digest of the chain's first record, `public_key` hex, `before` the digest of the version
    of the note that was the newest when this one was made ('' for the first).
    """

    chain: str
    sequence: int
    digest: str
    at: datetime
    branch: str
    folder: str
    public_key: str
    before: str


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head with the text that was signed, the signature (hex) over it, and the digest of the note that held both."""

    head: Head
    text: str
    signature: str
    note: str


def head_text(head: Head) -> str:
    """The canonical text that is signed."""
    return canonical_json(asdict(head) | {"at": iso(head.at)}).decode()


def note_text(text: str, signature: str) -> str:
    """What the note holds: one line of JSON."""
    return canonical_json({"head": text, "signature": signature}).decode() + "\n"


def note_digest(note: str) -> str:
    """Digest of a note's text; line breaks at its end are Git's business."""
    return sha256_hex(note.strip().encode())


def read_note_text(note: str) -> SignedHead:
    """The signed head in a note; its signature is not looked at. IntegrityError for any other text."""
    try:
        raw = json.loads(note)
        text, signature = str(raw["head"]), str(raw["signature"])
        fields = json.loads(text)
        head = Head(**(fields | {"at": parse_iso(fields["at"]), "sequence": int(fields["sequence"])}))
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError("the note holds no head of a journal", where=HEADS_REF) from error
    return SignedHead(head, text, signature, note_digest(note))

"""The journal for a third party: JSON lines that can be verified with nothing but sha256 and ed25519.

Line 1 is `{"format": "fairlead-journal/1", "branch": ..., "folder": ...}`. Then one line per record, oldest first:
`{"record": TEXT, "digest": HEX}`; TEXT is JSON, its UTF-8 bytes have the sha256 `digest`, its `sequence` counts from
1, and its `before` is the digest of the line before (64 zeros in the first). Then one line per head in Git, oldest
first: `{"head": TEXT, "signature": HEX}`; the signature over TEXT's UTF-8 bytes holds for the ed25519 `public_key` in
it, which the first record's body states as well; it vouches that record `sequence` of the chain whose first record
has the digest `chain` has the digest `digest`.
"""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.domain.journal_head import HEADS_KEY, HEADS_REF, read_note_text
from fairlead.kernel.digests import canonical_json
from fairlead.ports import Repository, StateStore

__all__ = ["EXPORT_FORMAT", "export_journal"]

EXPORT_FORMAT = "fairlead-journal/1"


def export_journal(store: StateStore, repository: Repository) -> Iterator[str]:
    """Lines without their line breaks; records stream, exactly as they are stored, also where they were altered.

    IntegrityError where a note in Git is no head.
    """
    yield _line(format=EXPORT_FORMAT, branch=repository.branch, folder=repository.folder)
    for row in store.rows():
        yield _line(record=row.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"), digest=row.digest)
    for note in reversed(list(repository.note_history(HEADS_REF, HEADS_KEY))):
        signed = read_note_text(note)
        yield _line(head=signed.text, signature=signed.signature)


def _line(**fields: str) -> str:
    return canonical_json(fields).decode()

"""The journal's trust: begin a chain, sign its head into Git, and verify it against what Git remembers.

The loop begins the chain when it starts, signs after decisions and when it ends; `fairlead audit verify` verifies,
also offline, over a copied state folder and a clone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from fairlead.domain.journal import Actor, Draft, Record
from fairlead.domain.journal_head import (
    HEADS_KEY,
    HEADS_REF,
    Head,
    SignedHead,
    head_text,
    note_digest,
    note_text,
    read_note_text,
)
from fairlead.drivers.clock import SystemClock
from fairlead.drivers.state import open_state
from fairlead.drivers.state_engine import SQLITE_FILE
from fairlead.flows.audit_report import RESTORED, STARTED, AuditReport, examine
from fairlead.kernel.errors import IntegrityError, NotFoundError
from fairlead.kernel.windows import iso
from fairlead.ports import Clock, Repository, Signer, StateStore

__all__ = ["SIGN_EVERY", "begin_chain", "sign_head", "verify", "verify_files"]

SIGN_EVERY = timedelta(minutes=1)
"""Between two heads, unless a caller asks for one now: each is a commit and a push."""

_SIGNED = "audit.head"
"""Fact that holds the note written last."""


def begin_chain(store: StateStore, repository: Repository, signer: Signer, actor: Actor) -> Record | None:
    """Say of a new chain whose it is: the signing key, and whether a state was lost before it. None where it is said.

    Where Git knows heads of this workspace already, the state was lost: the record says so, and names the last one.
    The record is the first one, unless a person's command came before the control plane's first start.
    """
    if store.records(kind=STARTED, limit=1):
        return None
    last = next((signed.head for signed in _heads(repository) if _is_of(signed.head, repository)), None)
    body = {
        "public_key": signer.public(),
        "reason": "state lost" if last else "new workspace",
        "last_head": {"chain": last.chain, "sequence": last.sequence, "digest": last.digest, "at": iso(last.at)}
        if last
        else None,
    }
    return store.append(Draft(STARTED, actor, body=body))


def sign_head(
    store: StateStore, repository: Repository, signer: Signer, clock: Clock, *, every: timedelta = SIGN_EVERY
) -> Head | None:
    """Sign the newest record into Git. None where it is signed already, or where the last head is younger than `every`.

    Cheap when there is nothing to do, so it may be called at each tick; `every=timedelta(0)` at shutdown.
    IntegrityError where Git knows more records than the journal has: over a cut tail nothing is signed.
    """
    newest = store.newest(1)
    written = store.fact(_SIGNED)
    last = read_note_text(written).head if written else None
    if not newest or (last and (last.digest == newest[0].digest or clock.now() - last.at < every)):
        return None
    repository.fetch()  # drops a note that could not be pushed: no head may name one that nobody else has
    note = repository.read_note(HEADS_REF, HEADS_KEY)
    chain = store.records(limit=1)[0].digest
    _refuse_cut_tail(store, note, chain, newest[0].sequence)
    head = Head(
        chain=chain,
        sequence=newest[0].sequence,
        digest=newest[0].digest,
        at=clock.now(),
        branch=repository.branch,
        folder=repository.folder,
        public_key=signer.public(),
        before=note_digest(note) if note else "",
    )
    text = head_text(head)
    signed = note_text(text, signer.sign(text.encode()))
    repository.write_note(HEADS_REF, HEADS_KEY, signed)
    store.put_fact(_SIGNED, signed)
    return head


def verify(store: StateStore, repository: Repository) -> AuditReport:
    """Everything that is wrong with the journal, by itself and against the heads in Git; streams, writes nothing."""
    notes = list(repository.note_history(HEADS_REF, HEADS_KEY))
    if (written := store.fact(_SIGNED)) and written.strip() not in (note.strip() for note in notes):
        notes.insert(0, written)
    return examine(store.rows, notes, (repository.branch, repository.folder))


def verify_files(state: Path, repository: Repository) -> AuditReport:
    """`verify` over the state folder of a control plane that does not run, or over a copy; the folder is not touched.

    NotFoundError where there is no state in it.
    """
    with _copied(state) as copy:
        store = open_state(copy, SystemClock())
        try:
            return verify(store, repository)
        finally:
            store.close()


@contextmanager
def _copied(state: Path) -> Iterator[Path]:
    """A private copy of the database: SQLite writes beside a file that it reads, and evidence is never written to."""
    if not (state / SQLITE_FILE).is_file():
        raise NotFoundError(f"there is no {SQLITE_FILE}", where=str(state), mend="name a state folder with --state")
    with TemporaryDirectory(prefix="fairlead-audit-") as folder:
        for name in (SQLITE_FILE, f"{SQLITE_FILE}-wal"):
            if (state / name).is_file():
                shutil.copyfile(state / name, Path(folder, name))
        yield Path(folder)


def _heads(repository: Repository) -> Iterator[SignedHead]:
    """Heads in Git, newest first; notes that are no heads are for `verify` to report."""
    for note in repository.note_history(HEADS_REF, HEADS_KEY):
        try:
            yield read_note_text(note)
        except IntegrityError:
            continue


def _is_of(head: Head, repository: Repository) -> bool:
    return (head.branch, head.folder) == (repository.branch, repository.folder)


def _refuse_cut_tail(store: StateStore, note: str | None, chain: str, sequence: int) -> None:
    known = read_note_text(note).head if note else None
    if known is None or known.chain != chain or known.sequence <= sequence:
        return
    if any(record.at > known.at for record in store.search(kind=RESTORED, limit=1)):
        return
    raise IntegrityError(
        f"Git knows record {known.sequence} of this journal, which ends at {sequence}",
        where=HEADS_REF,
        mend="run fairlead audit verify; restore the state from a backup",
    )

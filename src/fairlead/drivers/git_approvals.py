"""Approvals that a repository proves: signed commits, tags and merges, and signed notes. A claim is no proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import pygit2

from fairlead.domain.approval import Approval, Proof
from fairlead.drivers.approval_notes import NoteReader
from fairlead.drivers.git_history import GitHistory
from fairlead.drivers.git_signed import SignedObject, mail_of, read_commit_object, read_tag_object, trailers
from fairlead.drivers.signatures import GIT, SKEW, SignatureChecker, Signed
from fairlead.ports import Clock

__all__ = ["APPROVED_BY", "APPROVES", "Asked", "GitProofs"]

APPROVES, APPROVED_BY = "Approves", "Approved-by"
"""Trailers: of a signed commit or tag, what it approves; of a signed merge, who else agreed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What approvals are looked for. `carries(commit)`: whether the subject stands there as it is meant.

    `paths`, from the repository's root, are where it stands: a merge that leaves them alone approves nothing of it.
    """

    subject: str
    paths: tuple[str, ...]
    carries: Callable[[str], bool]


@dataclass(slots=True)
class _Signed:
    """What a history holds that somebody signed, unproven yet: commits by the subject of their trailer, and merges."""

    commit: str
    since: datetime
    approving: dict[str, list[tuple[str, SignedObject]]] = field(default_factory=dict)
    merges: list[str] = field(default_factory=list)


class GitProofs:
    """Proofs of one repository, against the keys of one checker. What a signature says is asked once."""

    def __init__(self, history: GitHistory, checker: SignatureChecker, clock: Clock, workspace: str = "") -> None:
        """`workspace` is its name: a note that was written for another one proves nothing."""
        self._history = history
        self._checker = checker
        self._clock = clock
        self._notes = NoteReader(history.repository, workspace)
        self._signer = lru_cache(maxsize=4096)(self._ask)
        self._known: _Signed | None = None

    def proofs(self, asked: Asked, commit: str, since: datetime) -> tuple[Approval, ...]:
        """What approves `asked`: in the history of `commit` back to `since`, in all tags, in the notes of the subject.

        BrokenWorldError where the history or a key cannot be read; a proof that does not hold is left out.
        """
        found = [
            *self._commits(asked, commit, since),
            *self._tags(asked.subject),
            *self._notes.approvals(asked.subject, self._checker),
        ]
        latest = self._clock.now() + SKEW
        return tuple(each for each in found if since <= each.when <= latest)

    def _commits(self, asked: Asked, commit: str, since: datetime) -> Iterator[Approval]:
        known = self._signed(commit, since)
        for source, read in known.approving.get(asked.subject, ()):
            yield from self._said(asked.subject, read, Proof.COMMIT, source)
        for source in known.merges:
            merge = self._history.commit(source)
            if self._brings(asked, merge):
                yield from self._merged(asked.subject, read_commit_object(self._history.raw(merge.id)), source)

    def _signed(self, commit: str, since: datetime) -> _Signed:
        """The signed commits of a history, found once for all subjects that are asked for there."""
        if self._known is None or self._known.commit != commit or self._known.since > since:
            found = _Signed(commit, since)
            for each in self._history.since(commit, since):
                raw = self._history.raw(each.id)
                read = read_commit_object(raw) if b"\ngpgsig " in raw else None
                if read is not None:
                    for subject in trailers(read.message, APPROVES):
                        found.approving.setdefault(subject, []).append((str(each.id), read))
                    if len(each.parent_ids) > 1:
                        found.merges.append(str(each.id))
            self._known = found
        return self._known

    def _brings(self, asked: Asked, merge: pygit2.Commit) -> bool:
        """Whether the subject came with this merge: it stands there, and did not on the branch merged into."""
        before = merge.parents[0]
        places = self._history.places
        if places(before.tree, asked.paths) == places(merge.tree, asked.paths):
            return False
        return asked.carries(str(merge.id)) and not asked.carries(str(before.id))

    def _merged(self, subject: str, merge: SignedObject | None, source: str) -> Iterator[Approval]:
        signed = self._signer(merge) if merge else None
        if merge is None or signed is None:
            return
        signer = signed.as_one_of([merge.signer])
        yield Approval(signer, subject, Proof.MERGE, merge.when, source, signed.key)
        for person in trailers(merge.message, APPROVED_BY):
            mail = mail_of(person)
            if mail and mail.casefold() not in {each.casefold() for each in signed.principals}:
                yield Approval(mail, subject, Proof.MERGE, merge.when, source, signed.key, vouched_by=signer)

    def _tags(self, subject: str) -> Iterator[Approval]:
        for name, raw in self._history.tags():
            if subject.encode() in raw:
                yield from self._said(subject, read_tag_object(raw), Proof.TAG, name)

    def _said(self, subject: str, read: SignedObject | None, proof: Proof, source: str) -> Iterator[Approval]:
        if read is None or subject not in trailers(read.message, APPROVES):
            return
        signed = self._signer(read)
        if signed is not None:
            yield Approval(signed.as_one_of([read.signer]), subject, proof, read.when, source, signed.key)

    def _ask(self, read: SignedObject) -> Signed | None:
        return self._checker.signer(read.payload, read.signature, read.when, GIT) if read.signature else None

"""Signed approvals in `refs/notes/fairlead/approvals`: read by whoever checks, written and pushed by `approve`.

Two approvers may push at once: lines are united by Git itself, so that neither takes the other's away.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pygit2

from fairlead.domain.approval import Approval, Proof
from fairlead.domain.approval_note import APPROVALS_REF, SignedNote, note_bytes, note_key, read_notes
from fairlead.drivers.git_program import Answer, GitProgram
from fairlead.drivers.signatures import NOTES, SignatureChecker
from fairlead.kernel.errors import BrokenWorldError, ConflictError, IntegrityError

__all__ = ["NoteReader", "NoteWriter"]

_LARGEST = 1 << 20
_MOST = 200
_TRIES = 5
_SECONDS = 120.0
_THEIRS = "refs/notes/fairlead-theirs/approvals"
_IDENTITY = ("-c", "user.name=fairlead", "-c", "user.email=fairlead@localhost", "-c", "commit.gpgSign=false")


class NoteReader:
    """The approvals of a repository's notes, as far as their signatures hold."""

    def __init__(self, repository: pygit2.Repository, workspace: str) -> None:
        self._repository = repository
        self._workspace = workspace

    def text(self, subject: str) -> str:
        """The lines that are kept for a subject. BrokenWorldError for more of them than anybody would write."""
        if APPROVALS_REF not in self._repository.references:
            return ""
        try:
            text: str = self._repository.lookup_note(note_key(subject), APPROVALS_REF).message
        except KeyError:
            return ""
        if len(text) > _LARGEST or text.count("\n") > _MOST:
            mend = f"remove what is no approval: git notes --ref fairlead/approvals edit {note_key(subject)}"
            raise BrokenWorldError(f"the note of {subject} has more than {_MOST} lines", where=APPROVALS_REF, mend=mend)
        return text

    def approvals(self, subject: str, checker: SignatureChecker) -> Iterator[Approval]:
        """Approvals whose signature is of exactly these bytes, by a key of exactly this approver."""
        for line in read_notes(self.text(subject)):
            if not isinstance(line, IntegrityError) and (found := self._proven(line, subject, checker)):
                yield found

    def _proven(self, line: SignedNote, subject: str, checker: SignatureChecker) -> Approval | None:
        note = line.note
        if note.subject != subject or note.workspace != self._workspace:
            return None
        signed = checker.signer(note_bytes(note), line.signature.encode(), note.when, NOTES)
        if signed is None or note.approver.casefold() not in {each.casefold() for each in signed.principals}:
            return None
        return Approval(
            approver=note.approver,
            subject=subject,
            proof=Proof.NOTE,
            when=note.when,
            source=f"{APPROVALS_REF}:{note_key(subject)}",
            key=signed.key,
            environment=note.environment,
            expires=note.expires,
        )


class NoteWriter:
    """Adds lines to notes in the repository at `repository`, and pushes them to `remote` ('' is nowhere)."""

    def __init__(self, repository: Path, remote: str = "") -> None:
        """BrokenWorldError where there is no repository."""
        found = pygit2.discover_repository(str(repository))
        if found is None:
            raise BrokenWorldError("there is no Git repository", where=str(repository), mend="git init, and commit")
        self._repository = pygit2.Repository(found)
        self._place = Path(self._repository.path)
        self._remote = remote
        # A remote's relative path begins where the files lie, not in .git.
        self._git = GitProgram(Path(self._repository.workdir or self._place))

    def fetch(self) -> None:
        """Unite the notes with those of the remote; one that has none yet is fine."""
        if not self._remote:
            return
        found = self._git.run("ls-remote", "--", self._remote, APPROVALS_REF, seconds=_SECONDS)
        if found.code:
            raise self._unreachable(found)
        if found.output.strip():
            refs = f"+{APPROVALS_REF}:{_THEIRS}"
            answer = self._git.run("fetch", "--quiet", "--no-tags", "--", self._remote, refs, seconds=_SECONDS)
            if answer.code:
                raise self._unreachable(answer)
            self._unite()

    def append(self, subject: str, line: str) -> bool:
        """Add a line to the notes of `subject` and push it; whether it was pushed.

        ConflictError where others keep pushing first; BrokenWorldError where the remote refuses. The line is kept here
        in both cases, and goes with the next push.
        """
        with self._alone():
            self.fetch()
            self._write(subject, line)
            return self._push() if self._remote else False

    def _write(self, subject: str, line: str) -> None:
        known = NoteReader(self._repository, "").text(subject)
        lines = dict.fromkeys([*(each for each in known.split("\n") if each.strip()), line])
        key = self._repository.create_blob(subject.encode())
        author = pygit2.Signature("fairlead", "fairlead@localhost")
        text = "".join(f"{each}\n" for each in lines)
        self._repository.create_note(text, author, author, str(key), APPROVALS_REF, True)  # noqa: FBT003 - `force`

    def _push(self) -> bool:
        for _ in range(_TRIES):
            refs = f"{APPROVALS_REF}:{APPROVALS_REF}"
            answer = self._git.run(
                "push", "--quiet", "--porcelain", "--no-verify", "--", self._remote, refs, seconds=_SECONDS
            )
            if not answer.code:
                return True
            if "[rejected]" not in answer.output and "[remote rejected]" not in answer.output:
                raise self._unreachable(answer)
            self.fetch()
        raise ConflictError(f"{_TRIES} times somebody else pushed approvals first", mend=f"git push {self._remote}")

    def _unite(self) -> None:
        if APPROVALS_REF not in self._repository.references:
            self._git.must("update-ref", APPROVALS_REF, _THEIRS)
        else:
            merge = ["notes", "--ref", APPROVALS_REF, "merge", "--quiet", "--strategy=cat_sort_uniq", _THEIRS]
            self._git.must(*_IDENTITY, *merge, seconds=_SECONDS)
        self._git.must("update-ref", "-d", _THEIRS)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time. A mirror has the lock that its fetch takes, which would undo what is not pushed."""
        name = f"{self._place.name}.lock"
        place = self._place.with_name(name) if self._repository.is_bare else self._place / "fairlead-approvals.lock"
        with place.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _unreachable(self, answer: Answer) -> BrokenWorldError:
        mend = f"let this machine fetch and push {APPROVALS_REF}"
        return BrokenWorldError(f"approvals cannot be exchanged: {answer.reason}", where=self._remote, mend=mend)

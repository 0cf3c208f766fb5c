"""Signed notes: bound to subject, approver, workspace and life; united when several approvers push at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.domain.approval import Approval, Proof
from fairlead.domain.approval_note import APPROVALS_REF, ApprovalNote, SignedNote, note_bytes, note_key, note_line
from fairlead.drivers.approval_notes import NoteReader, NoteWriter
from fairlead.drivers.git import GitRepository
from fairlead.drivers.git_history import GitHistory
from fairlead.drivers.signatures import signature_checker
from fairlead.drivers.ssh_key import sign_with
from fairlead.kernel.errors import BrokenWorldError
from tests.scenario.approvals.people import Person, Shared, run

SUBJECT = f"release:{'a' * 64}"
NOW = datetime.now(UTC)


def note(person: Person, workspace: str = "shop", reason: str = "") -> ApprovalNote:
    """An approval of the subject."""
    end = NOW + timedelta(days=14)
    return ApprovalNote(SUBJECT, person.mail, workspace, NOW, end, "digits@4f2a9c1b7d3e", reason=reason)


def signed(person: Person, workspace: str = "shop", reason: str = "") -> str:
    """The line that a person's key signed."""
    made = note(person, workspace, reason)
    return note_line(SignedNote(made, sign_with(str(person.key), note_bytes(made))))


def approvals(repository: Path, signers: str, subject: str = SUBJECT) -> list[Approval]:
    """What the notes prove."""
    with signature_checker(signers) as checker:
        return list(NoteReader(GitHistory(repository).repository, "shop").approvals(subject, checker))


@pytest.fixture
def local(shared: Shared, alice: Person) -> Shared:
    """A repository with a commit."""
    shared.commit_by(alice, "Begin", sign=False, readme="1")
    return shared


def clone(local: Shared, name: str) -> Path:
    """A clone whose remote is `local`."""
    folder = local.folder.parent / name
    run("git", "clone", "--quiet", str(local.folder), str(folder))
    return folder


def test_a_signed_note_approves(local: Shared, bob: Person) -> None:
    """With its own end, and found by plain Git."""
    NoteWriter(local.folder).append(SUBJECT, signed(bob))
    (approval,) = approvals(local.folder, bob.signer())
    assert (approval.approver, approval.proof) == (bob.mail, Proof.NOTE)
    assert approval.expires is not None
    assert abs(approval.expires - NOW - timedelta(days=14)) < timedelta(seconds=1)
    key = run("git", "hash-object", "--stdin", data=SUBJECT)
    assert bob.mail in local.git("notes", "--ref", APPROVALS_REF, "show", key)


@pytest.mark.parametrize(
    "change",
    [
        lambda each: each.replace("bob@example.com", "carol@example.com"),
        lambda each: each.replace("digits@4f2a9c1b7d3e", "digits@000000000000"),
        lambda each: each.replace('"environment":""', '"environment":"prod"'),
        lambda each: each.replace(f"{NOW + timedelta(days=14):%Y-%m-%d}", f"{NOW + timedelta(days=15):%Y-%m-%d}"),
        lambda each: json.dumps({**json.loads(each), "signature": ""}),
        lambda each: each.replace('"reason":""', '"reason":"","more":""'),
        lambda each: each[: len(each) // 2],
    ],
    ids=["approver", "release", "environment", "expiry", "signature", "field", "cut"],
)
def test_an_edited_note_is_no_approval(local: Shared, bob: Person, carol: Person, change: Callable[[str], str]) -> None:
    """The signature is of every field."""
    line = signed(bob)
    assert change(line) != line
    NoteWriter(local.folder).append(SUBJECT, change(line))
    assert approvals(local.folder, bob.signer() + carol.signer()) == []


def test_a_note_is_not_replayed(local: Shared, bob: Person) -> None:
    """Neither for another subject nor in another workspace."""
    other = f"release:{'b' * 64}"
    NoteWriter(local.folder).append(other, signed(bob))
    NoteWriter(local.folder).append(SUBJECT, signed(bob, workspace="other"))
    assert approvals(local.folder, bob.signer(), other) == []
    assert approvals(local.folder, bob.signer()) == []


def test_a_commits_namespace_signs_no_note(local: Shared, bob: Person) -> None:
    """What somebody signed for Git is not taken for a note, and a key for commits only signs no notes."""
    made = note(bob)
    foreign = note_line(SignedNote(made, sign_with(str(bob.key), note_bytes(made), namespace="git")))
    NoteWriter(local.folder).append(SUBJECT, foreign)
    assert approvals(local.folder, bob.signer()) == []
    NoteWriter(local.folder).append(SUBJECT, signed(bob))
    assert approvals(local.folder, bob.signer('namespaces="git"')) == []
    assert len(approvals(local.folder, bob.signer('namespaces="git,fairlead"'))) == 1


def test_nobody_signs_for_somebody_else(local: Shared, bob: Person, carol: Person) -> None:
    """Bob's key does not make an approval of Carol's."""
    made = note(carol)
    NoteWriter(local.folder).append(SUBJECT, note_line(SignedNote(made, sign_with(str(bob.key), note_bytes(made)))))
    assert approvals(local.folder, bob.signer() + carol.signer()) == []


def test_two_who_push_at_once_are_both_kept(local: Shared, bob: Person, carol: Person) -> None:
    """From two clones, of the same subject; and again from a clone that has not fetched."""
    people = [bob, carol]
    writers = [NoteWriter(clone(local, each.name), str(local.folder)) for each in people]
    begin = threading.Barrier(2)
    pushed: list[bool] = []

    def approve(writer: NoteWriter, person: Person) -> None:
        begin.wait()
        pushed.extend(writer.append(SUBJECT, signed(person, reason=f"{count}")) for count in range(3))

    threads = [threading.Thread(target=approve, args=pair, daemon=True) for pair in zip(writers, people, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert pushed == [True] * 6
    found = approvals(local.folder, bob.signer() + carol.signer())
    assert sorted(each.approver for each in found) == [bob.mail] * 3 + [carol.mail] * 3


def test_writers_on_one_machine_take_turns(local: Shared, bob: Person, carol: Person) -> None:
    """Two processes in one clone lose nothing either."""
    folder = clone(local, "one")
    threads = [
        threading.Thread(
            target=lambda person=person: NoteWriter(folder, str(local.folder)).append(SUBJECT, signed(person)),
            daemon=True,
        )
        for person in (bob, carol)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(approvals(local.folder, bob.signer() + carol.signer())) == 2


def test_a_mirror_pushes_too(local: Shared, bob: Person, tmp_path: Path) -> None:
    """The control plane's own copy: a fetch of it takes nothing back."""
    repository = GitRepository(str(local.folder), tmp_path / "state" / "mirror.git")
    repository.fetch()
    assert NoteWriter(tmp_path / "state" / "mirror.git", str(local.folder)).append(SUBJECT, signed(bob))
    repository.fetch()
    assert repository.read_note(APPROVALS_REF, note_key(SUBJECT)) == f"{signed_again(local)}\n"


def signed_again(local: Shared) -> str:
    """The line as the remote keeps it."""
    return local.git("notes", "--ref", APPROVALS_REF, "show", note_key(SUBJECT))


def test_many_notes_are_found_where_git_keeps_them(local: Shared, bob: Person) -> None:
    """Git moves notes into folders when there are many; more are added to what is there."""
    NoteWriter(local.folder).append(SUBJECT, signed(bob))
    for count in range(300):
        NoteWriter(local.folder).append(f"release:{count}", "{}")
    local.git("notes", "--ref", APPROVALS_REF, "add", "-m", "{}", local.git("rev-parse", "HEAD"))
    assert "/" in local.git("ls-tree", "-r", "--name-only", APPROVALS_REF), "git has made folders"
    NoteWriter(local.folder).append(SUBJECT, signed(bob, reason="again"))
    assert len(approvals(local.folder, bob.signer())) == 2


def test_a_flooded_note_is_a_broken_world(local: Shared, bob: Person) -> None:
    """Whoever fills it keeps others from approving, and is told of; nothing passes by it."""
    text = "".join(f"{count}\n" for count in range(500))
    local.git("notes", "--ref", APPROVALS_REF, "add", "-f", "-m", text, note_key(SUBJECT))
    with pytest.raises(BrokenWorldError, match="200"):
        approvals(local.folder, bob.signer())


def test_a_remote_may_be_named_by_a_relative_path(local: Shared, bob: Person) -> None:
    """As git takes it: from where the files lie."""
    bare = local.folder.parent / "server.git"
    run("git", "clone", "--quiet", "--bare", str(local.folder), str(bare))
    local.git("remote", "add", "near", "../server.git")
    assert NoteWriter(local.folder, "near").append(SUBJECT, signed(bob))
    assert bob.mail in run("git", "-C", str(bare), "notes", "--ref", APPROVALS_REF, "show", note_key(SUBJECT))


def test_a_remote_that_cannot_be_reached_is_told(local: Shared, bob: Person, tmp_path: Path) -> None:
    """Nothing is written then: the approval is made again when it can be pushed."""
    with pytest.raises(BrokenWorldError, match="exchanged"):
        NoteWriter(local.folder, str(tmp_path / "nowhere")).append(SUBJECT, signed(bob))
    assert approvals(local.folder, bob.signer()) == []


def test_a_remotes_relative_path_begins_where_the_files_lie(local: Shared, bob: Person) -> None:
    """As Git itself takes it, when it is pushed from the checkout."""
    folder = clone(local, "relative")
    run("git", "-C", str(folder), "remote", "set-url", "origin", "../shared")
    assert NoteWriter(folder, "origin").append(SUBJECT, signed(bob))
    assert len(approvals(local.folder, bob.signer())) == 1

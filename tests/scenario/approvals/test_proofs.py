"""An approval counts where a signature proves it, and a claim counts for nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.domain.approval import Approval, Proof
from fairlead.drivers.clock import SystemClock
from fairlead.drivers.git import GitRepository
from fairlead.drivers.git_approvals import Asked, GitProofs
from fairlead.drivers.git_history import GitHistory
from fairlead.drivers.signatures import signature_checker
from fairlead.kernel.errors import BrokenWorldError, NotFoundError
from tests.scenario.approvals.people import Gpg, Person, Shared, run

SUBJECT = f"release:{'a' * 64}"
NOW = datetime.now(UTC)
MONTH = timedelta(days=30)


def carries(shared: Shared) -> Callable[[str], bool]:
    """Whether the model's file says `good` at a commit: what stands for the digest of a release here."""

    def asked(commit: str) -> bool:
        return "good" in run("git", "-C", str(shared.folder), "grep", "-h", "", commit)

    return asked


def proofs(shared: Shared, signers: str, *, subject: str = SUBJECT, keyring: str = "") -> tuple[Approval, ...]:
    """What the repository proves at its head."""
    with signature_checker(signers, keyring) as checker:
        found = GitProofs(GitHistory(shared.folder), checker, SystemClock(), "shop")
        asked = Asked(subject, ("models/m",), carries(shared))
        return found.proofs(asked, shared.git("rev-parse", "HEAD"), NOW - MONTH)


def begin(shared: Shared, alice: Person) -> None:
    """A model that Alice wrote."""
    shared.commit_by(alice, "Add the model", sign=False, models__m__model_yaml="good")


def test_a_signed_commit_approves(shared: Shared, alice: Person, bob: Person) -> None:
    """Its trailer names the subject; who approves is whose key it is."""
    begin(shared, alice)
    made = shared.commit_by(bob, f"Agree\n\nApproves: {SUBJECT}")
    (approval,) = proofs(shared, bob.signer())
    assert (approval.approver, approval.proof, approval.source) == (bob.mail, Proof.COMMIT, made)
    assert approval.key in run("ssh-keygen", "-lf", f"{bob.key}.pub")


def test_a_trailer_that_nobody_signed_is_no_approval(shared: Shared, alice: Person, bob: Person) -> None:
    """Anybody can type it, also under Bob's name."""
    begin(shared, alice)
    shared.commit_by(bob, f"Agree\n\nApproves: {SUBJECT}", sign=False)
    shared.git("tag", "-a", "-m", f"Agree\n\nApproves: {SUBJECT}", "agreed")
    assert proofs(shared, bob.signer()) == ()


def test_an_unknown_key_is_no_approval(shared: Shared, alice: Person, bob: Person, mallory: Person) -> None:
    """Mallory signs under Bob's name: the key is not Bob's."""
    begin(shared, alice)
    forged = Person("bob", mallory.key)
    shared.commit_by(forged, f"Agree\n\nApproves: {SUBJECT}")
    assert proofs(shared, bob.signer()) == ()


def test_this_machines_git_believes_whom_it_likes(
    shared: Shared, alice: Person, bob: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`gpg.ssh.allowedSignersFile` of the user or of the repository changes nothing."""
    begin(shared, alice)
    shared.commit_by(mallory, f"Agree\n\nApproves: {SUBJECT}")
    theirs = shared.folder.parent / "theirs"
    theirs.write_text(mallory.signer())
    shared.git("config", "gpg.ssh.allowedSignersFile", str(theirs))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'gpg.ssh.allowedSignersFile={theirs}'")
    assert shared.git("log", "-1", "--format=%G?") == "G", "Git itself is fooled"
    assert proofs(shared, bob.signer()) == ()


def test_a_signed_tag_approves(shared: Shared, alice: Person, bob: Person) -> None:
    """An annotated tag with the trailer, on whatever commit."""
    begin(shared, alice)
    shared.by(bob, "tag", "-s", "-m", f"Agree\n\nApproves: {SUBJECT}", "agreed")
    (approval,) = proofs(shared, bob.signer())
    assert (approval.approver, approval.proof, approval.source) == (bob.mail, Proof.TAG, "agreed")


def test_a_mirror_has_the_tags_that_approve(shared: Shared, alice: Person, bob: Person, tmp_path: Path) -> None:
    """The control plane proves what a checkout proves; a tag that was taken back is gone there too."""
    begin(shared, alice)
    shared.by(bob, "tag", "-s", "-m", f"Agree\n\nApproves: {SUBJECT}", "agreed")
    repository = GitRepository(str(shared.folder), tmp_path / "mirror.git")
    repository.fetch()
    assert [name for name, _ in GitHistory(tmp_path / "mirror.git").tags()] == ["agreed"]
    shared.git("tag", "-d", "agreed")
    repository.fetch()
    assert list(GitHistory(tmp_path / "mirror.git").tags()) == []


def test_an_edited_object_is_no_approval(shared: Shared, alice: Person, bob: Person) -> None:
    """The signature of one text does not hold for another one."""
    begin(shared, alice)
    shared.commit_by(bob, f"Agree\n\nApproves: release:{'b' * 64}")
    shared.by(bob, "tag", "-s", "-m", f"Agree\n\nApproves: release:{'b' * 64}", "agreed")
    for kind, name in (("commit", "HEAD"), ("tag", "agreed")):
        raw = run("git", "-C", str(shared.folder), "cat-file", kind, name) + "\n"
        edited = raw.replace("b" * 64, "a" * 64)
        made = run("git", "-C", str(shared.folder), "hash-object", "-t", kind, "-w", "--stdin", data=edited)
        shared.git("update-ref", f"refs/{'heads/main' if kind == 'commit' else 'tags/agreed'}", made)
    assert proofs(shared, bob.signer()) == ()


def test_an_approval_of_another_digest_is_not_replayed(shared: Shared, alice: Person, bob: Person) -> None:
    """Neither a longer subject nor a part of one fits."""
    begin(shared, alice)
    for other in (f"release:{'b' * 64}", SUBJECT + "a", SUBJECT[:-1], f"{SUBJECT} or not"):
        shared.commit_by(bob, f"Agree\n\nApproves: {other}")
    shared.commit_by(bob, f"Approves: {SUBJECT}\n\nThe trailer is not at the end.")
    assert proofs(shared, bob.signer()) == ()


def test_the_namespace_must_be_gits(shared: Shared, alice: Person, bob: Person) -> None:
    """A key that may sign notes only signs no commits."""
    begin(shared, alice)
    shared.commit_by(bob, f"Agree\n\nApproves: {SUBJECT}")
    assert proofs(shared, bob.signer('namespaces="fairlead"')) == ()
    assert len(proofs(shared, bob.signer('namespaces="git"'))) == 1


def test_the_key_must_be_valid_when_it_signs(shared: Shared, alice: Person, bob: Person) -> None:
    """One that has expired since still proves what it signed before; one that had expired proves nothing."""
    begin(shared, alice)
    shared.commit_by(bob, f"Agree\n\nApproves: {SUBJECT}", at=NOW - timedelta(days=10))
    before, after = (f"{NOW - timedelta(days=days):%Y%m%d}" for days in (12, 8))
    assert proofs(shared, bob.signer(f'valid-before="{before}"')) == ()
    assert len(proofs(shared, bob.signer(f'valid-before="{after}"'))) == 1
    assert proofs(shared, bob.signer(f'valid-after="{after}"')) == ()


def test_what_claims_to_come_from_the_future_is_not_believed(shared: Shared, alice: Person, bob: Person) -> None:
    """Nor what is older than approvals live."""
    begin(shared, alice)
    shared.commit_by(bob, f"Agree\n\nApproves: {SUBJECT}", at=NOW + timedelta(days=1))
    shared.by(bob, "tag", "-s", "-m", f"Agree\n\nApproves: {SUBJECT}", "old", at=NOW - timedelta(days=31))
    assert proofs(shared, bob.signer()) == ()


def test_a_pattern_of_names_is_nobody(shared: Shared, alice: Person, bob: Person) -> None:
    """A key for `*@example.com` could be anybody's; a certificate says whose it is."""
    begin(shared, alice)
    shared.commit_by(bob, f"Agree\n\nApproves: {SUBJECT}")
    assert proofs(shared, bob.signer().replace(bob.mail, "*@example.com")) == ()


def test_a_certificate_says_whose_key_it_is(shared: Shared, alice: Person, mallory: Person, keys: Path) -> None:
    """`cert-authority` lines: the names that the authority wrote into the certificate count."""
    begin(shared, alice)
    dora = Person("dora", keys / "dora.key")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(dora.key))
    run("ssh-keygen", "-q", "-s", str(mallory.key), "-I", "dora", "-n", dora.mail, f"{dora.key}.pub")
    certified = Person("dora", keys / "dora.key-cert.pub")
    shared.commit_by(certified, f"Agree\n\nApproves: {SUBJECT}")
    authority = mallory.signer("cert-authority").replace(mallory.mail, "*@example.com")
    (approval,) = proofs(shared, authority)
    assert approval.approver == dora.mail
    assert proofs(shared, authority.replace("example.com", "example.org")) == ()


def merge(shared: Shared, alice: Person, bob: Person, message: str, *, sign: bool = True) -> None:
    """Bob merges what Alice wrote on a branch."""
    shared.commit_by(alice, "Begin", sign=False, readme="1")
    shared.git("switch", "--quiet", "--create", "work")
    begin(shared, alice)
    shared.git("switch", "--quiet", "main")
    shared.by(bob, "merge", "--quiet", "--no-ff", "-m", message, "work", sign=sign)


def test_a_signed_merge_approves_what_it_brings(shared: Shared, alice: Person, bob: Person, carol: Person) -> None:
    """For its signer; its trailers are marked as vouched for, and a merge of something else approves nothing."""
    merge(shared, alice, bob, f"Merge work\n\nApproved-by: Carol <{carol.mail}>\nApproved-by: somebody")
    own, vouched = proofs(shared, bob.signer())
    assert (own.approver, own.proof, own.vouched_by) == (bob.mail, Proof.MERGE, "")
    assert (vouched.approver, vouched.proof, vouched.vouched_by) == (carol.mail, Proof.MERGE, bob.mail)
    shared.git("switch", "--quiet", "--create", "other")
    shared.commit_by(alice, "Unrelated", sign=False, readme="2")
    shared.git("switch", "--quiet", "main")
    shared.by(carol, "merge", "--quiet", "--no-ff", "-m", "Merge other", "other")
    assert [each.approver for each in proofs(shared, bob.signer() + carol.signer())] == [bob.mail, carol.mail]


def test_a_merge_that_nobody_signed_approves_nothing(shared: Shared, alice: Person, bob: Person) -> None:
    """Its trailers are claims."""
    merge(shared, alice, bob, f"Merge work\n\nApproved-by: Bob <{bob.mail}>", sign=False)
    assert proofs(shared, bob.signer()) == ()


def test_whoever_had_a_hand_in_a_change_is_known(shared: Shared, alice: Person, bob: Person, carol: Person) -> None:
    """Author, committer, co-authors and the key's owner, whatever name the commit gives; only of what changed there."""
    base = shared.commit_by(alice, "Begin", sign=False, readme="1")
    disguised = Person("zoe", bob.key)
    made = shared.commit_by(disguised, f"Add\n\nCo-authored-by: Carol <{carol.mail.upper()}>", models__m__x="1")
    shared.commit_by(alice, "Elsewhere", sign=False, readme="2")
    head = shared.git("rev-parse", "HEAD")
    with signature_checker(bob.signer()) as checker:
        found = GitHistory(shared.folder).contributors(head, base, ["models/m"], checker)
        unknown = GitHistory(shared.folder).contributors(head, base, ["models/m"])
    assert found.mails == {disguised.mail, bob.mail, carol.mail}
    assert found.unproven == ()
    assert unknown.unproven == (made,)


def test_a_merge_that_writes_something_has_an_author(shared: Shared, alice: Person, bob: Person) -> None:
    """One that only joins what others wrote has none."""
    merge(shared, alice, bob, "Merge work")
    head = shared.git("rev-parse", "HEAD")
    history = GitHistory(shared.folder)
    assert history.contributors(head, f"{history.commit(head).parent_ids[0]}", ["models/m"]).mails == {alice.mail}
    shared.write("models/m/model_yaml", "good, and more")
    shared.git("add", "--all")
    shared.by(bob, "commit", "--quiet", "--amend", "--no-edit")
    head = shared.git("rev-parse", "HEAD")
    assert history.contributors(head, f"{history.commit(head).parent_ids[0]}", ["models/m"]).mails == {
        alice.mail,
        bob.mail,
    }


def test_a_shallow_clone_does_not_know_who_wrote_a_change(shared: Shared, alice: Person, bob: Person) -> None:
    """It would name fewer people than there were, so it names none."""
    begin(shared, alice)
    shared.commit_by(bob, "More")
    shallow = Shared(shared.folder.parent / "shallow")
    shallow.git("fetch", "--quiet", "--depth=1", f"file://{shared.folder}", "main")
    head = shallow.git("rev-parse", "FETCH_HEAD")
    with pytest.raises(NotFoundError, match="shallow"):
        GitHistory(shallow.folder).contributors(head, "", [""])
    with pytest.raises(NotFoundError, match="no commit"):
        GitHistory(shallow.folder).commit("0" * 40)


@pytest.fixture
def gpg(tmp_path: Path) -> Gpg:
    """Greta's GPG key."""
    return Gpg(tmp_path / "greta", "Greta <greta@example.com>")


def test_a_gpg_key_proves_as_well(shared: Shared, alice: Person, bob: Person, gpg: Gpg) -> None:
    """By the keyring of the workspace, not by the one of whoever checks."""
    begin(shared, alice)
    environ = {"GNUPGHOME": gpg.home}
    signing = ["-c", "gpg.format=openpgp", "-c", "user.signingkey=greta@example.com"]
    person = ["-c", "user.name=Greta", "-c", "user.email=greta@example.com"]
    message = f"Agree\n\nApproves: {SUBJECT}"
    git = ["git", "-C", str(shared.folder), *signing, *person]
    run(*git, "commit", "--quiet", "--allow-empty", "-S", "-m", message, environ=environ)
    run(*git, "tag", "-s", "-m", message, "agreed", environ=environ)
    assert "GNUPGHOME" not in os.environ
    found = proofs(shared, bob.signer(), keyring=gpg.public())
    assert [(each.approver, each.proof) for each in found] == [
        ("greta@example.com", Proof.COMMIT),
        ("greta@example.com", Proof.TAG),
    ]
    assert len({each.key for each in found}) == 1
    assert proofs(shared, bob.signer()) == ()
    gpg.close()


def test_a_broken_keyring_is_a_broken_world(shared: Shared, alice: Person, bob: Person) -> None:
    """It is not taken for an empty one."""
    begin(shared, alice)
    with pytest.raises(BrokenWorldError, match="keyring"):
        proofs(shared, bob.signer(), keyring="no key at all")


def gpg_at(tmp_path: Path, moment: datetime) -> Path:
    """The real gpg with its clock at that moment, as a program for Git."""
    program = tmp_path / f"gpg-{moment:%Y%m%d%H%M}"
    program.write_text(f'#!/bin/sh\nexec gpg --faked-system-time {int(moment.timestamp())}! "$@"\n')
    program.chmod(0o755)
    return program


def by_gpg(shared: Shared, home: str, program: Path, at: datetime) -> None:
    """Greta approves with GPG, her commit dated `at`."""
    moment = f"@{int(at.timestamp())} +0000"
    environ = {"GNUPGHOME": home, "GIT_COMMITTER_DATE": moment, "GIT_AUTHOR_DATE": moment}
    signing = ["-c", "gpg.format=openpgp", "-c", f"gpg.program={program}", "-c", "user.signingkey=greta@example.com"]
    person = ["-c", "user.name=Greta", "-c", "user.email=greta@example.com"]
    words = ["commit", "--quiet", "--allow-empty", "-S", "-m", f"Agree\n\nApproves: {SUBJECT}"]
    run("git", "-C", str(shared.folder), *signing, *person, *words, environ=environ)


def test_a_gpg_key_that_has_expired_since_proves_what_it_signed_before(
    shared: Shared, alice: Person, bob: Person, tmp_path: Path
) -> None:
    """Its own word for when must agree with the commit's; what it signs after its end proves nothing."""
    then = NOW - timedelta(days=10)
    gpg = Gpg(tmp_path / "greta", "Greta <greta@example.com>", "seconds=86400", at=then)
    begin(shared, alice)
    by_gpg(shared, gpg.home, gpg_at(tmp_path, then + timedelta(hours=1)), then + timedelta(hours=1))
    assert [each.approver for each in proofs(shared, bob.signer(), keyring=gpg.public())] == ["greta@example.com"]
    shared.git("reset", "--quiet", "--hard", "HEAD~1")
    by_gpg(shared, gpg.home, gpg_at(tmp_path, then + timedelta(hours=1)), NOW)
    assert proofs(shared, bob.signer(), keyring=gpg.public()) == ()
    gpg.close()


def test_a_revoked_gpg_key_proves_nothing(shared: Shared, alice: Person, bob: Person, gpg: Gpg) -> None:
    """Whoever has it, and whenever it signed."""
    begin(shared, alice)
    by_gpg(shared, gpg.home, Path("gpg"), datetime.now(UTC))
    assert len(proofs(shared, bob.signer(), keyring=gpg.public())) == 1
    (revocation,) = Path(gpg.home, "openpgp-revocs.d").glob("*.rev")
    revocation.write_text(revocation.read_text().replace(":-----BEGIN", "-----BEGIN"))
    gpg.run("--import", str(revocation))
    assert proofs(shared, bob.signer(), keyring=gpg.public()) == ()
    gpg.close()

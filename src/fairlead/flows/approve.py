"""`fairlead approve`: a person agrees to a release, a waiver or changed rules, by a signature that everybody can check.

Nothing of this asks the control plane: the approval is a note in Git, and the gate finds it there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from fairlead.check.approvals import Standing, standing_approvals
from fairlead.check.protection import GateRules
from fairlead.declare.reader import MODELS, WORKSPACE_FILE, Reader
from fairlead.declare.releases import ReleaseIndex
from fairlead.domain.approval_note import ApprovalNote, SignedNote, note_bytes, note_line
from fairlead.domain.journal import Actor, Draft
from fairlead.drivers.approval_notes import NoteWriter
from fairlead.drivers.git_approvals import Asked, GitProofs
from fairlead.drivers.git_history import GitHistory
from fairlead.drivers.git_local import LocalRepository, local_repository
from fairlead.drivers.git_program import GitProgram
from fairlead.drivers.git_signed import mail_of
from fairlead.drivers.signatures import NOTES, Signed, signature_checker
from fairlead.drivers.ssh_key import configured_key, sign_with
from fairlead.flows.gate_rules import read_gate_rules
from fairlead.kernel.errors import NotFoundError, UsageError
from fairlead.kernel.windows import iso
from fairlead.ports import Clock, StateStore

__all__ = ["Approved", "Approving", "approve", "approving", "remember"]

Sign = Callable[[bytes], str]
"""Armoured SSH signature of bytes, by the person's own key."""


@dataclass(frozen=True, slots=True)
class Approving:
    """Where and as whom somebody approves. `remote` is where notes are pushed to, '' for nowhere."""

    repository: LocalRepository
    directory: Path
    remote: str
    mail: str
    sign: Sign
    clock: Clock


@dataclass(frozen=True, slots=True)
class Approved:
    """What was signed and by whom; `counts` and `why` say whether it helps, `missing` how many more are needed.

    `given` are the e-mail addresses of those whose approval of the subject counts by now.
    """

    subject: str
    name: str
    approver: str
    key: str
    environment: str
    expires: datetime
    pushed: bool
    counts: bool
    why: str
    given: tuple[str, ...]
    missing: int
    model: str = ""


def approving(folder: Path, key: str, clock: Clock, remote: str | None = None) -> Approving:
    """Somebody at the repository around `folder`, with the key in file `key` (empty: the one that Git signs with).

    `remote` None: where the checked out branch is pushed to, else `origin` where there is one.
    UsageError where Git knows no repository, no address of theirs or no key.
    """
    repository = local_repository(folder)
    if repository is None:
        raise UsageError("there is no Git repository", where=str(folder), mend="git init, and commit the workspace")
    git = GitProgram(folder)
    known = mail_of(git.run("var", "GIT_COMMITTER_IDENT").output.rpartition(" ")[0].rpartition(" ")[0])
    if not known:
        mend = "git config user.email YOU@EXAMPLE.COM"
        raise UsageError("Git does not know your e-mail address", where=str(folder), mend=mend)
    chosen = key or configured_key(folder)
    directory = Path(git.must("rev-parse", "--absolute-git-dir").strip())
    place = _remote(git) if remote is None else remote
    return Approving(repository, directory, place, known, lambda data: sign_with(chosen, data), clock)


def _remote(git: GitProgram) -> str:
    """Name of the remote that the checked out branch is pushed to; '' where there is none."""
    branch = git.run("symbolic-ref", "--quiet", "--short", "HEAD").output.strip()
    asked = (f"branch.{branch}.pushRemote", "remote.pushDefault", f"branch.{branch}.remote")
    found = next((name for key in asked if (name := git.run("config", "--get", key).output.strip())), "origin")
    return found if found in git.run("remote").output.split() else ""


def remember(state: StateStore, made: Approved, name: str, reason: str) -> None:
    """Write the approval into the journal. `name` is the person's; their key has proven it."""
    digest = made.subject.partition(":")[2]
    body = {"subject": made.subject, "key": made.key, "reason": reason, "expires": iso(made.expires)}
    state.append(Draft("approval.given", Actor(name, claimed=False), made.environment, made.model, digest, "", body))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is approved. `name` is what people call it, `until` its longest life, `who` may agree where few may."""

    asked: Asked
    name: str
    until: datetime
    model: str = ""
    who: frozenset[str] | None = None


def approve(
    place: Approving,
    wanted: str,
    *,
    commit: str = "HEAD",
    environment: str = "",
    span: timedelta | None = None,
    reason: str = "",
) -> Approved:
    """Sign `wanted` as it stands at `commit`, write the note and push it.

    `wanted` is `MODEL`, `MODEL@COMMIT`, a release's digest, `waiver:PATH`, `policies` or `commit:REV`. UsageError for
    a key that the workspace does not know, NotFoundError for what is not there, ConflictError where others keep pushing
    first.
    """
    head = place.repository.resolve(commit)
    tree = place.repository.tree(head)
    rules = read_gate_rules(tree)
    if not rules.readable:
        mend = "run it in a workspace, or name a commit that declares one"
        raise NotFoundError(f"there is no {WORKSPACE_FILE} that can be read at {head[:12]}", mend=mend)
    if environment and environment not in rules.environments:
        known = ", ".join(rules.environments)
        raise NotFoundError(f"there is no environment `{environment}`", mend=f"environments: {known}")
    found = _find(place, rules, wanted, head)
    now = place.clock.now()
    note = ApprovalNote(
        subject=found.asked.subject,
        approver=place.mail,
        workspace=rules.name,
        when=now,
        expires=min(found.until, now + span) if span else found.until,
        release=found.name,
        environment=environment,
        reason=reason,
    )
    signed, key = _signed(place, rules, note)
    pushed = NoteWriter(place.directory, place.remote).append(note.subject, note_line(signed))
    standing, authors = _standing(place, rules, found, head, environment)
    why = _why(standing, place.mail, found, authors)
    return Approved(
        subject=note.subject,
        name=found.name,
        approver=place.mail,
        key=key,
        environment=environment,
        expires=note.expires,
        pushed=pushed,
        counts=not why,
        why=why,
        given=tuple(each.approver for each in standing.given),
        missing=standing.missing,
        model=found.model,
    )


def _find(place: Approving, rules: GateRules, wanted: str, head: str) -> _Wanted:
    longest = place.clock.now() + rules.policies.approvals.expires
    if wanted == "policies":
        digest = rules.digest
        paths = _rooted(place, (WORKSPACE_FILE, *rules.paths))
        asked = Asked(
            f"policies:{digest}", paths, lambda at: read_gate_rules(place.repository.tree(at)).digest == digest
        )
        return _Wanted(asked, f"the rules at {head[:12]}", longest, who=rules.owners)
    if wanted.startswith("waiver:"):
        return _waiver(place, rules, wanted.partition(":")[2])
    if wanted.startswith("commit:"):
        commit = place.repository.resolve(wanted.partition(":")[2])
        return _Wanted(Asked(f"commit:{commit}", ("",), lambda at: at == commit), f"commit {commit[:12]}", longest)
    return _release(place, wanted, head, longest)


def _waiver(place: Approving, rules: GateRules, path: str) -> _Wanted:
    waiver = rules.waivers.get(path)
    if waiver is None:
        known = ", ".join(sorted(rules.waivers)[:10]) or "none"
        raise NotFoundError(f"there is no waiver `{path}` in the commit", mend=f"commit it first; waivers: {known}")

    def carries(at: str) -> bool:
        found = read_gate_rules(place.repository.tree(at)).waivers.get(path)
        return found is not None and found.digest == waiver.digest

    until = datetime.combine(waiver.spec.expires, time(), UTC)
    who = frozenset({waiver.spec.approved_by.strip().casefold()}) | rules.owners
    return _Wanted(Asked(f"waiver:{waiver.digest}", _rooted(place, [path]), carries), path, until, who=who)


def _release(place: Approving, wanted: str, head: str, until: datetime) -> _Wanted:
    index = ReleaseIndex(place.repository, Reader())
    model, _, commit = wanted.partition("@")
    models = [each.path.rpartition("/")[2] for each in place.repository.tree(head).entries(MODELS)]
    names = [model] if model in models else [] if commit else models
    at = place.repository.commit(commit).id if commit else head
    for name in names:
        release = index.release(name, at)
        if release is not None and wanted in {name, release.digest, f"{name}@{commit}"}:
            digest = release.digest

            def carries(each: str, name: str = name, digest: str = digest) -> bool:
                other = index.release(name, each)
                return other is not None and other.digest == digest

            asked = Asked(f"release:{digest}", _rooted(place, [f"{MODELS}/{name}"]), carries)
            return _Wanted(asked, release.name, until, name)
    mend = f"a digest, waiver:PATH, commit:REV or policies; models: {', '.join(models[:10]) or 'none'}"
    raise NotFoundError(f"there is no whole release `{wanted}` at {at[:12]}", mend=mend)


def _signed(place: Approving, rules: GateRules, note: ApprovalNote) -> tuple[SignedNote, str]:
    """The note with its signature, checked as the gate will check it."""
    signature = place.sign(note_bytes(note))
    with signature_checker(rules.signers) as checker:
        signed = checker.signer(note_bytes(note), signature.encode(), note.when, NOTES)
    _refuse_stranger(signed, note.approver, rules.policies.approvals.signers)
    return SignedNote(note, signature), signed.key if signed else ""


def _refuse_stranger(signed: Signed | None, mail: str, signers: str) -> None:
    if signed is None:
        mend = f"have a policy owner add your public key to {signers}, for your address and the namespace fairlead"
        raise UsageError("the workspace does not know this key", where=mail, mend=mend)
    if mail.casefold() not in {each.casefold() for each in signed.principals}:
        known = ", ".join(signed.principals)
        raise UsageError(
            f"this key belongs to {known}", where=mail, mend=f"git config user.email {signed.principals[0]}"
        )


def _standing(
    place: Approving, rules: GateRules, found: _Wanted, head: str, environment: str
) -> tuple[Standing, frozenset[str]]:
    """What counts by now, as the rules of this commit see it; those of the target branch decide."""
    bound, history = rules.policies.approvals, GitHistory(place.directory)
    now = place.clock.now()
    with ExitStack() as keys:
        checker = keys.enter_context(signature_checker(rules.signers, rules.keyring))
        proofs = GitProofs(history, checker, place.clock, rules.name).proofs(found.asked, head, now - bound.expires)
        authors = history.contributors(head, _before(place, found, head), found.asked.paths, checker).mails
    required = bound.required if found.model else 1
    if found.model and environment:
        required = rules.required[environment]
    standing = standing_approvals(
        proofs,
        authors=authors,
        approvers=rules.approvers if found.who is None else found.who,
        rules=bound.model_copy(update={"required": required}),
        now=now,
        environment=environment,
    )
    return standing, authors


def _before(place: Approving, found: _Wanted, head: str) -> str:
    """The newest first parent at which the subject did not stand as it does now; '' where it always has."""
    prefix = f"{place.repository.folder}/" if place.repository.folder else ""
    for path in found.asked.paths[:1]:
        for each in place.repository.history(head, path.removeprefix(prefix)):
            if not found.asked.carries(each.id):
                return each.id
    return ""


def _why(standing: Standing, mail: str, found: _Wanted, authors: frozenset[str]) -> str:
    """Why this person's approval does not count, '' where it does."""
    person = mail.casefold()
    if person in {each.approver.casefold() for each in standing.given}:
        return ""
    if person in authors:
        return f"{mail} had a hand in it"
    if found.who is not None and person not in found.who:
        return f"only these may agree: {', '.join(sorted(found.who)) or 'nobody'}"
    own = [each.why for each in standing.refused if each.approval.approver.casefold() == person]
    return own[0] if own else f"{mail} does not have the role approver"


def _rooted(place: Approving, paths: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Paths of the workspace, from the repository's root."""
    folder = place.repository.folder
    return tuple(f"{folder}/{path}" if folder else path for path in paths)

"""`fairlead approve`: a person agrees to a release, a waiver or changed rules, by a signature that everybody can check.

Nothing of this asks the control plane: the approval is a note in Git, and the gate finds it there.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from fairlead.check.approvals import Standing, standing_approvals
from fairlead.check.protection import GateRules, Weakening
from fairlead.declare.reader import MODELS, WORKSPACE_FILE, Reader
from fairlead.declare.releases import ReleaseIndex
from fairlead.domain.approval_note import ApprovalNote, SignedNote, note_bytes, note_line
from fairlead.domain.journal import Actor, Draft
from fairlead.domain.release import Commit, Release
from fairlead.drivers.approval_notes import NoteWriter
from fairlead.drivers.git_approvals import Asked
from fairlead.drivers.signatures import NOTES, Signed, signature_checker
from fairlead.flows.gate_rules import read_gate_rules
from fairlead.flows.judging.approver import Approving
from fairlead.flows.judging.proofs import Proofs
from fairlead.flows.judging.standing import Stand
from fairlead.flows.judging.standing import Standing as RulesStanding
from fairlead.kernel.errors import NotFoundError, UsageError
from fairlead.kernel.windows import iso
from fairlead.ports import StateStore

__all__ = ["Approved", "approve", "remember"]


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


def remember(state: StateStore, made: Approved, name: str, reason: str) -> None:
    """Write the approval into the journal. `name` is the person's; their key has proven it."""
    digest = made.subject.partition(":")[2]
    body = {"subject": made.subject, "key": made.key, "reason": reason, "expires": iso(made.expires)}
    state.append(Draft("approval.given", Actor(name, claimed=False), made.environment, made.model, digest, "", body))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is approved. `name` is what people call it, `until` its longest life, `who` may agree where few may.

    Whoever had a hand in it since the commit `base` ('' is ever) may not.
    """

    asked: Asked
    name: str
    until: datetime
    base: str
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
    index = ReleaseIndex(place.repository, Reader())

    def digest_at(at: str, model: str) -> str:
        release = index.release(model, at)
        return release.digest if release is not None else ""

    with closing(Proofs(place.repository, place.clock, digest_at, head)) as proofs:
        found = _find(place, proofs, rules, wanted, environment)
        note, key, pushed = _written(place, rules, found, environment, span, reason)
        standing, authors = _standing(place, proofs, rules, found, environment)
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


def _written(
    place: Approving, rules: GateRules, found: _Wanted, environment: str, span: timedelta | None, reason: str
) -> tuple[ApprovalNote, str, bool]:
    """The note, the fingerprint of the key that signed it, and whether it was pushed."""
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
    return note, key, NoteWriter(place.directory, place.remote).append(note.subject, note_line(signed))


def _find(place: Approving, proofs: Proofs, rules: GateRules, wanted: str, environment: str) -> _Wanted:
    longest, kind, rest = place.clock.now() + rules.policies.approvals.expires, *_parted(wanted)
    if kind == "policies":
        asked = proofs.ask.of_rules(rules.digest, rules)
        base = _standing_before(place, proofs, rules.digest)
        return _Wanted(asked, f"the rules at {proofs.tip[:12]}", longest, base, who=rules.owners)
    if kind == "waiver":
        return _waiver(proofs, rules, rest)
    if kind == "commit":
        commit = place.repository.resolve(rest)
        asked = Asked(f"commit:{commit}", ("",), lambda at: at == commit)
        return _Wanted(asked, f"commit {commit[:12]}", longest, proofs.ask.before(asked, proofs.tip))
    name, release = _release(place, wanted, proofs.tip)
    asked = proofs.ask.of_release(release.digest, name)
    base = proofs.accepted(asked, proofs.tip, name, environment, rules)
    return _Wanted(asked, release.name, longest, base, name)


def _parted(wanted: str) -> tuple[str, str]:
    """Kind and name of what is to be approved; the kind of a release is ''."""
    kind, colon, rest = wanted.partition(":")
    return (kind, rest) if wanted == "policies" or (colon and kind in {"waiver", "commit"}) else ("", wanted)


def _standing_before(place: Approving, proofs: Proofs, digest: str) -> str:
    """The newest commit with the rules before these, as the gate will see it: as if nobody agreed to these yet."""

    def unapproved(
        weak: tuple[Weakening, ...], stand: Stand, after: GateRules, brought: Commit
    ) -> tuple[Weakening, ...]:
        return weak if after.digest == digest else proofs.unapproved(weak, stand, after, brought)

    return RulesStanding(place.repository, unapproved).at(proofs.tip).settled


def _waiver(proofs: Proofs, rules: GateRules, path: str) -> _Wanted:
    waiver = rules.waivers.get(path)
    if waiver is None:
        known = ", ".join(sorted(rules.waivers)[:10]) or "none"
        raise NotFoundError(f"there is no waiver `{path}` in the commit", mend=f"commit it first; waivers: {known}")
    until = datetime.combine(waiver.spec.expires, time(), UTC)
    who = frozenset({waiver.spec.approved_by.strip().casefold()}) | rules.owners
    return _Wanted(proofs.ask.of_waiver(waiver), path, until, "", who=who)


def _release(place: Approving, wanted: str, head: str) -> tuple[str, Release]:
    index = ReleaseIndex(place.repository, Reader())
    model, _, commit = wanted.partition("@")
    models = [each.path.rpartition("/")[2] for each in place.repository.tree(head).entries(MODELS)]
    names = [model] if model in models else [] if commit else models
    at = place.repository.commit(commit).id if commit else head
    for name in names:
        release = index.release(name, at)
        if release is not None and wanted in {name, release.digest, f"{name}@{commit}"}:
            return name, release
    known = ", ".join(models[:10]) or "none"
    mend = f"give MODEL@COMMIT, a digest, waiver:PATH, commit:REV or policies; models: {known}"
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
    place: Approving, proofs: Proofs, rules: GateRules, found: _Wanted, environment: str
) -> tuple[Standing, frozenset[str]]:
    """What counts by now, as the rules of this commit see it; those of the target branch decide."""
    bound, now = rules.policies.approvals, place.clock.now()
    given, authors = proofs.given(found.asked, found.base, rules, now - bound.expires)
    required = bound.required if found.model else 1
    if found.model and environment:
        required = rules.required[environment]
    standing = standing_approvals(
        given,
        authors=authors,
        approvers=rules.approvers if found.who is None else found.who,
        rules=bound.model_copy(update={"required": required}),
        now=now,
        environment=environment,
    )
    return standing, authors


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

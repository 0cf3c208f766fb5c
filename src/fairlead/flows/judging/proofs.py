"""Who has provably agreed: to rules, to a release, to a waiver; by signatures in Git, of those that the rules name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

from fairlead.check.approvals import Standing, standing_approvals
from fairlead.check.protection import GateRules, Weakening, unapproved, unproven
from fairlead.check.waiving import Backing
from fairlead.declare.reader import MODEL_FILE, MODELS
from fairlead.domain.approval import Approval, Waiver
from fairlead.domain.evidence import Evidence
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.policy import Rating
from fairlead.domain.release import Commit
from fairlead.drivers.git_approvals import Asked, GitProofs
from fairlead.drivers.git_history import GitHistory
from fairlead.drivers.git_signed import read_commit_object
from fairlead.drivers.signatures import GIT, SignatureChecker, signature_checker
from fairlead.flows.judging.facts import Agreed, Candidate
from fairlead.flows.judging.lacking import lacking, uncovered, unsigned
from fairlead.flows.judging.questions import Questions
from fairlead.flows.judging.reviews import Reviews
from fairlead.flows.judging.standing import Stand
from fairlead.kernel.errors import FairleadError, NotFoundError
from fairlead.ports import Clock, Repository

__all__ = ["EVIDENCE", "Proofs"]

EVIDENCE = "fairlead-evidence"
"""Namespace of SSH signatures of evidence."""


@dataclass(slots=True)
class Proofs:
    """Asks one repository, and remembers what a signature said.

    `digest_at(commit, model)` is the digest of the release that a
    commit declares, '' where it declares none. `tip` is the newest commit, whose history is searched.
    """

    repository: Repository
    clock: Clock
    digest_at: Callable[[str, str], str]
    tip: str = ""
    reviews: Reviews = field(init=False)
    ask: Questions = field(init=False)
    _history: GitHistory | None = None
    _open: ExitStack = field(default_factory=ExitStack)
    _known: dict[tuple[str, str, str], tuple[SignatureChecker, GitProofs]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Reviews are asked by the same clock."""
        self.reviews = Reviews(self.clock)
        self.ask = Questions(self.repository, self.digest_at)

    @property
    def history(self) -> GitHistory:
        """The repository's commits, opened when they are first asked for: a mirror is made by its first fetch."""
        if self._history is None:
            self._history = GitHistory(self.repository.directory)
        return self._history

    def close(self) -> None:
        """Forget the keys."""
        self._open.close()
        self._known.clear()

    def unapproved(
        self, weak: tuple[Weakening, ...], stand: Stand, after: GateRules, brought: Commit | None
    ) -> tuple[Weakening, ...]:
        """The weakenings that no owner of the standing rules has agreed to; all of them where that cannot be read.

        `brought` None: nothing of them is committed, so nobody can have agreed.
        """
        rules = stand.rules
        if brought is None or not rules.owners:
            return weak
        of_rules = [each for each in weak if not each.alone]
        of_models: dict[str, list[Weakening]] = {}
        for each in weak:
            if each.alone:
                of_models.setdefault(each.subject, []).append(each)
        left = list(self._refused(of_rules, stand, after, brought, self._questions(of_rules, rules, after)))
        for subject, those in of_models.items():
            model = those[0].path.split("/")[-2]
            asked = self.ask.of_release(subject.partition(":")[2], model)
            left += self._refused(those, stand, after, brought, [asked])
        return tuple(sorted(left))

    def _refused(
        self, weak: list[Weakening], stand: Stand, after: GateRules, brought: Commit, asked: Iterable[Asked]
    ) -> Iterable[Weakening]:
        """What is left of weakenings that the same approvals agree to; whoever changed those places is their author."""
        rules, questions = stand.rules, list(asked)
        if not questions:
            return ()
        try:
            # A change of the name is approved under the new one, which is part of what is approved.
            checker, proofs = self.by(rules, after.name)
            base = stand.tip if weak[0].alone else stand.settled
            people = self.history.contributors(brought.id, base, questions[0].paths, checker)
            # Whoever dates a commit back does not wake an approval that had ended when the rules before it came.
            at = max(brought.when, self.repository.commit(stand.commit).when) if stand.commit else brought.when
            since = at - rules.policies.approvals.expires
            found = [approval for each in questions for approval in proofs.proofs(each, self.tip, since)]
        except NotFoundError:
            return weak
        if rules.policies.approvals.signed_changes and people.unproven:
            # Its author may be anybody, also the owner who agreed.
            return unproven(weak, people.unproven)
        return unapproved(weak, found, rules, digest=after.digest, authors=people.mails, at=at)

    def _questions(self, weak: Iterable[Weakening], rules: GateRules, after: GateRules) -> Iterator[Asked]:
        """What an owner's approval of would agree to weaker rules: all of them, or one waiver."""
        subjects = [each.subject for each in weak]
        for subject in dict.fromkeys(filter(None, [f"policies:{after.digest}" if subjects else "", *subjects])):
            yield self.ask.of_rules(after.digest, rules, after, subject=subject)

    def agreed(self, candidate: Candidate, rules: GateRules) -> Agreed:
        """Who agreed to a release in an environment. What cannot be read is a finding, and counts as nobody."""
        environment, release = candidate.environment.name, candidate.release
        required = rules.required.get(environment, rules.policies.approvals.required)
        if candidate.commit is None or release is None:
            return Agreed(required)
        try:
            return self._agreed(candidate, rules, required)
        except FairleadError as error:
            found = Finding(
                f"{candidate.model.path}/{MODEL_FILE}",
                1,
                1,
                "approval/unread",
                error.what,
                error.mend,
                Severity.INSUFFICIENT,
                release.model,
                environment,
            )
            bound = rules.policies.approvals
            demanded = required or bound.code_owners or bound.signed_changes
            return Agreed(required, findings=(found,) if demanded else ())

    def _agreed(self, candidate: Candidate, rules: GateRules, required: int) -> Agreed:
        commit, release = candidate.commit, candidate.release
        if commit is None or release is None:
            return Agreed(required)
        checker, proofs = self.by(rules)
        bound = rules.policies.approvals.model_copy(update={"required": required})
        if candidate.settled:
            bound = bound.model_copy(update={"expires": _EVER})
        asked = self.ask.of_release(release.digest, release.model)
        found = [*proofs.proofs(asked, self.tip, self.clock.now() - bound.expires)]
        if candidate.settled:
            found = [replace(each, expires=None) for each in found]
        before = candidate.since or (
            self.ask.before(asked, commit.commit.id)
            if candidate.settled
            else self.accepted(asked, commit.commit.id, release.model, candidate.environment.name, rules)
        )
        people = self.history.contributors(commit.commit.id, before, asked.paths, checker)
        changed = self._changed(commit.commit.id, before, release.model)

        def stand() -> tuple[Standing, tuple[str, ...]]:
            standing = standing_approvals(
                found,
                authors=people.mails,
                approvers=rules.approvers,
                rules=bound,
                now=self.clock.now(),
                environment=candidate.environment.name,
            )
            return standing, uncovered(changed, rules, standing)

        standing, paths = stand()
        if candidate.settled:
            return Agreed(required, standing.given, standing.stale)
        if standing.missing or paths:
            found += self.reviews.of(asked.subject, (commit.commit.id, self.tip), rules, asked.carries)
            standing, paths = stand()
        told = [] if _OF_PACK in rules.policies.packs else list(lacking(candidate, standing, paths))
        told += unsigned(candidate, people.unproven) if bound.signed_changes else ()
        return Agreed(required, standing.given, standing.stale, paths, tuple(told))

    def accepted(self, asked: Asked, commit: str, model: str, environment: str, rules: GateRules) -> str:
        """The newest commit before a release at which another one stood that enough people had agreed to; or ''.

        What nobody agreed to is part of the change: whoever wrote it may not approve what somebody else made of it.
        """
        required = rules.required.get(environment, rules.policies.approvals.required)
        bound = rules.policies.approvals.model_copy(update={"required": required, "expires": _EVER})
        if not (required or bound.code_owners):
            return self.ask.before(asked, commit)
        checker, proofs = self.by(rules)
        now, base = self.clock.now(), ""
        for each in reversed(list(self.repository.history(commit, f"{MODELS}/{model}"))):
            digest = self.digest_at(each.id, model)
            other = self.ask.of_release(digest, model)
            if not digest or other.subject == asked.subject:
                continue
            found = [replace(one, expires=None) for one in proofs.proofs(other, self.tip, now - _EVER)]
            wrote = self.history.contributors(each.id, base, asked.paths, checker).mails
            standing = standing_approvals(
                found,
                authors=wrote,
                approvers=rules.approvers,
                rules=bound,
                now=now,
                environment=environment,
            )
            if not standing.missing and not uncovered(self._changed(each.id, base, model), rules, standing):
                base = each.id
        return base

    def _changed(self, commit: str, base: str, model: str) -> tuple[str, ...]:
        """Paths of a model, from the repository's root, that differ between two commits; all of them without a base."""
        folder = f"{MODELS}/{model}"
        if base:
            found = self.repository.changed_paths(commit, base)
            return self.ask.rooted(each for each in found if each.startswith(f"{folder}/"))
        tree, paths = self.repository.tree(commit), [folder]
        for path in paths:
            paths += [each.path for each in tree.entries(path)]
        return self.ask.rooted(each for each in paths if (at := tree.entry(each)) is not None and at.kind != "tree")

    def backing(self, waivers: Iterable[Waiver], rules: GateRules) -> Backing:
        """What stands behind waivers; behind those that are not committed there is nothing."""
        approvals: dict[str, tuple[Approval, ...]] = {}
        authors: dict[str, frozenset[str]] = {}
        claimed: dict[str, tuple[str, ...]] = {}
        longest = max(rules.policies.waivers.longest_for(each) for each in Rating)
        for waiver in waivers if self.tip else ():
            checker, proofs = self.by(rules)
            since = datetime.combine(waiver.spec.expires, time(), UTC) - longest
            asked = self.ask.of_waiver(waiver)
            approvals[waiver.path] = proofs.proofs(asked, self.tip, since)
            people = self.history.contributors(self.tip, "", asked.paths, checker)
            authors[waiver.path] = people.mails | {waiver.spec.requested_by}
            if rules.policies.approvals.signed_changes:
                claimed[waiver.path] = people.unproven
        return Backing(approvals, authors, rules.approvers, claimed)

    def given(
        self, asked: Asked, base: str, rules: GateRules, since: datetime
    ) -> tuple[tuple[Approval, ...], frozenset[str]]:
        """The approvals of what stands at the tip, and who had a hand in it since `base`."""
        checker, proofs = self.by(rules)
        found = proofs.proofs(asked, self.tip, since)
        return found, self.history.contributors(self.tip, base, asked.paths, checker).mails

    def signer(self, commit: str, rules: GateRules) -> str:
        """Who provably signed a commit (e-mail address), '' where nobody did whom the rules name."""
        read = read_commit_object(self.history.raw(self.history.commit(commit).id))
        if read is None or not read.signature:
            return ""
        signed = self.by(rules)[0].signer(read.payload, read.signature, read.when, GIT)
        return signed.as_one_of([read.signer]) if signed else ""

    def evidence_signer(self, rules: GateRules) -> Callable[[Evidence, bytes, bytes], str]:
        """Answers who provably signed evidence: e-mail address, or ''."""

        def signer(evidence: Evidence, text: bytes, signature: bytes) -> str:
            signed = self.by(rules)[0].signer(text, signature, evidence.when, EVIDENCE)
            return signed.principals[0] if signed else ""

        return signer

    def by(self, rules: GateRules, workspace: str = "") -> tuple[SignatureChecker, GitProofs]:
        """Who checks by the keys of some rules; notes count that were written for `workspace`, else for the rules'."""
        key = (rules.signers, rules.keyring, workspace or rules.name)
        if key not in self._known:
            checker = self._open.enter_context(signature_checker(rules.signers, rules.keyring))
            self._known[key] = (checker, GitProofs(self.history, checker, self.clock, key[2]))
        return self._known[key]


_EVER = timedelta(days=3650)
"""Approvals of what the target branch has already: they had to hold when it came there, and did."""

_OF_PACK = "peer-review"
"""Where this pack is on, its own rules say what lacks."""

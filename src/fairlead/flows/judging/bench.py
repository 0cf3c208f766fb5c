"""The bench: the rules that stand in one repository, who provably agreed to what, and the engine that judges by them.

The check of a change and the gate of the control plane sit at the same one, so that there is one verdict.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from fairlead.check.policies.packs import pack_names, pack_rules
from fairlead.check.protection import GateRules
from fairlead.check.waiving import apply_waivers, backing_findings, expiry_findings
from fairlead.declare.reader import Reader
from fairlead.declare.waivers import read_waivers, waiver_findings
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.policy import Policy, Rating, Subject
from fairlead.domain.release import release_digest
from fairlead.domain.report import Rules
from fairlead.flows.gate_rules import read_gate_rules
from fairlead.flows.judging.evidence import EvidenceRoom
from fairlead.flows.judging.facts import Agreed, Candidate, ModelEvidence, subject_of
from fairlead.flows.judging.judge import Judge
from fairlead.flows.judging.lacking import code_owner_findings
from fairlead.flows.judging.proofs import Proofs
from fairlead.flows.judging.rulebook import Rulebook, read_rulebook
from fairlead.flows.judging.shelf import policy_shelf
from fairlead.flows.judging.standing import Memory, Stand, Standing
from fairlead.kernel.errors import NotFoundError
from fairlead.ports import Clock, Progress, Repository, Tree

__all__ = ["LEDGER", "Bench", "Held"]


@dataclass(frozen=True)  # no slots: what every candidate asks again is kept
class Held:
    """The rules that hold: as they are protected, and ready to judge by."""

    stand: Stand
    book: Rulebook
    tree: Tree | None = None
    """Where the rules were read; None where none stand."""

    @property
    def rules(self) -> GateRules:
        """Everything that decides."""
        return self.stand.rules

    @cached_property
    def told(self) -> Rules:
        """What a report says of them."""
        judged = len({each.rule.id for each in self.book.policies})
        return Rules(self.stand.commit, self.book.digest, self.book.packs, judged)

    @cached_property
    def asks_people(self) -> bool:
        """Whether it matters who wrote a release and who agreed to it."""
        rules = self.rules
        bound = rules.policies.approvals
        demanded = any(rules.required.values()) or bound.code_owners or bound.signed_changes
        return bool(demanded) or self.asks("commit", "approvals")

    def asks(self, *facts: str) -> bool:
        """Whether a rule looks at any of these facts, as far as can be told: what none does need not be gathered."""
        return any(_looks_at(policy, facts) for policy in self.book.policies)


def _looks_at(policy: Policy, facts: tuple[str, ...]) -> bool:
    """By what its author says that it reads; else by the last word of the fact anywhere in its sources."""
    if policy.rule.reads:
        return policy.rule.waits(facts)
    words = [each.rpartition(".")[2] for each in facts]
    return any(word in module.text for module in policy.modules for word in words)


LEDGER = "data.fairlead.ledger"
"""The fact that only a control plane has."""

_OF_SCANS = {"scan/vulnerable-dependency": Rating.HIGH, "scan/signature": Rating.HIGH}
"""Rules that are not written in Rego, and can be waived."""


class Bench:
    """The judges of one repository. Without one nobody can agree to anything, and files bring their own rules."""

    def __init__(
        self, repository: Repository | None, reader: Reader, clock: Clock, cache: Path, memory: Memory | None = None
    ) -> None:
        """Nothing is read before it is asked. `cache` keeps what can be had again: policy repositories, an index."""
        self._repository = repository
        self._reader = reader
        self._clock = clock
        self._shelf = policy_shelf(cache / "policies")
        self._evidence = EvidenceRoom(cache, clock)
        self._judge = Judge()
        self._books: dict[str, Rulebook] = {}
        self.proofs: Proofs | None = None
        self._standing: Standing | None = None
        if repository is not None:
            self.proofs = Proofs(repository, clock, self.digest_at)
            self._standing = Standing(repository, self.proofs.unapproved, memory)

    def close(self) -> None:
        """End the engines, and forget the keys."""
        self._judge.close()
        self._evidence.close()
        if self.proofs is not None:
            self.proofs.close()

    def held_at(self, commit: str, tip: str = "") -> Held:
        """The rules that stand at a commit; approvals count that the history of `tip` holds (empty: of the commit)."""
        if self._repository is None or self._standing is None or self.proofs is None:
            return Held(Stand("", "", GateRules()), Rulebook())
        self.proofs.tip = tip or commit
        stand = self._standing.at(commit)
        if not stand.commit:
            return Held(stand, Rulebook())
        own = self._repository.tree(stand.commit)
        book = self._books.get(stand.commit) or self._book(own)
        # What could not be had now may be had the next time.
        whole = not any(each.severity is Severity.FAULT for each in book.findings)
        self._books = {stand.commit: book} if whole else {}
        return Held(stand, book, own)

    def held_in(self, tree: Tree, tip: str = "") -> Held:
        """The rules of the files themselves, where no commit before them is there to protect them."""
        if self.proofs is not None:
            self.proofs.tip = tip
        return Held(Stand("", "", read_gate_rules(tree)), self._book(tree), tree)

    def advisories(self, held: Held) -> str:
        """Changes with the vulnerability database that the rules name; '' where they name none."""
        folder = held.rules.policies.vulnerabilities
        return self._evidence.state(folder, held.tree) if folder and held.tree is not None else ""

    def judge(
        self,
        held: Held,
        candidates: Iterable[Candidate],
        others: Sequence[Subject],
        data: Mapping[str, Any],
        progress: Progress,
    ) -> Iterator[Finding]:
        """What is found in models and other subjects; waivers are not looked at yet."""
        yield from held.book.findings
        yield from code_owner_findings(held.rules)
        beside: list[Finding] = []
        lacks = () if data["fairlead"]["ledger"] is not None else (LEDGER,)
        subjects = self._subjects(held, candidates, others, beside, lacks)
        yield from self._judge.judge(held.book, subjects, data, progress)
        # What is known of a model may be a finding by itself, also where no policy asked for it.
        deque(subjects, maxlen=0)
        yield from dict.fromkeys(beside)

    def waive(self, held: Held, findings: Iterable[Finding], tree: Tree, refused: Iterable[str] = ()) -> list[Finding]:
        """The findings with what the waivers of `tree` set aside, and what is wrong with those waivers.

        `refused` are paths of waivers that the change may not bring.
        """
        rules, today = held.rules.policies.waivers, self._clock.now().date()
        read = read_waivers(tree, rules)
        if not read.waivers and not read.findings:
            return list(findings)
        wrong = [*waiver_findings(read, rules, self._ratings(held), today)]
        if self.proofs is not None:
            wrong += backing_findings(read.waivers, self.proofs.backing(read.waivers, held.rules), today)
        bad = {*refused, *(each.path for each in wrong if each.blocks)}
        kept = read.waivers if self.proofs is not None else ()
        set_aside = apply_waivers(findings, kept, bad, today)
        return [*set_aside, *wrong, *expiry_findings(read.waivers, today)]

    def digest_at(self, commit: str, model: str) -> str:
        """Digest of the release that a commit declares; '' where it declares none."""
        if self._repository is None:
            return ""
        try:
            found = self._reader.model(self._repository.tree(commit), model)
        except NotFoundError:
            return ""
        return release_digest(found.spec, found.lock) if found and found.spec and found.lock else ""

    def _subjects(
        self,
        held: Held,
        candidates: Iterable[Candidate],
        others: Sequence[Subject],
        beside: list[Finding],
        lacks: tuple[str, ...],
    ) -> Iterator[Subject]:
        yield from others
        known: tuple[str, ModelEvidence] = ("", ModelEvidence())
        for candidate in candidates:
            key = f"{candidate.model.name} {candidate.model.folder_id}"
            if known[0] != key:
                own = held.tree or candidate.tree
                known = (key, self._evidence.of(candidate, held.rules, own, self.proofs))
                beside += known[1].findings
            agreed = self._agreed(candidate, held)
            beside += agreed.findings
            yield subject_of(candidate, known[1], agreed, lacks)

    def _agreed(self, candidate: Candidate, held: Held) -> Agreed:
        """Who agreed, where a rule asks for it: finding that out costs a walk through the history."""
        return self.proofs.agreed(candidate, held.rules) if self.proofs is not None and held.asks_people else Agreed()

    def _ratings(self, held: Held) -> dict[str, Rating]:
        of_packs = _OF_SCANS | {
            rule.policy.rule.id: rule.policy.rule.rating for name in pack_names() for rule in pack_rules(name)
        }
        return of_packs | {each.rule.id: each.rule.rating for each in held.book.policies}

    def _book(self, tree: Tree) -> Rulebook:
        return read_rulebook(tree, self._reader.workspace(tree), self._shelf)

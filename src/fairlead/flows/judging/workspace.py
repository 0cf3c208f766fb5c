"""A workspace under check: what it declares, which rules stand, what they find, what it costs before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice

from fairlead.check.protection import Weakening, lowered_duties, protection_findings, touched, weakenings
from fairlead.check.subjects import CommitFacts, Priced
from fairlead.declare.manifests.usage import DeclaredUsage
from fairlead.declare.reader import MODEL_FILE, MODELS, WORKSPACE_FILE, Declared, DeclaredModel, Reader
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.infrastructure import Infrastructure
from fairlead.domain.model import ModelSpec
from fairlead.domain.release import Commit, Release, release_digest
from fairlead.domain.report import CheckReport, report_of
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.drivers.git_quarantine import QUARANTINE
from fairlead.flows.gate_rules import read_gate_rules
from fairlead.flows.judging.bench import LEDGER, Bench, Held
from fairlead.flows.judging.costs import cost_of
from fairlead.flows.judging.facts import UNCOMMITTED, Candidate, priced
from fairlead.flows.judging.ground import Ground
from fairlead.flows.judging.infrastructure import Prices, Surroundings, gather, read_plans
from fairlead.flows.judging.judge import model_facts, policy_data
from fairlead.flows.judging.lacking import unowned_findings
from fairlead.flows.judging.owned_paths import unowned
from fairlead.flows.judging.scanning import artifact_findings
from fairlead.flows.judging.shelf import cache_folder
from fairlead.flows.judging.standing import Stand
from fairlead.flows.prices import current_prices, stale_prices
from fairlead.kernel.errors import NotFoundError
from fairlead.ports import Clock, Progress, Tree

__all__ = ["WorkspaceCheck"]

_MOST_COMMITS = 200
"""Commits of a change that are looked at; where it has more, all who wrote any of them count as its authors."""


class WorkspaceCheck:
    """One check of one workspace: made, asked for its report, and thrown away."""

    def __init__(self, on: Ground, environ: Mapping[str, str], clock: Clock, progress: Progress) -> None:
        """Nothing is read before the report is asked for."""
        self._on = on
        self._environ = environ
        self._clock = clock
        self._today = clock.now().date()
        self._progress = progress
        self._reader = Reader()

    def report(self, plans: Sequence[Infrastructure], usage: DeclaredUsage) -> CheckReport:
        """Everything that is found, judged by the rules that stand at the base."""
        on = self._on
        with closing(Bench(on.repository, self._reader, self._clock, cache_folder(self._environ))) as bench:
            held = bench.held_at(on.base, on.tip) if on.base else bench.held_in(on.tree, on.tip)
            weak, idle = self._weakened(bench, held)
            declared = self._declared()
            around = self._surroundings(declared.workspace, plans, usage)
            candidates = list(self._candidates(bench, held, declared, usage))
            seen = around.subjects if held.asks("data.fairlead.manifests") else ()
            data = policy_data(held.book, self._clock.now(), self._neighbours(held, declared), None, seen)
            found = [
                *declared.findings,
                *usage.findings,
                *around.findings,
                *stale_prices(on.tree, declared.workspace, self._today),
                *self._bytes(declared),
                *protection_findings(weak, held.rules, read_gate_rules(on.tree).digest if weak else ""),
                *bench.judge(held, candidates, around.subjects, data, self._progress),
                *self._unprotected(held),
                *self._unowned(bench, held, candidates),
                *_later(held, candidates),
            ]
            found = bench.waive(held, found, on.tree, idle)
        priced_models = (cost_of(each) for each in candidates)
        return report_of(
            on.tree.label,
            found,
            len(declared.models),
            base=on.base if on.compared else "",
            rules=held.told,
            costs=(*(each for each in priced_models if each is not None), *around.costs),
            running=around.running,
        )

    def _declared(self) -> Declared:
        only = self._on.only
        if only is None:
            return self._reader.read(self._on.tree, self._progress)
        return self._reader.read_some(self._on.tree, only)

    def _weakened(self, bench: Bench, held: Held) -> tuple[tuple[Weakening, ...], frozenset[str]]:
        """What the change takes away from the rules that stand, and no owner of them has agreed to.

        With the files that no longer hold, or do not yet: waivers among them set nothing aside.
        """
        on, after = self._on, read_gate_rules(self._on.tree)
        if not on.base or bench.proofs is None:
            return (), frozenset()
        weak = own = weakenings(held.rules, after) if after != held.rules else ()
        lowered = self._lowered(held, on.before, on.tree)
        left = self._left() if weak or lowered else None
        if left is not None:
            then = read_gate_rules(left)
            own = touched(weak, weakenings(held.rules, then), weakenings(then, after))
            lowered = touched(lowered, self._lowered(held, on.before, left), self._lowered(held, left, on.tree))
        refused = bench.proofs.unapproved(own, self._settled(held), after, self._brought(after.digest)) if own else ()
        paths = frozenset(each.path for each in (*refused, *(each for each in weak if each not in own)))
        return (*refused, *self._unagreed(bench, held, lowered)), paths

    def _lowered(self, held: Held, before: Tree | None, after: Tree) -> tuple[Weakening, ...]:
        """Models that are declared less dangerous than they were."""
        found: list[Weakening] = []
        if before is None or not held.rules.guards:
            return ()
        for name in sorted(self._on.touched):
            old, new = self._reader.model(before, name), self._reader.model(after, name)
            if old is not None and new is not None and old.spec is not None and new.spec is not None:
                digest = release_digest(new.spec, new.lock) if new.lock else ""
                found += lowered_duties(old.spec, new.spec, f"{new.path}/{MODEL_FILE}", f"release:{digest}")
        return tuple(found)

    def _unagreed(self, bench: Bench, held: Held, lowered: tuple[Weakening, ...]) -> Iterator[Weakening]:
        """What no policy owner agreed to of what is said less of models, each with its own commit."""
        for subject in dict.fromkeys(each.subject for each in lowered):
            those = tuple(each for each in lowered if each.subject == subject)
            model = self._reader.model(self._on.tree, those[0].path.split("/")[-2])
            if model is not None and bench.proofs is not None:
                commit = self._committed(bench, model, subject.partition(":")[2])
                yield from bench.proofs.unapproved(those, held.stand, held.rules, commit)

    def _left(self) -> Tree | None:
        """The files of the newest commit of the target that the change has; None where it has all, or none.

        Also in a hook: what is pushed there is not joined with what stands, but takes its place.
        """
        on, repository = self._on, self._on.repository
        if repository is None or not on.compared or QUARANTINE in self._environ:
            return None
        if repository.is_ancestor(on.base, on.tip):
            return None
        found = next((each for each in repository.history(on.base) if repository.is_ancestor(each.id, on.tip)), None)
        return repository.tree(found.id) if found is not None else None

    def _settled(self, held: Held) -> Stand:
        """The rules that stand, and the newest commit of the change that still has them: before it nobody weakened."""
        repository, tip = self._on.repository, self._on.tip
        if repository is None or not tip:
            return held.stand
        left = {held.stand.settled, repository.fork_point(self._on.base, tip)}
        for each in islice(repository.history(tip), _MOST_COMMITS):
            if each.id in left:
                break
            if read_gate_rules(repository.tree(each.id)) == held.rules:
                return replace(held.stand, settled=each.id)
        return held.stand

    def _brought(self, digest: str) -> Commit | None:
        """The commit that brought the rules under check; None while they are not committed as they are."""
        repository, tip = self._on.repository, self._on.tip
        if repository is None or not tip:
            return None
        if not self._on.head and read_gate_rules(repository.tree(tip)).digest != digest:
            return None
        return repository.commit(tip)

    def _surroundings(
        self, workspace: WorkspaceSpec | None, plans: Sequence[Infrastructure], usage: DeclaredUsage
    ) -> Surroundings:
        named = workspace.policies.infrastructure if workspace and workspace.policies else ()
        book = workspace.price_book if workspace else None
        prices = Prices(book, current_prices(book, self._today, self._environ), self._today)
        return gather((), [*read_plans(self._on.tree, named), *plans], prices, usage.assumptions)

    def _candidates(self, bench: Bench, held: Held, declared: Declared, usage: DeclaredUsage) -> Iterator[Candidate]:
        workspace, before = declared.workspace, self._on.before
        for model in declared.models.values():
            old = None
            if before is not None and workspace is not None:
                known = self._reader.model(before, model.name) if model.name in self._on.touched else model
                old = known.spec if known is not None else None
            for environment in workspace.environments if workspace and model.spec else ():
                candidate = self._candidate(model, environment.name, declared, old, usage)
                if candidate is not None:
                    yield self._with_commit(bench, held, candidate) if held.asks_people else candidate

    def _candidate(
        self, model: DeclaredModel, environment: str, declared: Declared, old: ModelSpec | None, usage: DeclaredUsage
    ) -> Candidate | None:
        """The model as it stands in an environment, or what its placement pins there; None where it stands not."""
        workspace = declared.workspace
        place = workspace.environment(environment) if workspace else None
        if model.spec is None or workspace is None or place is None or environment not in model.spec.environments:
            return None
        tree, found = self._pinned(model, model.spec.environments[environment].commit)
        if found is None or found.spec is None or environment not in model.spec.environments:
            return None
        assumed = usage.assumptions.of(model.name)
        price = priced(found.spec, model.spec.replicas_in(environment), environment, workspace.price_book, old)
        if assumed is not None:
            price = Priced(price.before, price.after, assumed.requests, assumed.source)
        return Candidate(tree, found, found.spec, place, price=price)

    def _pinned(self, model: DeclaredModel, pin: str | None) -> tuple[Tree, DeclaredModel | None]:
        repository = self._on.repository
        if pin is None or repository is None:
            return self._on.tree, model
        try:
            tree = repository.tree(repository.resolve(pin))
        except NotFoundError:
            return self._on.tree, None  # the declaration says so itself
        return tree, self._reader.model(tree, model.name)

    def _with_commit(self, bench: Bench, held: Held, candidate: Candidate) -> Candidate:
        lock = candidate.model.lock
        if lock is None or bench.proofs is None:
            return candidate
        digest = release_digest(candidate.spec, lock)
        commit = self._committed(bench, candidate.model, digest)
        if commit is None or self._on.repository is None:
            return candidate
        release = Release(candidate.model.name, digest, commit.id, candidate.spec, lock)
        signer = bench.proofs.signer(commit.id, held.rules)
        paths = self._on.repository.changed_paths(commit.id, folder=f"{MODELS}/{candidate.model.name}")
        since = self._accepted(candidate)
        settled = bool(since) and bench.digest_at(since, candidate.model.name) == digest
        facts = CommitFacts(commit, signer, paths)
        return candidate.brought_by(release, facts, settled=settled, since="" if settled else since)

    def _accepted(self, candidate: Candidate) -> str:
        """The base, where it has the model in the same environment; without a base that was named, nothing has."""
        before = self._on.before
        if not self._on.compared or before is None:
            return ""
        old = self._reader.model(before, candidate.model.name)
        stands = old is not None and old.spec is not None and candidate.environment.name in old.spec.environments
        return self._on.base if stands else ""

    def _committed(self, bench: Bench, model: DeclaredModel, digest: str) -> Commit | None:
        """The newest commit that changed the model, where it stands there as it is under check."""
        repository, tip = self._on.repository, self._on.tip
        if repository is None or not tip or not digest:
            return None
        # What is not touched since the base stands in every commit after it as it is.
        if model.name in self._on.touched and bench.digest_at(tip, model.name) != digest:
            return None
        return next(repository.history(tip, f"{MODELS}/{model.name}"), None)

    def _neighbours(self, held: Held, declared: Declared) -> Mapping[str, Mapping[str, object]]:
        """All models of the workspace, where a rule looks at others than the one it judges."""
        if not held.asks("data.fairlead.models"):
            return {}
        return model_facts(declared if self._on.only is None else self._reader.read(self._on.tree, self._progress))

    def _unowned(self, bench: Bench, held: Held, candidates: Sequence[Candidate]) -> Iterator[Finding]:
        """Committed changes since the base that no release brings, and that no code owner agreed to."""
        on, bound = self._on, held.rules.policies.approvals
        if not (on.compared and on.tip and bound.code_owners) or on.repository is None or bench.proofs is None:
            return
        asked = {f"{each.model.path}/" for each in candidates if each.commit is not None and not each.settled}
        changed = on.repository.changed_since(on.base, on.tip).paths
        paths = [each for each in changed if not each.startswith(tuple(asked))]
        try:
            left = unowned(bench.proofs, paths, on.base, held.rules)
        except NotFoundError as error:
            yield Finding(bound.code_owners, 0, 0, "approval/unread", error.what, error.mend, Severity.INSUFFICIENT)
        else:
            yield from unowned_findings(left, on.tip, signed=bound.signed_changes)

    def _bytes(self, declared: Declared) -> Iterator[Finding]:
        for model in declared.models.values():
            yield from artifact_findings(self._on.tree, model, environ=self._environ, progress=self._progress)

    def _unprotected(self, held: Held) -> Iterator[Finding]:
        """Rules that the files under check bring themselves protect nothing: that is said."""
        if not self._on.base and held.rules.guards:
            message = "the rules were read from the files under check, since nothing is committed here"
            mend = "commit the workspace: its rules then hold for every change after it"
            yield Finding(WORKSPACE_FILE, 0, 0, "policy/unprotected", message, mend, Severity.INFO)


def _later(held: Held, candidates: Sequence[Candidate]) -> Iterator[Finding]:
    """Rules about facts that cannot be had here are judged where they can: that is said, and is no pass."""
    open_models = sorted({each.model.name for each in candidates if each.commit is None})
    waits = [
        (f"before {', '.join(open_models[:5])} is committed", UNCOMMITTED, bool(open_models)),
        ("where there is no ledger", (LEDGER,), bool(candidates)),
    ]
    for why, lacks, here in waits:
        rules = sorted({each.rule.id for each in held.book.policies if each.rule.waits(lacks)})
        if rules and here:
            message = f"not judged {why}: {', '.join(rules)}"
            mend = "nothing to do here: CI judges the commit, and the control plane judges all before a start"
            yield Finding(WORKSPACE_FILE, 0, 0, "policy/judged-later", message, mend, Severity.INFO)

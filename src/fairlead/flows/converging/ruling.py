"""What the rules say of releases: of those that may start, and again of those that run when the rules have changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fairlead.check.protection import protection_findings
from fairlead.check.subjects import CommitFacts, Priced
from fairlead.declare.manifests.usage import read_usage
from fairlead.declare.reader import MODELS, Declared
from fairlead.domain.approval_note import APPROVALS_REF
from fairlead.domain.finding import Finding
from fairlead.domain.infrastructure import Usage
from fairlead.domain.plan import Key
from fairlead.domain.policy import Policy
from fairlead.domain.release import Commit, Deployment, Release
from fairlead.domain.report import Rules
from fairlead.flows.artifacts import quiet
from fairlead.flows.converging.follow import Followed
from fairlead.flows.gate_rules import read_gate_rules
from fairlead.flows.judging.bench import Bench, Held
from fairlead.flows.judging.evidence import database_state
from fairlead.flows.judging.facts import Candidate, priced
from fairlead.flows.judging.judge import model_facts, policy_data
from fairlead.flows.judging.standing import Memory, Stand
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["RULES_COMMIT", "Ruled", "Ruling"]

RULES_COMMIT, _TIP = "rules/commit", "rules/tip"
"""Facts: the commit whose rules stand, and the newest commit that was asked about."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the rules say at one moment.

    `whole` is about the rules themselves, or about no release; `new` are findings by (environment, model) of releases
    that may start there, `running` of those that run. `policies` are the rules that were asked.
    """

    rules: Rules = field(default_factory=Rules)
    whole: tuple[Finding, ...] = ()
    new: Mapping[Key, tuple[Finding, ...]] = field(default_factory=dict)
    running: Mapping[Key, tuple[Finding, ...]] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()


class Ruling:
    """Judges releases at the followed commit. One thread asks it."""

    def __init__(self, world: World) -> None:
        """Nothing is read before the first question."""
        self._world = world
        self._memory = _remembered(world)
        cache = world.settings.state / "cache"
        self._bench = Bench(world.repository, world.reader, world.clock, cache, self._memory)
        self._followed = ""
        self._advisories = ""
        self._running: tuple[object, Mapping[Key, tuple[Finding, ...]]] = ("", {})

    def close(self) -> None:
        """End the engine."""
        self._bench.close()

    def epoch(self) -> str:
        """Changes with all beside the commit that may change an answer: approvals, the day, known vulnerabilities."""
        advisories = database_state(self._advisories) if self._advisories else ""
        return f"{self._world.repository.note_tip(APPROVALS_REF)} {self._world.clock.now():%Y-%m-%d} {advisories}"

    def rule(
        self,
        followed: Followed,
        new: Mapping[Key, Release],
        running: Iterable[Deployment],
        ledger: Mapping[str, Any] | None,
    ) -> Ruled:
        """Judge the releases that may start, by (environment, model), and those that run."""
        self._followed = followed.commit.id
        held = self._bench.held_at(followed.commit.id)
        if not held.rules.guards:
            return Ruled(held.told)
        self._advisories = held.rules.policies.vulnerabilities
        live = {(each.environment, each.model): self._release(each) for each in running}
        before = {key: release for key, release in live.items() if release is not None}
        data = policy_data(held.book, self._world.clock.now(), _neighbours(held, followed.declared), ledger)
        tree = self._world.repository.tree(held.stand.commit)
        stale = {each.path for each in held.stand.refused}

        def judge(releases: Mapping[Key, Release]) -> Iterator[Finding]:
            candidates = self._candidates(held, followed.declared, releases, before, ledger)
            found = self._bench.judge(held, candidates, (), data, quiet)
            yield from self._bench.waive(held, found, tree, stale)

        known = (held.rules.digest, held.book.digest, self.epoch(), {key: each.digest for key, each in before.items()})
        if self._running[0] != known:
            self._running = (known, _by_key(judge(before), before))
        found = _by_key(judge(new), new)
        whole = (*self._protection(held), *found.pop(_ALL, ()))
        return Ruled(held.told, whole, found, self._running[1], held.book.policies)

    def remember(self) -> None:
        """Keep in the state which rules stand, so that a history that is rewritten meanwhile starts from them."""
        stand, state = self._memory.stand, self._world.state
        if stand is not None and (state.fact(RULES_COMMIT), state.fact(_TIP)) != (stand.commit, stand.tip):
            state.put_fact(RULES_COMMIT, stand.commit)
            state.put_fact(_TIP, stand.tip)

    def _protection(self, held: Held) -> tuple[Finding, ...]:
        stand = held.stand
        digest = stand.wanted.digest if stand.wanted is not None else ""
        return protection_findings(stand.refused, stand.rules, digest) if stand.refused else ()

    def _candidates(
        self,
        held: Held,
        declared: Declared,
        releases: Mapping[Key, Release],
        before: Mapping[Key, Release],
        ledger: Mapping[str, Any] | None,
    ) -> Iterator[Candidate]:
        workspace, repository = declared.workspace, self._world.repository
        book = workspace.price_book if workspace else None
        usage = read_usage(repository.tree(self._followed)).assumptions
        head = repository.commit(self._followed)
        for key, release in sorted(releases.items(), key=lambda each: each[0]):
            place = workspace.environment(key[0]) if workspace else None
            tree = repository.tree(release.commit)
            model = self._world.reader.model(tree, release.model)
            if place is None or model is None or key[0] not in release.spec.environments:
                continue
            old = before.get(key)
            price = priced(release.spec, release.spec.replicas_in(key[0]), key[0], book, old.spec if old else None)
            candidate = Candidate(
                tree, model, release.spec, place, release, price=_with_use(price, ledger, key, usage.of(key[1]))
            )
            if held.asks_people:
                commit = self._brought(head, release)
                signer = self._bench.proofs.signer(commit.id, held.rules) if self._bench.proofs else ""
                paths = repository.changed_paths(commit.id, folder=f"{MODELS}/{candidate.model.name}")
                candidate = candidate.brought_by(release, CommitFacts(commit, signer, paths))
            yield candidate

    def _brought(self, head: Commit, release: Release) -> Commit:
        """The newest commit that changed the model, where it left it as it is here: the same that a check asks about.

        For what a placement pins, and for what is live no longer as it is declared, the commit that first declared it.
        """
        newest = next(self._world.repository.history(head.id, f"{MODELS}/{release.model}"), None)
        if newest is not None and self._bench.digest_at(newest.id, release.model) == release.digest:
            return newest
        return self._world.repository.commit(release.commit)

    def _release(self, deployment: Deployment) -> Release | None:
        try:
            return self._world.releases.release(deployment.model, deployment.release.rpartition("@")[2])
        except NotFoundError:
            return None  # a forced push dropped it; what runs is told by its own incident


def _remembered(world: World) -> Memory:
    commit, tip = world.state.fact(RULES_COMMIT), world.state.fact(_TIP)
    if not commit or not tip:
        return Memory()
    try:
        return Memory(Stand(tip, commit, read_gate_rules(world.repository.tree(commit))))
    except NotFoundError:
        return Memory()


def _neighbours(held: Held, declared: Declared) -> Mapping[str, Mapping[str, object]]:
    return model_facts(declared) if held.asks("data.fairlead.models") else {}


def _with_use(price: Priced, ledger: Mapping[str, Any] | None, key: Key, assumed: Usage | None) -> Priced:
    """The price with the month's inferences: as the ledger knows them, else as somebody assumes them."""
    known = (ledger or {}).get("models", {}).get(key[1], {}).get(key[0])
    requests = known.get("requestsPerMonth") if known else None
    if requests and Decimal(requests) > 0:
        return Priced(price.before, price.after, Decimal(requests), "the ledger, this month so far")
    return Priced(price.before, price.after, assumed.requests, assumed.source) if assumed else price


def _by_key(findings: Iterable[Finding], keys: Iterable[Key]) -> dict[Key, tuple[Finding, ...]]:
    """The findings of each release; those that name no environment count in all, those that name no model under ""."""
    found: dict[Key, list[Finding]] = {key: [] for key in keys}
    places: dict[str, list[Key]] = {}
    for key in found:
        places.setdefault(key[1], []).append(key)
    for each in findings:
        for key in places.get(each.model, ()):
            if each.environment in {"", key[0]}:
                found[key].append(each)
        if not each.model:
            found.setdefault(_ALL, []).append(each)
    return {key: tuple(each) for key, each in found.items()}


_ALL: Key = ("", "")

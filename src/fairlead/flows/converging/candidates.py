"""Releases as they would be judged: read where they are declared now, priced, with the commit that brought them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fairlead.check.subjects import CommitFacts, Priced
from fairlead.declare.manifests.usage import read_usage
from fairlead.declare.reader import MODEL_FILE, MODELS, DeclaredModel
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.infrastructure import Usage
from fairlead.domain.model import ModelSpec
from fairlead.domain.plan import Key
from fairlead.domain.release import Commit, Deployment, Release
from fairlead.flows.converging.follow import Followed
from fairlead.flows.judging.bench import Bench, Held
from fairlead.flows.judging.facts import Candidate, priced
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["Candidates", "Placed"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A release in an environment, and the commit that it is read at: the followed one, or the one that is pinned."""

    release: Release
    at: str


@dataclass(slots=True)
class Candidates:
    """Makes candidates at one followed commit. What cannot be judged is left in `missed`, as findings that block."""

    world: World
    bench: Bench
    held: Held
    followed: Followed
    ledger: Mapping[str, Any] | None
    before: Mapping[Key, Release]
    missed: list[Finding]

    def of(self, placed: Mapping[Key, Placed]) -> Iterator[Candidate]:
        """The candidates of what is placed, in order."""
        usage = read_usage(self.world.repository.tree(self.followed.commit.id)).assumptions
        head = self.world.repository.commit(self.followed.commit.id)
        for key, each in sorted(placed.items(), key=lambda item: item[0]):
            made = self._one(key, each, usage.of(key[1]))
            if made is None:
                self.missed.append(_unjudged(key))
            else:
                yield self._with_people(made, head, each, self.before.get(key)) if self.held.asks_people else made

    def running(self, live: Iterable[Deployment]) -> dict[Key, Placed]:
        """What is live: read as it stands now where it is still declared, else as its own commit has it."""
        declared = self.world.releases.releases(self.followed.commit.id, self.followed.declared)
        found: dict[Key, Placed] = {}
        for each in live:
            key, now = (each.environment, each.model), declared.get(each.model)
            if now is not None and now.digest == each.digest:
                found[key] = Placed(now, self.followed.commit.id)
                continue
            try:
                release = self.world.releases.release(each.model, each.release.rpartition("@")[2])
            except NotFoundError:
                continue  # a forced push dropped it; what runs is told by its own incident
            if release is not None:
                found[key] = Placed(release, release.commit)
        return found

    def _one(self, key: Key, placed: Placed, assumed: Usage | None) -> Candidate | None:
        workspace, release = self.followed.declared.workspace, placed.release
        environment = workspace.environment(key[0]) if workspace else None
        tree = self.world.repository.tree(self.world.repository.commit(placed.at).id)
        model = self.world.reader.model(tree, release.model)
        if workspace is None or environment is None or model is None or model.spec is None:
            return None
        old = self.before.get(key)
        replicas = self._replicas(key, model)
        price = priced(model.spec, replicas, key[0], workspace.price_book, old.spec if old else None)
        price = _with_use(price, self.ledger, key, assumed)
        return Candidate(tree, model, model.spec, environment, release, price=price)

    def _replicas(self, key: Key, model: DeclaredModel) -> int:
        """As the followed commit places it: a pinned commit may not know the environment at all."""
        now = self.followed.declared.models.get(key[1])
        specs: list[ModelSpec] = [each.spec for each in (now, model) if each is not None and each.spec is not None]
        for spec in specs:
            if key[0] in spec.environments:
                return spec.replicas_in(key[0])
        return specs[0].serving.replicas if specs else 1

    def _with_people(self, candidate: Candidate, head: Commit, placed: Placed, live: Release | None) -> Candidate:
        commit = self._brought(head, placed.release)
        signer = self.bench.proofs.signer(commit.id, self.held.rules) if self.bench.proofs else ""
        paths = self.world.repository.changed_paths(commit.id, folder=f"{MODELS}/{placed.release.model}")
        # What runs was agreed to when it came; whoever wrote what runs already has no hand in what replaces it.
        settled = live is not None and live.digest == placed.release.digest
        since = "" if settled or live is None else live.commit
        return candidate.brought_by(placed.release, CommitFacts(commit, signer, paths), settled=settled, since=since)

    def _brought(self, head: Commit, release: Release) -> Commit:
        """The newest commit that changed the model, where it left it as it is here: the same that a check asks about.

        For what a placement pins, and for what is live no longer as it is declared, the commit that first declared it.
        """
        newest = self.world.releases.newest_change(release.model, head.id)
        same = newest and self.bench.digest_at(newest, release.model) == release.digest
        return self.world.repository.commit(newest if same else release.commit)


def _unjudged(key: Key) -> Finding:
    """What no rule could be asked about is not fine."""
    environment, model = key
    message = f"it cannot be judged: nobody can read what it is in {environment}"
    mend = "see that the placement's commit declares the model, and that the environment is declared"
    place = (f"{MODELS}/{model}/{MODEL_FILE}", 1, 1)
    return Finding(*place, "check/unjudged", message, mend, Severity.FAULT, model, environment)


def _with_use(price: Priced, ledger: Mapping[str, Any] | None, key: Key, assumed: Usage | None) -> Priced:
    """The price with the month's inferences: as the ledger knows them, else as somebody assumes them."""
    known = (ledger or {}).get("models", {}).get(key[1], {}).get(key[0])
    requests = known.get("requestsPerMonth") if known else None
    if requests and Decimal(requests) > 0:
        return Priced(price.before, price.after, Decimal(requests), "the ledger, this month so far")
    return Priced(price.before, price.after, assumed.requests, assumed.source) if assumed else price

"""The facts of one model in one environment, gathered from where they are, as the subject that policies judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fairlead.check.subjects import CommitFacts, ModelFacts, Priced, SignatureFact, model_document
from fairlead.declare.literal_secrets import LITERAL_SECRET, hidden
from fairlead.declare.places import FieldPlaces
from fairlead.declare.reader import MODEL_FILE, DeclaredModel
from fairlead.domain.approval import Approval
from fairlead.domain.evidence import Evidence, Standing
from fairlead.domain.finding import Finding
from fairlead.domain.model import ModelSpec
from fairlead.domain.policy import Subject
from fairlead.domain.price_book import PriceBook
from fairlead.domain.release import Release
from fairlead.domain.workspace import Environment
from fairlead.plan.price import components
from fairlead.ports import Tree

__all__ = ["UNCOMMITTED", "Agreed", "Candidate", "ModelEvidence", "priced", "subject_of"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that may run in an environment, as `tree` declares it.

    `release` is None where it is not whole, `commit` where nothing of it is committed yet. `settled`: the same release
    stands in the same environment on the target branch already, so that nobody has to agree to it again. `since` is a
    commit at which another release of it was accepted there, '' where none is known.
    """

    tree: Tree
    model: DeclaredModel
    spec: ModelSpec
    environment: Environment
    release: Release | None = None
    commit: CommitFacts | None = None
    price: Priced | None = None
    settled: bool = False
    since: str = ""

    def brought_by(self, release: Release, commit: CommitFacts, *, settled: bool = False, since: str = "") -> Candidate:
        """The same, with the commit that brought it."""
        return replace(self, release=release, commit=commit, settled=settled, since=since)


@dataclass(frozen=True, slots=True)
class Agreed:
    """Who agreed to a release in an environment, how many must, and which changed paths no owner agreed to."""

    required: int = 0
    given: tuple[Approval, ...] = ()
    stale: tuple[Approval, ...] = ()
    uncovered: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelEvidence:
    """What is known of a model wherever it runs. `vulnerabilities` and `signature` None: nobody looked."""

    evidence: Evidence | None = None
    standing: Standing = Standing.CLAIMED
    vulnerabilities: Sequence[Mapping[str, Any]] | None = None
    signature: SignatureFact | None = None
    findings: tuple[Finding, ...] = field(default=())


UNCOMMITTED = ("commit", "approvals")
"""Facts that nobody has of what is not committed."""


def subject_of(candidate: Candidate, known: ModelEvidence, agreed: Agreed, lacks: tuple[str, ...] = ()) -> Subject:
    """The candidate as policies see it. `lacks` are facts that cannot be had here for anything."""
    facts = ModelFacts(
        name=candidate.model.name,
        spec=candidate.spec,
        environment=candidate.environment,
        lock=candidate.model.lock,
        release=candidate.release,
        price=candidate.price,
        evidence=known.evidence,
        standing=known.standing,
        vulnerabilities=known.vulnerabilities,
        signature=known.signature,
        change=candidate.commit,
        required=agreed.required,
        approvals=agreed.given,
        stale=agreed.stale,
        uncovered=agreed.uncovered,
    )
    path = f"{candidate.model.path}/{MODEL_FILE}"
    return Subject(
        kind="Model",
        name=candidate.model.name,
        document=_without_secrets(model_document(facts), candidate.model),
        path=path,
        environment=candidate.environment.name,
        model=candidate.model.name,
        places=FieldPlaces(candidate.tree, path, ("spec",)),
        lacks=lacks if candidate.commit else (*lacks, *UNCOMMITTED),
    )


def _without_secrets(document: dict[str, Any], model: DeclaredModel) -> dict[str, Any]:
    """A policy may put what it sees into its message: a literal secret, refused elsewhere, is not among it."""
    if not any(each.rule == LITERAL_SECRET for each in model.findings):
        return document
    return {**document, "spec": hidden(document["spec"])}


def priced(
    spec: ModelSpec, replicas: int, environment: str, book: PriceBook | None, before: ModelSpec | None
) -> Priced:
    """What a month of `replicas` servers of a spec costs, and what a month of the spec before it did there."""
    after = components(spec.serving, replicas, book)
    if before is None or environment not in before.environments:
        return Priced((), after)
    return Priced(components(before.serving, before.replicas_in(environment), book), after)

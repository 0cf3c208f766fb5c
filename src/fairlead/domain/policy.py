"""Policies: rules that somebody wrote in Rego, what they judge, and how much their word weighs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Dialect", "Enforcement", "Match", "Module", "Policy", "Rating", "Rule", "Subject"]


class Dialect(StrEnum):
    """What a policy expects of its input, and what it calls its answers.

    `gatekeeper`: `input.review` and `input.parameters`, answers in `violation` (fairlead's packs are written so);
    `conftest`: the document itself as `input`, answers in `deny`, `violation` or `warn`;
    `bundle`: the document as `input`, answers at a named entrypoint.
    """

    GATEKEEPER = "gatekeeper"
    CONFTEST = "conftest"
    BUNDLE = "bundle"


class Enforcement(StrEnum):
    """What follows from a violation: `deny` blocks, `warn` tells, `audit` only counts."""

    DENY = "deny"
    WARN = "warn"
    AUDIT = "audit"


class Rating(StrEnum):
    """How bad it is when a rule is broken, by its author's word; bounds the life of a waiver."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Rule:
    """What people read about a rule. `reference` is an article or a control; `path` and `line` where it stands.

    `reads` are the facts that it is about, as its author names them: `approvals`, `data.fairlead.ledger`.
    """

    id: str
    title: str
    rating: Rating
    reason: str = ""
    mend: str = ""
    reference: str = ""
    path: str = ""
    line: int = 0
    reads: tuple[str, ...] = ()

    def waits(self, lacks: tuple[str, ...]) -> bool:
        """Whether it is about a fact that cannot be had yet, so that it is judged later, where it can."""
        return any(read == lack or read.startswith(f"{lack}.") for read in self.reads for lack in lacks)


@dataclass(frozen=True, slots=True)
class Module:
    """Rego source. `line` is the line of `path` at which `text` begins: a template holds its module further down."""

    path: str
    text: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class Match:
    """Which subjects a policy judges: Gatekeeper's `spec.match`, as it was written. Empty matches all."""

    criteria: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule ready to be judged by: its sources, where its answers are, what it is told, and how much it weighs.

    `entrypoint` is a dotted path below `data`, for example `fairlead.baseline.owner.violation`. `environments` empty
    means all. `source` is a pack's name or the path that the policy was read from.
    """

    rule: Rule
    modules: tuple[Module, ...]
    entrypoint: str
    dialect: Dialect
    source: str
    enforcement: Enforcement = Enforcement.DENY
    parameters: Mapping[str, Any] = field(default_factory=dict)
    match: Match = field(default_factory=Match)
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that policies judge: a model in an environment, or a manifest.

    `document` is what policies see, a Kubernetes-like object (`apiVersion`, `kind`, `metadata`, ...). `place` answers
    path, line and column of a field of the document, given as keys and indexes from its top. `lacks` are facts that
    cannot be had here: nobody can have approved what is not committed. `whole`: it is a file of another tool, for rules
    that take such a file as their input, and no object of Kubernetes' form.
    """

    kind: str
    name: str
    document: Mapping[str, Any]
    path: str
    line: int = 1
    environment: str = ""
    model: str = ""
    places: Mapping[tuple[str | int, ...], tuple[int, int]] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    whole: bool = False

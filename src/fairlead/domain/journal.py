"""Journal records: the append-only, hash-chained memory of every decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fairlead.kernel.digests import digest_of
from fairlead.kernel.windows import iso

__all__ = ["GENESIS", "Actor", "Draft", "Record", "chain"]

GENESIS = "0" * 64
"""What the first record names as the one before it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who decided. `claimed` is true where the name was only stated (a commit's author, an environment variable)."""

    name: str
    claimed: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """A record before it has its place in the chain. `body` holds JSON values without floats, secrets or personal data.

    `kind` is a stable dotted identifier such as `deployment.live` or `incident.opened`.
    """

    kind: str
    actor: Actor
    environment: str = ""
    model: str = ""
    release: str = ""
    commit: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A record in the chain: `digest` is the sha256 over everything else in it, `before` the digest of its predecessor."""

    sequence: int
    at: datetime
    draft: Draft
    before: str
    digest: str


def chain(sequence: int, at: datetime, draft: Draft, before: str) -> Record:
    """The record that `draft` becomes at this place; `at` is kept to the millisecond."""
    content = {
        "sequence": sequence,
        "at": iso(at),
        "before": before,
        "kind": draft.kind,
        "actor": {"name": draft.actor.name, "claimed": draft.actor.claimed},
        "environment": draft.environment,
        "model": draft.model,
        "release": draft.release,
        "commit": draft.commit,
        "body": dict(draft.body),
    }
    return Record(sequence, at, draft, before, digest_of(content))

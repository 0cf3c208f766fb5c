"""Journal records: the append-only, hash-chained memory of every decision.

A record is kept as the canonical JSON text that its digest was taken of, so that whoever verifies it later hashes
what was written, not what a newer program would write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict

from fairlead.kernel.digests import canonical_json, sha256_hex
from fairlead.kernel.errors import IntegrityError
from fairlead.kernel.windows import iso, parse_iso

__all__ = [
    "GENESIS",
    "Actor",
    "Draft",
    "Filters",
    "JournalRow",
    "Record",
    "chain",
    "read_record",
    "record_text",
    "row_of",
]

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

    `kind` is a stable dotted identifier such as `deployment.live` or `incident.opened`. A Decimal in the body is
    kept as its plain text.
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
    """A record in the chain: `digest` is the sha256 of its text, `before` the digest of its predecessor."""

    sequence: int
    at: datetime
    draft: Draft
    before: str
    digest: str


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A record as it is stored: its text, the digest beside it, and the columns that searches use, nothing believed."""

    sequence: int
    text: str
    digest: str
    kind: str
    environment: str
    model: str


class Filters(TypedDict, total=False):
    """What records are looked for by; empty matches all. `kind` matches a prefix up to a dot."""

    kind: str
    model: str
    environment: str
    text: str


def chain(sequence: int, at: datetime, draft: Draft, before: str) -> Record:
    """The record that `draft` becomes at this place; `at` is kept to the millisecond.

    TypeError for a body with a float or with anything else that has no portable JSON form.
    """
    _refuse_floats(draft.body, "body")
    text = canonical_json(_content(sequence, iso(at), draft, before)).decode()
    return read_record(text)


def record_text(record: Record) -> str:
    """The canonical text of a record, as the journal stores it."""
    return canonical_json(_content(record.sequence, iso(record.at), record.draft, record.before)).decode()


def read_record(text: str) -> Record:
    """The record that `record_text` wrote, with the digest of exactly this text.

    IntegrityError for a text that no program of ours wrote.
    """
    try:
        raw = json.loads(text)
        draft = Draft(
            kind=raw["kind"],
            actor=Actor(str(raw["actor"]["name"]), raw["actor"]["claimed"] is not False),
            environment=raw["environment"],
            model=raw["model"],
            release=raw["release"],
            commit=raw["commit"],
            body=raw["body"],
        )
        return Record(int(raw["sequence"]), parse_iso(raw["at"]), draft, raw["before"], digest_of_text(text))
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError("the text is no journal record", mend="run fairlead audit verify") from error


def row_of(record: Record) -> JournalRow:
    """What is stored of a record."""
    draft = record.draft
    return JournalRow(record.sequence, record_text(record), record.digest, draft.kind, draft.environment, draft.model)


def digest_of_text(text: str) -> str:
    """Hex sha256 of a stored text. Bytes that were no UTF-8 stand in it as surrogates, and are hashed as they were."""
    return sha256_hex(text.encode("utf-8", "surrogateescape"))


def _content(sequence: int, at: str, draft: Draft, before: str) -> dict[str, Any]:
    return {
        "sequence": sequence,
        "at": at,
        "before": before,
        "kind": draft.kind,
        "actor": {"name": draft.actor.name, "claimed": draft.actor.claimed},
        "environment": draft.environment,
        "model": draft.model,
        "release": draft.release,
        "commit": draft.commit,
        "body": dict(draft.body),
    }


def _refuse_floats(value: object, place: str) -> None:
    if isinstance(value, float):
        raise TypeError(f"{place} holds a float: write a Decimal, an integer or text")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_floats(item, f"{place}.{key}")
    elif isinstance(value, (list, tuple)):
        for place_in, item in enumerate(value):
            _refuse_floats(item, f"{place}[{place_in}]")

"""The tables of the state store, and how their rows become domain values.

Migrations create them; a test holds the two equal. Moments are RFC 3339 text in UTC with milliseconds, which every
database keeps, compares and sorts alike.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, MetaData, Row, String, Table, Text

from fairlead.domain.incident import Incident, Suspension
from fairlead.domain.journal import JournalRow
from fairlead.domain.release import Deployment
from fairlead.kernel.windows import iso, parse_iso

__all__ = [
    "deployment_of",
    "deployments",
    "facts",
    "incident_of",
    "incidents",
    "journal",
    "journal_row_of",
    "metadata",
    "optional_iso",
    "requests",
    "suspension_of",
    "suspensions",
]

metadata = MetaData()

journal = Table(
    "journal",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("kind", String, nullable=False),
    Column("environment", String, nullable=False),
    Column("model", String, nullable=False),
    Index("journal_by_model", "model", "sequence"),
)

deployments = Table(
    "deployments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("environment", String, nullable=False),
    Column("model", String, nullable=False),
    Column("release", String, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("commit_id", String, nullable=False),
    Column("since", String, nullable=False),
    Column("until", String),
    Column("reason", String, nullable=False),
)
# At most one release is live per model and environment: the database refuses a second one. The migrations say so to
# PostgreSQL as well; said here, it would load that dialect with every command.
Index(
    "one_live_deployment",
    deployments.c.environment,
    deployments.c.model,
    unique=True,
    sqlite_where=deployments.c.until.is_(None),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("environment", String, nullable=False),
    Column("model", String, nullable=False),
    Column("commit_id", String, nullable=False),
    Column("message", Text, nullable=False),
    Column("mend", Text, nullable=False),
    Column("opened", String, nullable=False),
    Column("closed", String),
)
Index(
    "one_open_incident",
    incidents.c.key,
    unique=True,
    sqlite_where=incidents.c.closed.is_(None),
)

suspensions = Table(
    "suspensions",
    metadata,
    Column("model", String, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("actor", String, nullable=False),
    Column("since", String, nullable=False),
    Column("until", String, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("verb", String, nullable=False),
    Column("argument", String, nullable=False),
    Column("asked", String, nullable=False),
)

facts = Table(
    "facts",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)


def optional_iso(moment: datetime | None) -> str | None:
    """Text of a moment that may not have come yet."""
    return None if moment is None else iso(moment)


def journal_row_of(row: Row[Any]) -> JournalRow:
    """A stored record; a value of another type than was written becomes text that no digest matches."""
    return JournalRow(row.sequence, str(row.text), str(row.digest), str(row.kind), str(row.environment), str(row.model))


def deployment_of(row: Row[Any]) -> Deployment:
    """A deployment from its row."""
    return Deployment(
        environment=row.environment,
        model=row.model,
        release=row.release,
        digest=row.digest,
        commit=row.commit_id,
        since=parse_iso(row.since),
        until=parse_iso(row.until) if row.until else None,
        reason=row.reason,
    )


def incident_of(row: Row[Any]) -> Incident:
    """An incident from its row."""
    return Incident(
        key=row.key,
        kind=row.kind,
        environment=row.environment,
        model=row.model,
        commit=row.commit_id,
        message=row.message,
        mend=row.mend,
        opened=parse_iso(row.opened),
        closed=parse_iso(row.closed) if row.closed else None,
    )


def suspension_of(row: Row[Any]) -> Suspension:
    """A suspension from its row."""
    return Suspension(row.model, row.reason, row.actor, parse_iso(row.since), parse_iso(row.until))

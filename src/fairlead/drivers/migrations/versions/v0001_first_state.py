"""The first state: journal, deployments, incidents, suspensions, requests and facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "journal",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("environment", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
    )
    op.create_index("journal_by_model", "journal", ["model", "sequence"])
    _create_deployments()
    _create_incidents()
    op.create_table(
        "suspensions",
        sa.Column("model", sa.String, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("since", sa.String, nullable=False),
        sa.Column("until", sa.String, nullable=False),
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("verb", sa.String, nullable=False),
        sa.Column("argument", sa.String, nullable=False),
        sa.Column("asked", sa.String, nullable=False),
    )
    op.create_table(
        "facts",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def _create_deployments() -> None:
    op.create_table(
        "deployments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("environment", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("release", sa.String, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("commit_id", sa.String, nullable=False),
        sa.Column("since", sa.String, nullable=False),
        sa.Column("until", sa.String),
        sa.Column("reason", sa.String, nullable=False),
    )
    _create_unique_index("one_live_deployment", "deployments", ["environment", "model"], "until IS NULL")


def _create_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("environment", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("commit_id", sa.String, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("mend", sa.Text, nullable=False),
        sa.Column("opened", sa.String, nullable=False),
        sa.Column("closed", sa.String),
    )
    _create_unique_index("one_open_incident", "incidents", ["key"], "closed IS NULL")


def _create_unique_index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition)

"""The fleet: what runs where, why, since when, how well, and what it costs. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from fairlead.domain.finding import Verdict
from fairlead.domain.incident import Incident
from fairlead.domain.release import Commit
from fairlead.kernel.money import Money

__all__ = ["Fleet", "FleetRow", "Freshness", "Health"]


class Health(StrEnum):
    """How a model stands in an environment."""

    HEALTHY = "healthy"
    STARTING = "starting"
    DEGRADED = "degraded"
    DOWN = "down"
    STOPPED = "stopped"
    PENDING = "pending"
    """Declared, and nothing of it has run yet."""


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One model in one environment. None says that it is not known; nothing unknown is shown as zero.

    `release` and `digest` are of what is live; `wanted` the digest that Git declares ('' where it was refused);
    `approved_by` are names claimed by commit trailers; `verdict` is of the newest check of what Git declares;
    `expected` is the plan's monthly price, `month` the cost measured this calendar month, `per_1k` the cost of a
    thousand inferences since the release went live, `trend` the same figure for the newest windows, oldest first.
    """

    environment: str
    model: str
    owner: str
    release: str
    digest: str
    wanted: str
    commit: Commit | None
    approved_by: tuple[str, ...]
    since: datetime | None
    health: Health
    ready: int
    replicas: int
    verdict: Verdict
    expected: Money | None
    month: Money | None
    requests: int | None
    errors: int | None
    p99_ms: float | None
    per_1k: Money | None
    trend: tuple[Decimal | None, ...]
    endpoint: str
    suspended_until: datetime | None
    incident: Incident | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the picture is. `control` is `running`, or `stopped`; `metered` the end of the last closed window."""

    control: str
    holder: str
    fetched: datetime | None
    metered: datetime | None


@dataclass(frozen=True, slots=True)
class Fleet:
    """All rows, what needs a person (most money at stake first), and how fresh this is.

    `head` is the followed commit; `synced` says whether Git equals live everywhere.
    """

    workspace: str
    branch: str
    head: Commit | None
    synced: bool
    rows: tuple[FleetRow, ...]
    attention: tuple[Incident, ...]
    freshness: Freshness

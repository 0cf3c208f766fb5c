"""Incidents and suspensions: what keeps Git from being live, since when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["UNHEALTHY", "Incident", "Suspension"]

UNHEALTHY = "unhealthy"
"""Kind of the incident of a live release that does not serve as it must."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that is not as it should be. `key` is one per (environment, model, kind): opening it twice is once.

    `kind` is for example `git-not-live`, `unhealthy`, `repository-unreachable`; `message` says what and why, `mend`
    the next thing to do.
    """

    key: str
    kind: str
    environment: str
    model: str
    commit: str
    message: str
    mend: str
    opened: datetime
    closed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Suspension:
    """Synchronisation of a model stopped by a person until `until`."""

    model: str
    reason: str
    actor: str
    since: datetime
    until: datetime

"""The timeline of a model: its releases, who declared them, what they cost, how they came and went. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fairlead.domain.finding import Finding, Verdict
from fairlead.domain.lock import LockedFile
from fairlead.domain.plan import CostComponent
from fairlead.domain.release import Commit
from fairlead.kernel.money import Money

__all__ = ["ReleaseView", "TimelineEntry"]


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One commit's effect on a model in an environment, newest first in a history.

    `state` is `live`, `ended` or `refused`; `returned` says that an earlier release came back (a revert);
    `recovery_s` is set on the entry that ended a worse release: seconds from that one's start to this one's.
    """

    environment: str
    release: str
    digest: str
    commit: Commit
    state: str
    verdict: Verdict
    since: datetime | None
    until: datetime | None
    returned: bool
    recovery_s: float | None
    expected: Money | None
    cost: Money | None
    requests: int | None
    per_1k: Money | None
    change: float | None
    """Cost per thousand against the release before, as a ratio minus one (0.6 is 60 % dearer); None: not known."""
    message: str


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """Everything about one release."""

    model: str
    release: str
    digest: str
    commit: Commit
    spec: str
    """The canonical declaration, as YAML."""
    difference: str
    """Unified diff of the model's folder that the commit made."""
    files: tuple[LockedFile, ...]
    revision: str
    uri: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    expected: tuple[CostComponent, ...]
    deployments: tuple[TimelineEntry, ...]

"""A rollout: the path from one release to the next in one environment, as data. The machine is `deliver/rollout`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fairlead.domain.journal import Actor
from fairlead.domain.release_strategy import ReleaseStrategy

__all__ = ["Arm", "Exposure", "Pause", "Phase", "Rollout", "RolloutEvent", "RolloutFacts", "Traffic"]


class Phase(StrEnum):
    """Where a rollout stands. The last three are final."""

    PREPARING = "preparing"
    """The new servers come up; nobody meets them, but testers once they are ready."""
    CHECKING = "checking"
    """All new servers are up; smoke and load checks run against them."""
    STEPPING = "stepping"
    """At a step: a share of the traffic, or copies of it, and an analysis."""
    RETAINING = "retaining"
    """The new release has all traffic; the old servers are kept for an instant way back."""
    COMPLETED = "completed"
    ABORTED = "aborted"
    """The old release has all traffic, and the new one is refused here until Git says something else."""
    SUPERSEDED = "superseded"
    """Git wants another release now; the old one has all traffic until that one's rollout."""

    @property
    def final(self) -> bool:
        """Whether nothing can change any more."""
        return self in {Phase.COMPLETED, Phase.ABORTED, Phase.SUPERSEDED}


@dataclass(frozen=True, slots=True)
class Arm:
    """One of the two releases: its digest and what people read (`model@commit`)."""

    digest: str
    name: str


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who has met the new release so far."""

    requests: int = 0
    customers: int = 0


@dataclass(frozen=True, slots=True)
class Pause:
    """A person stopped the rollout where it is; aborts still happen."""

    actor: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Rollout:
    """`commit` is the followed one that brought `new` here. `since` is when phase or step began.

    `step` counts from 0 and is that of `strategy.weights` while stepping. `overrides` counts persons' commands that
    overruled the machine (promote, abort). `reason` says why a final phase is what it is.
    """

    id: str
    environment: str
    model: str
    new: Arm
    old: Arm
    commit: str
    strategy: ReleaseStrategy
    analysis: str
    started: datetime
    phase: Phase
    since: datetime
    returns: bool = False
    """Whether `new` ran here whole and healthy within the rollback window: it needs no checks and no steps."""
    ready: bool = False
    """Whether all new servers answered at the last look."""
    step: int = 0
    pause: Pause | None = None
    held_since: datetime | None = None
    held_for: timedelta = timedelta()
    """Time in which only a person or a window held it, until `held_since`: it does not count towards the longest."""
    exposure: Exposure = Exposure()
    overrides: int = 0
    waiting: str = ""
    """Why it does not go on although it could: a closed promotion window, a pause; '' where it is not so."""
    reason: str = ""
    metric: str = ""
    """The measure that ended it, for an abort by verdict."""

    def spent(self, now: datetime) -> timedelta:
        """Time since the start in which it could go on."""
        held = self.held_for + (now - self.held_since if self.held_since else timedelta())
        return now - self.started - held


@dataclass(frozen=True, slots=True)
class RolloutFacts:
    """What is known at a look.

    `wanted` is the digest that Git wants here now; `ready` whether all new servers answer; `failed` why they cannot
    ('' while they may); `checks` None while smoke and load checks run, then '' if they passed or what failed;
    `verdict` of the analysis: `worse`, `not-worse` or `insufficient`, `metric` and `told` say which and why; `hold`
    says why more traffic waits for something else: a closed window, the gate, a person ('' where it need not).
    """

    now: datetime
    wanted: str
    ready: bool
    failed: str = ""
    checks: str | None = ""
    verdict: str = "insufficient"
    metric: str = ""
    told: str = ""
    exposure: Exposure = Exposure()
    hold: str = ""
    judged: bool = False
    """Whether it was found not worse before this step: then no cap and no longest time ends it."""


@dataclass(frozen=True, slots=True)
class RolloutEvent:
    """Something that happened, for the journal: `rollout.<kind>`."""

    kind: str
    actor: Actor
    message: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """Who answers: shares by digest, sum 100 (weight 0: testers alone, by header), and who gets copies.

    `sticky` as in the strategy. `answers`: whether the gateway keeps short answers for comparison.
    """

    shares: tuple[tuple[str, int], ...]
    mirror: str = ""
    mirrored: int = 0
    sticky: str = ""
    answers: bool = False

"""Plans: what would change, step by step, what it costs, and what was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from fairlead.domain.finding import Finding, Verdict
from fairlead.domain.outlook import Outlook
from fairlead.domain.release import Commit, Release
from fairlead.domain.rollout import Traffic
from fairlead.domain.serving import RunningServer
from fairlead.kernel.money import Money

__all__ = ["Action", "CostComponent", "Desired", "Expected", "Key", "Observed", "Plan", "Step", "total"]

Key = tuple[str, str]
"""Environment and model; an empty environment is a model of which nobody can read where it belongs."""


class Action(StrEnum):
    """What a step does. The order below is the order within a model."""

    FETCH = "fetch"
    START = "start"
    SWITCH = "switch"
    STOP = "stop"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Desired:
    """A model as Git wants it in an environment: this release, this many servers.

    `fewest` is set where a scaler orders them: their number is no drift while it is at least that, and with 0 of them
    the release stays live, and its requests wait for a start.
    """

    environment: str
    release: Release
    replicas: int
    fewest: int | None = None

    @property
    def ends(self) -> bool:
        """Whether nothing of the model is to be here any more."""
        return self.replicas == 0 and self.fewest is None


@dataclass(frozen=True, slots=True)
class Observed:
    """A model as it stands in an environment: its servers, and who gets its traffic (None: nobody)."""

    environment: str
    model: str
    servers: tuple[RunningServer, ...]
    traffic: Traffic | None = None

    @property
    def routed(self) -> tuple[tuple[str, int], ...]:
        """Release digests that answer, with their weights; those that only testers meet are left out."""
        return tuple(each for each in self.traffic.shares if each[1]) if self.traffic else ()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, the same value for explain and for apply.

    `release` is the digest concerned and `name` what people read; `count` the number of servers to start or to
    route to; `servers` the ids to stop; `reason` says why in a few words.
    """

    action: Action
    environment: str
    model: str
    release: str
    name: str
    count: int = 0
    servers: tuple[str, ...] = ()
    reason: str = ""
    traffic: Traffic | None = None
    """For a switch: who is to answer. `release` is then the one with most of the traffic to come."""


@dataclass(frozen=True, slots=True)
class CostComponent:
    """A named part of an expected cost: quantity x unit price. `unit_price` None: no price is known, and it is said.

    `monthly` is in the price book's currency for 730 hours; `source` names the price row and its date, `priced_on`.
    """

    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None
    monthly: Money | None
    source: str
    priced_on: date | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected monthly cost of one model in one environment, before and after the plan."""

    environment: str
    model: str
    before: tuple[CostComponent, ...]
    after: tuple[CostComponent, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Desired minus observed at a commit, with its price and its verdict. Nothing is delivered without a verdict."""

    commit: Commit
    steps: tuple[Step, ...]
    expected: tuple[Expected, ...]
    findings: tuple[Finding, ...]
    verdict: Verdict | None = None
    outlooks: tuple[Outlook, ...] = ()
    """Of the rollouts that begin, where their traffic is known."""


def total(parts: Iterable[CostComponent]) -> Money | None:
    """The sum, or None where there is no part or any part has no price."""
    priced = [part.monthly for part in parts]
    if not priced or any(each is None for each in priced):
        return None
    first, *rest = (each for each in priced if each is not None)
    for each in rest:
        first = first + each
    return first

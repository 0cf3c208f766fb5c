"""Cost events: a change of cost that nobody had planned, with its cause, its commit and the money at stake.

Foresight finds them, flows store them and act on them as `anomalies` in fairlead.yaml says, owners judge them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from fairlead.domain.declaration import Name, Spec
from fairlead.domain.quantity import Duration, Exact
from fairlead.kernel.money import Money

__all__ = [
    "AnomalyAction",
    "AnomalySettings",
    "CostCause",
    "CostEvent",
    "CostKind",
    "Deployed",
    "Ending",
    "Feedback",
    "FeedbackKind",
    "KindActions",
    "Moment",
    "PlannedLoad",
]


class CostKind(StrEnum):
    """What happened, by the factor of cost that moved."""

    RUNAWAY_JOB = "runaway-job"
    SERVING_CONFIGURATION = "serving-configuration"
    TRAFFIC_SURGE = "traffic-surge"
    PRICE_CHANGE = "price-change"
    IDLE_GPU = "idle-gpu"
    RETRY_STORM = "retry-storm"
    TOKENS_PER_REQUEST = "tokens-per-request"
    UNKNOWN = "unknown"


class Ending(StrEnum):
    """Why an event is over."""

    BACK = "back"
    """Cost is what it was."""

    ACCEPTED = "accepted"
    """It stayed so long that it is the new level, or a person said that it is."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A release made live, as an event may be traced to it; `commit` is the one that declared it.

    `cost_factor` is what the gate had predicted of it: new unit cost over old one, None where it predicted nothing.
    `stage` is what it belongs to, for example `serving` or `training`.
    """

    at: datetime
    environment: str
    model: str
    release: str
    commit: str
    author: str
    subject: str
    cost_factor: Decimal | None = None
    stage: str = "serving"


@dataclass(frozen=True, slots=True)
class CostCause:
    """Values of one dimension (customer, region, sku, stage, model ...) and the share of the change they explain.

    `share` has two digits after the point; below 1 where other values moved too, above where they moved against it.
    """

    dimension: str
    values: tuple[str, ...]
    share: Decimal


@dataclass(frozen=True, slots=True)
class CostEvent:
    """One change of cost. `model` is '' where one change touched several models (the cause then names them).

    `began` is the estimated moment of the change, `found` the end of the window that showed it. `actual` and
    `expected` are money per hour: what is paid, and what the same would have cost as before. `series` are the
    ledger's names of what moved, the clearest first. `origin` is the deployment that it began with, None where it
    began with none. `ended` and `ending` are None while it goes on.
    """

    id: str
    environment: str
    model: str
    kind: CostKind
    began: datetime
    found: datetime
    actual: Money
    expected: Money
    cause: CostCause | None
    origin: Deployed | None
    series: tuple[str, ...]
    sentence: str
    ended: datetime | None = None
    ending: Ending | None = None

    @property
    def stake(self) -> Money:
        """Money per hour that the change costs."""
        return Money(self.actual.amount - self.expected.amount, self.actual.currency)

    @property
    def stake_per_month(self) -> Money:
        """The same for a month of 730 hours."""
        return Money(self.stake.amount * 730, self.actual.currency)


FeedbackKind = Literal["ack", "mute", "expected"]
"""ack: seen, it is one; mute: say no more of it until a time; expected: it was known, so the alarm was false."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What an owner said of an event. `until` is None where it holds for good."""

    event: str
    kind: FeedbackKind
    by: str
    at: datetime
    reason: str
    until: datetime | None = None


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError("a moment is written as 2026-07-20T08:00:00Z") from error


def _zoned(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    AfterValidator(_zoned),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-07-20T08:00:00Z"]}),
]
"""A moment as RFC 3339 writes it; without a zone it is UTC."""

AnomalyAction = Literal["notify", "hold", "suspend", "propose-revert"]


def _kind(value: object) -> CostKind:
    known = {each.value: each for each in CostKind}
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{value!r} is no kind of cost event; use one of: {', '.join(known)}")
    return known[value]


class KindActions(Spec):
    """What is done about one kind of event."""

    kind: Annotated[CostKind, BeforeValidator(_kind)] = Field(description="Of which kind.")
    actions: tuple[AnomalyAction, ...] = Field(
        description="notify: told; hold: no promotions; suspend: the job is paused; propose-revert: a branch is made."
    )


class PlannedLoad(Spec):
    """Load that is known before: a launch, a training run, a load test. More traffic and jobs do not alarm in it."""

    name: Name = Field(description="What it is called.")
    start: Moment = Field(alias="from", description="From when, for example 2026-07-20T08:00:00Z.")
    end: Moment = Field(alias="to", description="Until when.")
    models: tuple[str, ...] = Field(default=(), description="Patterns of models; without any, all.")


class AnomalySettings(Spec):
    """How cost is watched."""

    alarms_per_month: Exact = Field(
        default="1",
        validate_default=True,
        gt=0,
        le=100,
        description="False alarms per model and environment that are borne in thirty days.",
    )
    least_stake: Exact = Field(
        default="0",
        validate_default=True,
        ge=0,
        description="Money per hour, in the price book's currency, below which nothing alarms.",
    )
    warm_up: Duration = Field(
        default="14d", validate_default=True, description="How long a model is watched before anything alarms."
    )
    accept_after: Duration = Field(
        default="7d", validate_default=True, description="After how long a change that stays is the new level."
    )
    actions: tuple[KindActions, ...] = Field(
        default=(), description="What is done per kind; a kind that is not named is told only."
    )
    planned_loads: tuple[PlannedLoad, ...] = Field(default=(), description="Load that is known before.")

    def actions_for(self, kind: CostKind) -> tuple[AnomalyAction, ...]:
        """What is done about an event of that kind."""
        return next((each.actions for each in self.actions if each.kind is kind), ("notify",))

"""How a scaler may move the number of a model's servers: `serving.scaling` in model.yaml. It shapes no release."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fairlead.domain.declaration import Spec
from fairlead.domain.quantity import Duration, Exact

__all__ = ["ColdStart", "CronWindow", "Scaling", "ScalingBudget", "ScalingPolicy", "ScalingSlo"]

_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class CronWindow(Spec):
    """A time of day with more servers at least."""

    begins: str = Field(alias="from", pattern=_CLOCK, description="Time of day, UTC, for example 07:30.")
    ends: str = Field(alias="to", pattern=_CLOCK, description="Time of day, UTC; before `from`: on the next day.")
    replicas: int = Field(ge=1, le=64, description="Fewest replicas meanwhile, within `max`.")


class ScalingPolicy(Spec):
    """What decides on the number of replicas."""

    kind: Literal["predictive", "hpa", "keda", "scheduled"] = Field(
        default="predictive",
        description="predictive: for the demand foreseen, with a safety that it learns; hpa: by utilisation; "
        "keda: by rate, queue and times of day; scheduled: as on the days before.",
    )
    target: Exact | None = Field(
        default=None, gt=0, le=1, description="hpa, keda: share of its capacity that a replica is to be used; 0.7."
    )
    windows: tuple[CronWindow, ...] = Field(default=(), max_length=20, description="keda: times of day.")
    paused_at: int | None = Field(default=None, ge=1, le=64, description="keda: always so many.")
    headroom: Exact | None = Field(
        default=None, ge=0, le=10, description="scheduled: share on top of the largest demand of the days before; 0.1."
    )


class ScalingSlo(Spec):
    """What the waiting of requests may be."""

    wait: Duration = Field(
        default="30s", validate_default=True, description="Longest that a request should wait for a free replica."
    )
    share: Exact = Field(
        default="0.01", validate_default=True, gt=0, lt=1, description="Share of requests that may wait longer."
    )


class ScalingBudget(Spec):
    """A ceiling of money on the replicas that are ordered; exactly one field is given."""

    hourly: Exact | None = Field(default=None, gt=0, description="Most per hour, in the price book's currency.")
    monthly: Exact | None = Field(
        default=None, gt=0, description="Most in a calendar month, as the resources of the replicas are priced."
    )


class ColdStart(Spec):
    """Requests that wait while the first replica starts."""

    requests: int = Field(default=100, ge=1, le=10_000, description="Most that wait at once; others get 503.")
    wait: Duration = Field(
        default="30s", validate_default=True, description="Longest wait, within about a tenth; then 503."
    )


class Scaling(Spec):
    """Bounds within which the number of replicas moves, and what moves it."""

    mode: Literal["forecast-only", "shadow", "active"] = Field(
        default="forecast-only",
        description="forecast-only: tells what it would have ordered and what that would have cost; "
        "shadow: decides on what is measured, without effect; active: orders.",
    )
    min: int = Field(default=1, ge=0, le=64, description="Fewest replicas; with 0 an idle model is stopped.")
    max: int = Field(default=1, ge=1, le=64, description="Most replicas of a release.")
    policy: ScalingPolicy = Field(default_factory=ScalingPolicy, description="What decides.")
    slo: ScalingSlo = Field(default_factory=ScalingSlo, description="What is promised of waiting.")
    capacity: Exact | None = Field(
        default=None, gt=0, description="Requests per second that one replica answers; left out, it is measured."
    )
    parallel: int = Field(
        default=1, ge=1, le=1000, description="Requests that a replica works on at once, where capacity is measured."
    )
    time_to_ready: Duration = Field(
        default="30s", validate_default=True, description="From the order of a replica until it answers."
    )
    step: Duration = Field(default="30s", validate_default=True, description="How often it decides.")
    hold_down: Duration = Field(
        default="5m", validate_default=True, description="How long fewer replicas must suffice before one goes."
    )
    budget: ScalingBudget | None = Field(default=None, description="Ceiling of money.")
    cold_start: ColdStart = Field(default_factory=ColdStart, description="With `min: 0`: who waits for a start.")

    @property
    def orders(self) -> bool:
        """Whether the scaler's order is what runs."""
        return self.mode == "active"

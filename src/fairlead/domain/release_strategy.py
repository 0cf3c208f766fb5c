"""How one release replaces another: `release` in model.yaml. It shapes the way, not the release."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from fairlead.domain.declaration import Name, Spec
from fairlead.domain.quantity import Duration, Exact

__all__ = ["CanaryStep", "LoadCheck", "MaxExposure", "ReleaseStrategy"]

_STEPS = (5, 25, 50)
_KEY_HEADERS = ("header:authorization", "header:x-api-key")


class CanaryStep(Spec):
    """A share of the traffic, how long at least, and what judges it."""

    weight: int = Field(ge=1, le=100, description="Per cent of the traffic that the new release gets.")
    pause: Duration = Field(
        default="0s", validate_default=True, description="Shortest time at this weight, whatever the verdict."
    )
    analysis: bool = Field(default=True, description="Whether the step waits for the verdict; false: for time alone.")


class MaxExposure(Spec):
    """How many may meet a release before it is judged; at the cap without a verdict it is taken back."""

    requests: int | None = Field(default=None, ge=1, description="Most requests that the new release answers.")
    customers: int | None = Field(default=None, ge=1, le=2000, description="Most customers that it answers.")


class LoadCheck(Spec):
    """Requests that a full parallel environment must stand before it gets traffic; made of the golden requests."""

    requests: int = Field(default=200, ge=1, le=100_000, description="How many.")
    concurrency: int = Field(default=4, ge=1, le=64, description="How many at once.")
    latency_p99: Duration | None = Field(default=None, description="Highest 99th percentile of latency.")
    max_errors: int = Field(default=0, ge=0, description="Most that may fail.")


class ReleaseStrategy(Spec):
    """How one release replaces another."""

    strategy: Literal["blueGreen", "canary", "shadow"] = Field(
        default="blueGreen",
        description="blueGreen: all at once, when the new servers are ready; canary: in steps of weight; "
        "shadow: copies of requests first, none answered.",
    )
    steps: tuple[CanaryStep, ...] = Field(
        default=(), max_length=20, description="canary: rising weights; without any 5, 25 and 50, judged."
    )
    analysis: Name = Field(default="default", description="Analysis in fairlead.yaml; `default` is always there.")
    longest: Duration = Field(
        default="1d", validate_default=True, description="Longest time to a verdict; after it the rollout is aborted."
    )
    sticky: str = Field(
        default="",
        pattern=r"^(customer|header:[a-z0-9-]+)?$",
        description="Whom the same release answers for all of a step: `customer`, or `header:NAME`.",
    )
    max_exposure: MaxExposure = Field(
        default_factory=MaxExposure, description="Cap while it is not judged; reached without a verdict, it is aborted."
    )
    share: int = Field(default=100, ge=1, le=100, description="shadow: per cent of requests that are copied.")
    tolerance: Exact = Field(
        default="0", validate_default=True, ge=0, description="shadow: difference of numbers that is none."
    )
    smoke: bool = Field(
        default=False, description="Whether the golden requests of `tests` must pass before it gets traffic."
    )
    load: LoadCheck | None = Field(default=None, description="Load that it must stand before it gets traffic.")
    retention: Duration = Field(
        default="0s",
        validate_default=True,
        description="How long the old servers stay after the switch, for an instant way back.",
    )
    rollback_window: Duration = Field(
        default="7d",
        validate_default=True,
        description="A release that ran whole and healthy so recently returns without steps.",
    )

    @field_validator("sticky")
    @classmethod
    def _reaches_the_choice(cls, value: str) -> str:
        if value in _KEY_HEADERS or value.startswith("header:x-fairlead-"):
            message = f"the gateway takes {value.partition(':')[2]!r} away before a release is chosen; use `customer`"
            raise ValueError(message)
        return value

    @property
    def weights(self) -> tuple[CanaryStep, ...]:
        """Steps of a canary as they are walked, or one for the other strategies."""
        if self.strategy == "canary":
            return self.steps or tuple(CanaryStep(weight=each) for each in _STEPS)
        return (CanaryStep(weight=self.share),) if self.strategy == "shadow" else ()

    @property
    def gradual(self) -> bool:
        """Whether there is anything between ready and live, or after it."""
        waits = self.retention > timedelta(0)
        return self.strategy != "blueGreen" or self.smoke or self.load is not None or waits

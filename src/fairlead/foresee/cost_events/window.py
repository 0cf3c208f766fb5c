"""What the watch of cost is fed with: one closed metering window of one model in one environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

__all__ = ["SERVING", "CostWindow", "StageUse"]

SERVING = "serving"
"""The stage that answers requests. Any other name is a stage of jobs, for example `training`."""


@dataclass(frozen=True, slots=True)
class StageUse:
    """What one stage cost in a window, exactly, and its resource seconds (of GPU or of core, but always the same).

    `used_s` were worked, `held_s` were paid for, so that `cost / held_s` is the price; both 0 where nobody knows.
    """

    cost: Decimal
    used_s: float = 0.0
    held_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CostWindow:
    """One closed window. A stage that cost nothing may be left out; so may tokens where the model has none.

    `requests` were received, `inferences` of them answered. `costs` are the window's cost split by dimension
    (customer, region, sku ...) and value: weights that tell where a change came from, never shown as money.
    """

    environment: str
    model: str
    start: datetime
    currency: str
    stages: Mapping[str, StageUse]
    requests: int = 0
    inferences: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    costs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    seconds: int = 300

    @property
    def end(self) -> datetime:
        """When it closed."""
        return self.start + timedelta(seconds=self.seconds)

"""Budgets as declared: what may be spent in a calendar month, and what happens on the way there."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from fairlead.domain.declaration import Spec
from fairlead.domain.quantity import Exact

__all__ = ["Action", "Budget", "Threshold"]

Action = Literal["warn", "gate", "hold"]
"""warn: an incident. gate: the rule `finops/budget-threshold` is broken. hold: no new release, by whatever rules."""


class Threshold(Spec):
    """A part of the budget, and what happens once it is used."""

    percent: Exact = Field(gt=0, le=1000, description="Percent of the budget that is spent or committed.")
    action: Action = Field(
        description="warn: told; gate: breaks `finops/budget-threshold`; hold: no new release goes live."
    )


class Budget(Spec):
    """What may be spent in a calendar month."""

    monthly: Exact = Field(ge=0, description="Amount in the price book's currency.")
    thresholds: tuple[Threshold, ...] = Field(
        default=(Threshold(percent=Decimal(80), action="warn"), Threshold(percent=Decimal(100), action="gate")),
        description="What happens on the way. Left out: warn at 80, gate at 100.",
    )

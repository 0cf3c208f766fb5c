"""FOCUS itself as a schema of bills: every column is read under its own name."""

from __future__ import annotations

from fairlead.meter.bills.base import BillSchema
from fairlead.meter.bills.columns import FOCUS_COLUMNS

__all__ = ["FOCUS", "REQUIRED"]

REQUIRED = (
    "BilledCost",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
)
"""A row whose value cannot be read in one of these is refused. Anything else may be missing."""

FOCUS = BillSchema(
    name="focus",
    marks=frozenset({"BilledCost", "BillingPeriodStart", "ChargePeriodStart"}),
    columns={name: f'"{name}"' for name in FOCUS_COLUMNS},
    taken=frozenset(FOCUS_COLUMNS),
)

"""A small bill of the month before, as a provider would write it in FOCUS, and the use that splits its shared machine.

Both fit the story's workspace: its models, its teams and its customers.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from fairlead.kernel.money import plain
from fairlead.show.cli.demo.traffic import CUSTOMERS

__all__ = [
    "CORRECTION",
    "FILE",
    "ROWS",
    "USE",
    "Row",
    "corrected",
    "invoiced",
    "month_before",
    "write_bill",
    "write_use",
]

FILE, USE = "bill.csv", "use.csv"
"""Names of both files, in the story's folder."""

CORRECTION = Decimal("-2.00")
"""What the storage costs more, in USD, when the bill is corrected."""

_SHARED = "i-0harbour"
_SECONDS = 86_400
_SHARES = (Decimal("0.45"), Decimal("0.2"), Decimal("0.15"))
"""Of the shared GPU's day, by customer; the rest is idle."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the bill: `cost` in USD, for the month's third day or, if `monthly`, for all of it."""

    service: str
    resource: str
    cost: Decimal
    tags: Mapping[str, str] = field(default_factory=dict)
    category: str = "Usage"
    monthly: bool = False


ROWS = (
    Row("Amazon EC2", _SHARED, Decimal("86.40"), {"team": "language", "shared": "gpu"}),
    Row("Amazon EC2", "i-0training", Decimal("31.25"), {"team": "vision", "stage": "training"}),
    Row("Amazon S3", "harbour-models", Decimal("8.15"), {"team": "vision"}),
    Row("Amazon S3", "old-backup", Decimal("4.20")),
    Row("AWS Support", "", Decimal("10.00"), category="Purchase", monthly=True),
    Row("AWS Tax", "", Decimal("28.00"), category="Tax", monthly=True),
)


def corrected() -> tuple[Row, ...]:
    """The lines as they are found to be later."""
    return tuple(replace(row, cost=row.cost + CORRECTION) if row.resource == "harbour-models" else row for row in ROWS)


def invoiced() -> Decimal:
    """Sum of the bill, in USD, before it is corrected."""
    return sum((row.cost for row in ROWS), Decimal(0))


def month_before(now: datetime) -> datetime:
    """First moment of the month before `now`."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first - timedelta(days=1)).replace(day=1)


def write_bill(place: Path, month: datetime, rows: Sequence[Row]) -> None:
    """Write FOCUS as CSV. There are no discounts: all four costs are one."""
    after = (month + timedelta(days=31)).replace(day=1)
    begin, end = month + timedelta(days=2), month + timedelta(days=3)
    lines = [
        {
            "BillingPeriodStart": month.isoformat(),
            "BillingPeriodEnd": after.isoformat(),
            "ChargePeriodStart": (month if row.monthly else begin).isoformat(),
            "ChargePeriodEnd": (after if row.monthly else end).isoformat(),
            "BillingCurrency": "USD",
            **dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), plain(row.cost)),
            "ChargeCategory": row.category,
            "ServiceName": row.service,
            "ResourceId": row.resource,
            "Tags": json.dumps(row.tags) if row.tags else "",
        }
        for row in rows
    ]
    _write(place, lines)


def write_use(place: Path, month: datetime) -> None:
    """Write how long each customer had the shared GPU on the third day."""
    begin, end = month + timedelta(days=2), month + timedelta(days=3)
    lines = [
        {
            "window_start": begin.isoformat(),
            "window_end": end.isoformat(),
            "resource": _SHARED,
            "customer": customer.name,
            "measure": "gpu_seconds",
            "quantity": plain(share * _SECONDS),
        }
        for customer, share in zip(CUSTOMERS, _SHARES, strict=True)
    ]
    _write(place, lines)


def _write(place: Path, lines: Sequence[Mapping[str, str]]) -> None:
    with place.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)

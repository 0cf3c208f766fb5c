"""The tour's bill: it is of the month before, FOCUS can be read from it, and its sums are those that are told."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.show.cli.demo.bill import CORRECTION, ROWS, corrected, invoiced, month_before, write_bill, write_use
from fairlead.show.cli.demo.traffic import CUSTOMERS


def read(place: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with place.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("now", "begin", "end"),
    [
        ("2026-11-23T10:00:00", "2026-10-01", "2026-11-01"),
        ("2027-01-01T00:00:00", "2026-12-01", "2027-01-01"),
        ("2028-03-31T23:59:59", "2028-02-01", "2028-03-01"),
    ],
)
def test_the_bill_is_of_the_month_before(tmp_path: Path, now: str, begin: str, end: str) -> None:
    """Whatever day it is, the billing period is the last whole month, which can be closed."""
    month = month_before(datetime.fromisoformat(now).replace(tzinfo=UTC))
    write_bill(tmp_path / "bill.csv", month, ROWS)
    periods = {(row["BillingPeriodStart"][:10], row["BillingPeriodEnd"][:10]) for row in read(tmp_path / "bill.csv")}
    assert periods == {(begin, end)}


def test_the_sum_is_told(tmp_path: Path) -> None:
    """What is written sums to what the tour promises; the corrected bill to that and the correction."""
    month = datetime(2026, 10, 1, tzinfo=UTC)
    write_bill(tmp_path / "first.csv", month, ROWS)
    write_bill(tmp_path / "second.csv", month, corrected())
    first, second = (
        sum(Decimal(row["BilledCost"]) for row in read(tmp_path / name)) for name in ("first.csv", "second.csv")
    )
    assert (first, second) == (invoiced(), invoiced() + CORRECTION)


def test_use_leaves_some_of_the_day_idle(tmp_path: Path) -> None:
    """Every customer had the shared GPU on its day, and together for less than all of it."""
    write_use(tmp_path / "use.csv", datetime(2026, 10, 1, tzinfo=UTC))
    use = read(tmp_path / "use.csv")
    assert [row["customer"] for row in use] == [each.name for each in CUSTOMERS]
    assert sum(Decimal(row["quantity"]) for row in use) == Decimal("0.8") * 86_400
    assert {row["resource"] for row in use} <= {row.resource for row in ROWS}

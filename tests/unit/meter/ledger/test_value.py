"""What was earned, joined to what it cost."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fairlead.kernel.errors import UsageError
from fairlead.meter.ledger.question import CostQuestion
from fairlead.meter.ledger.report import LedgerRow
from fairlead.meter.ledger.value import earned, with_value

_BY_CUSTOMER = CostQuestion(by=("customer",))


def _row(customer: str, amount: str | None, currency: str = "USD") -> LedgerRow:
    return LedgerRow({"customer": customer}, None if amount is None else Decimal(amount), currency, 1, {})


def test_margin_and_cost_per_outcome() -> None:
    """Two rows of one customer add up; outcomes without a currency belong to all of them."""
    values = [
        {"customer": "acme", "revenue": "10.50", "currency": "usd", "outcomes": ""},
        {"customer": "acme", "revenue": "1", "currency": "USD", "outcomes": ""},
        {"customer": "acme", "revenue": "", "currency": "", "outcomes": "3"},
    ]
    (row,) = with_value([_row("acme", "4")], earned(values, _BY_CUSTOMER, "value.csv"))
    assert (row.revenue, row.margin, row.outcomes) == (Decimal("11.50"), Decimal("7.50"), Decimal(3))
    assert row.cost_per_outcome == Decimal("1.333333333333")


def test_currencies_are_never_mixed() -> None:
    """Revenue in euros says nothing about a cost in dollars."""
    values = [{"customer": "acme", "revenue": "10", "currency": "EUR"}]
    (row,) = with_value([_row("acme", "4")], earned(values, _BY_CUSTOMER, "value.csv"))
    assert (row.revenue, row.margin) == (None, None)


def test_only_the_days_of_the_question_count() -> None:
    """A row of the day after belongs to the next report."""
    question = CostQuestion(by=("customer",), until=datetime(2026, 11, 2, tzinfo=UTC))
    values = [
        {"customer": "acme", "day": "2026-11-01", "revenue": "1", "currency": "USD"},
        {"customer": "acme", "day": "2026-11-02", "revenue": "100", "currency": "USD"},
    ]
    assert earned(values, question, "value.csv")[("acme",), "USD"].revenue == Decimal(1)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"customer": "a", "revenue": "x", "currency": "USD"}, "row 1: revenue 'x' cannot be read exactly"),
        ({"customer": "a", "revenue": "1e400", "currency": "USD"}, "cannot be read exactly"),
        ({"customer": "a", "revenue": "1"}, "revenue without a currency"),
        ({"customer": "a", "day": "yesterday"}, "'yesterday' is no day"),
        ({"team": "a", "revenue": "1", "currency": "USD"}, "no column 'customer' to join by"),
        ({"customer": "a", "colour": "red"}, "unknown column 'colour'"),
    ],
)
def test_what_cannot_be_read_names_its_row(row: dict[str, str | None], message: str) -> None:
    """File, row and mend, before anything is joined."""
    with pytest.raises(UsageError, match=message):
        earned([row], _BY_CUSTOMER, "value.csv")

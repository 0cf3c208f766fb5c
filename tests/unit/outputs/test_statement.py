"""A team's statement on a terminal: what is read off it adds up."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fairlead.flows.ledger.statement import TeamStatement
from fairlead.kernel.money import added
from fairlead.meter.ledger.report import LedgerRow
from fairlead.show.outputs.statement import statement_tables

_KEY = dict.fromkeys(("model", "environment", "stage", "customer", "service", "charge"), "x")


def _notes(*amounts: str) -> list[str]:
    exact = [Decimal(each) for each in amounts]
    rows = tuple(LedgerRow(_KEY, each, "USD", 1, {}) for each in exact)
    made = datetime(2026, 11, 1, tzinfo=UTC)
    statement = TeamStatement("acme", "core", "2026-10", "USD", "effective", added(exact), None, rows, (), made, None)
    return [each for each in statement_tables([statement]) if isinstance(each, str)]


def test_rounded_rows_lead_to_the_exact_sum() -> None:
    """A third is not 0.33: below such rows stands what they sum to."""
    assert _notes("1.066666666666666666666667", "0.533333333333333333333333", "2.1") == [
        "Rows are rounded here. Exactly they sum to 3.7 USD: --format csv has each to its last digit."
    ]


@pytest.mark.parametrize("amounts", [("7", "0.5"), ("-12.35", "0"), ()])
def test_where_nothing_is_rounded_there_is_no_word_of_it(amounts: tuple[str, ...]) -> None:
    """The table adds up as it stands."""
    assert _notes(*amounts) == []

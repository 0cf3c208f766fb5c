"""The worked tables of the FOCUS specification, and a real bill: each charge has exactly the figures of its rows."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from fairlead.domain.ledger import LINES
from fairlead.flows.ledger.allocating import refresh
from tests.scenario.ledger.bills import AWS, SCENARIOS, imported
from tests.scenario.ledger.books import open_books

_COSTS = {"billed": "BilledCost", "effective": "EffectiveCost"}
Figures = dict[tuple[str, str, str], tuple[Decimal, Decimal]]


def figure(row: Mapping[str, str], column: str) -> Decimal:
    """The amount as it stands in the file; what is not there adds nothing."""
    text = (row.get(column) or "").strip().lstrip("$").replace(",", "")
    return Decimal(0) if text.lower() in {"", "null"} else Decimal(text)


def charge(row: Mapping[str, str]) -> str:
    """What the specification says that the row is, where no rule says more."""
    if row.get("CommitmentDiscountStatus") == "Unused":
        return "unused-commitment"
    category = row.get("ChargeCategory")
    if category == "Purchase" and (row.get("CommitmentDiscountId") or "").lower() not in {"", "null"}:
        return "commitment"
    return {"Tax": "tax", "Credit": "credit"}.get(category or "", "unallocated")


def figures_of(source: str, path: Path) -> Figures:
    """Sums by charge and currency, taken with Python's Decimal alone."""
    sums: dict[tuple[str, str, str], tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    with path.open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            key = (source, charge(row), row.get("BillingCurrency") or "USD")
            billed, effective = sums[key]
            sums[key] = (billed + figure(row, "BilledCost"), effective + figure(row, "EffectiveCost"))
    return dict(sums)


def test_each_worked_table_has_exactly_its_figures(tmp_path: Path) -> None:
    """26 tables and 471 rows: billed against effective, purchases apart, and the unused part of commitments shown."""
    expected: Figures = {}
    with open_books(tmp_path) as books:
        for place, path in enumerate([*SCENARIOS, AWS]):
            source = f"table-{place}"
            result = imported(books.world, path, source=source, currency="USD")
            if not any(file.rows_refused for file in result.files):
                expected |= figures_of(source, path)
        refresh(books.world)
        engine = books.world.engine
        lines = engine.table(LINES)
        rows = engine.rows(
            lines.group_by("source", "charge", "currency").agg(**{name: lines[name].sum() for name in _COSTS})
        )
    zero = Decimal(0)
    found = {
        (row["source"], row["charge"], row["currency"]): (row["billed"] or zero, row["effective"] or zero)
        for row in rows
    }
    assert {key: found.get(key) for key in expected} == expected
    assert len(SCENARIOS) == 26
    assert len({source for source, _, _ in expected}) >= 24, "two tables have no rows"
    unused = [amounts[1] for (_, kind, _), amounts in expected.items() if kind == "unused-commitment"]
    assert unused
    assert all(amount > 0 for amount in unused)

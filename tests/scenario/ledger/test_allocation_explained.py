"""Every line can be followed to its rows: bill rows sum to what was divided, and shares sum to the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.ledger import LINES
from fairlead.flows.ledger.allocating import refresh
from fairlead.flows.ledger.explaining import explain
from fairlead.kernel.errors import NotFoundError
from tests.scenario.ledger.test_allocation import RULES, books_with, use

AMOUNTS = ("billed", "effective", "contracted", "listed")


def total(rows: Sequence[Mapping[str, Any]], prefix: str = "") -> tuple[Decimal, ...]:
    """Sums of the four amounts."""
    return tuple(sum((row[f"{prefix}{name}"] for row in rows), Decimal(0)) for name in AMOUNTS)


def test_every_line_is_followed_to_its_rows(tmp_path: Path) -> None:
    """Used, idle, assigned, shared, tax and unallocated ones: no digit of any is without its source."""
    rows = (
        use(0, "gpu-1", "search", "600"),
        use(5, "gpu-1", "chat", "900"),
        use(0, "gpu-1", "", "3600", role="capacity"),
    )
    with books_with(tmp_path, RULES, *rows) as books:
        bill = books.bill(
            "october.csv",
            {"ResourceId": "gpu-1", "cost": "3.20"},
            {"ResourceId": "gpu-1", "cost": "0.0000001"},
            {"ResourceId": "db", "cost": "1.10", "Tags": '{"team": "search"}'},
            {"ServiceName": "Support", "ResourceId": "", "cost": "1"},
            {"ChargeCategory": "Tax", "ResourceId": "", "cost": "0.77"},
            {"ResourceId": "stray", "cost": "0.03"},
        )
        books.load(bill)
        refresh(books.world)
        lines = books.world.engine.rows(books.world.engine.table(LINES))
        assert len(lines) == 8
        for line in lines:
            found = explain(books.world, line["line"])
            whole = total(found.shares, "all_") if found.shares else total([line])
            assert total(found.bills) == whole
            assert total(found.shares or [line]) == total([line])
        (search,) = (explain(books.world, line["line"]) for line in lines if line["model"] == "search")
        assert [(row["source_row"], row["quantity"]) for row in search.usage] == [(1, Decimal(600))]
        assert [row["weight"] / row["whole"] for row in search.shares] == [Decimal(600) / Decimal(3600)]
        assert [row["bucket_until"] - row["bucket_from"] for row in search.shares] == [timedelta(hours=1)]
        assert {row["bucket_from"].tzinfo for row in search.shares} == {UTC}
        with pytest.raises(NotFoundError, match="no line 'x'"):
            explain(books.world, "x")

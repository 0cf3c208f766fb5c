"""Where a ledger could break without a word: many months, columns spelt twice, amounts too large to add, lost files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from fairlead.domain.ledger import BILLS, Basis, Charge, Part
from fairlead.flows.ledger.allocating import refresh
from fairlead.flows.ledger.export import export_lines
from fairlead.kernel.errors import UsageError
from fairlead.meter.focus_export import ExportSpan
from fairlead.meter.ledger.question import CostQuestion
from fairlead.testing.progress import no_progress
from tests.scenario.ledger.books import Books, open_books

_MONTHS = 24

RULES = """\
allocation:
  rules:
    - name: gpu
      match: {resource: [i-1]}
      split: {by: {gpu_seconds: 1}, capacity: 3600}
"""


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Empty books with a rule that divides by use."""
    with open_books(tmp_path, RULES) as opened:
        yield opened


@pytest.mark.timeout(600)
def test_more_months_than_the_engine_keeps_views_of(books: Books) -> None:
    """Each month has a view of its rows and some of its lines: the tables below a question stay as long as it."""
    rows = []
    for number in range(_MONTHS):
        year, month = 2020 + number // 12, number % 12 + 1
        begin, end = f"{year}-{month:02d}-01", f"{year + month // 12}-{month % 12 + 1:02d}-01"
        day = {"ChargePeriodStart": f"{begin}T10:00:00Z", "ChargePeriodEnd": f"{begin}T11:00:00Z"}
        rows.append({"BillingPeriodStart": begin, "BillingPeriodEnd": end, **day})
    books.load(books.bill("years.csv", *rows))
    (bridge,) = books.cost(CostQuestion(basis=Basis.BILLED)).bridges
    assert bridge.invoiced == Decimal(_MONTHS)
    assert len(books.world.ledger.parts(BILLS)) == _MONTHS


def test_own_columns_that_differ_in_case_only_are_one(books: Books) -> None:
    """The second file's spelling gives way; the ledger can still be asked."""
    for name, own, period in (("a.csv", "x_cost_center", "2026-09-01"), ("b.csv", "x_Cost_Center", "2026-08-01")):
        path = books.bill(name, {"BillingPeriodStart": period})
        head, *lines = path.read_text().splitlines()
        path.write_text("\n".join([f"{head},{own}", *(f"{line},7" for line in lines)]) + "\n")
        books.load(path)
    assert books.amounts("charge")
    assert "x_Cost_Center" not in books.world.ledger.columns(BILLS)


def test_a_ledger_that_holds_both_spellings_is_read_as_one(books: Books) -> None:
    """Written before spellings gave way: engines know one column, and it has what either file says."""
    world = books.world
    for source, own in (("a", "x_foo"), ("b", "x_Foo")):
        with world.ledger.writing():
            path = world.ledger.stage(BILLS)
            duckdb.execute(f"COPY (SELECT '{source}' AS \"{own}\") TO '{path}' (FORMAT parquet)")
            world.ledger.replace(BILLS, {Part(source, "2026-10-01"): [path]}, {})
    assert [name for name in world.ledger.columns(BILLS) if name.casefold() == "x_foo"] == ["x_foo"]
    rows = world.engine.rows(world.engine.table(BILLS).select("source", "x_foo"))
    assert {row["source"]: row["x_foo"] for row in rows} == {"a": "a", "b": "b"}
    books.load(books.bill("more.csv", {}), source="c")
    assert len(world.ledger.parts(BILLS)) == 3


def test_amounts_that_cancel_out_count_with_their_size(books: Books, tmp_path: Path) -> None:
    """Their sum is nothing, but on the way an engine would turn over: no line is made, and none is exported."""
    for source in ("a", "b"):
        rows = ({"cost": "40000000000000"}, {"cost": "-40000000000000", "ResourceId": "i-2"})
        books.load(books.bill(f"{source}.csv", *rows), source=source)
    for asking in (
        lambda: refresh(books.world),
        lambda: books.amounts("charge"),
        lambda: export_lines(books.world, "1.4", tmp_path / "out.csv", ExportSpan(), no_progress),
    ):
        with pytest.raises(UsageError, match="all bills in USD"):
            asking()
    assert not (tmp_path / "out.csv").exists()


def test_bounds_that_are_too_high_are_looked_into(books: Books) -> None:
    """One dear row among many cheap ones bounds them too high; what they really are is added up, and counts."""
    rows = [{"cost": "1"}] * 9 + [{"cost": "8000000000000"}]
    for source in ("a", "b"):
        books.load(books.bill(f"{source}.csv", *rows), source=source)
    assert sum(books.amounts("charge").values()) == Decimal(16_000_000_000_018)


def test_amounts_that_cannot_be_added_exactly_are_refused(books: Books) -> None:
    """In one bill at its import, and over several when they are asked: a sum never turns over."""
    with pytest.raises(UsageError, match="cannot be added up exactly"):
        books.load(books.bill("huge.csv", {"cost": "60000000000000"}, {"cost": "60000000000000"}))
    for source in ("a", "b"):
        books.load(books.bill(f"{source}.csv", {"cost": "60000000000000"}), source=source)
    with pytest.raises(UsageError, match="all bills in USD"):
        books.amounts("charge")


def test_a_file_whose_rows_were_all_refused_is_in_the_residual(books: Books) -> None:
    """Its money is billed, and stands in no line."""
    bad = books.bill("bad.csv", {"cost": "7", "ChargePeriodEnd": "rubbish"})
    books.load(books.bill("good.csv", {"cost": "5"}), bad)
    (bridge,) = books.cost(CostQuestion(basis=Basis.BILLED)).bridges
    assert bridge.invoiced == Decimal(12)
    assert {part.charge: part.amount for part in bridge.parts}[Charge.RESIDUAL] == Decimal(7)


def test_hours_are_no_bound_of_lines_that_are_whole_days(books: Books) -> None:
    """The bridge could not close at noon, so it is not drawn."""
    books.load(books.bill("a.csv", {}))
    with pytest.raises(UsageError, match="whole days"):
        books.cost(CostQuestion(since=datetime(2026, 10, 5, 12, tzinfo=UTC)))

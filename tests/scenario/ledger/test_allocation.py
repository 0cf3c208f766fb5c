"""Bills and usage go in through the real store and engine; what comes out sums to the invoice, and says who used it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.domain.ledger import BILLS, LINES
from fairlead.flows.ledger.allocating import refresh
from fairlead.flows.ledger.collecting import Span, collect_files
from fairlead.testing.progress import no_progress
from tests.scenario.ledger.books import Books, open_books

RULES = """\
allocation:
  rules:
    - name: gpu
      match: {resource: ["gpu-*"]}
      assign: {environment: prod, team: platform}
      split: {by: {gpu_seconds: 1}}
    - name: tagged
      match: {tags: {team: ["*"]}}
      assign: {team: "{tag:team}"}
    - name: support
      match: {service: [Support]}
      overhead: {over: team, how: proportional}
"""
COSTS = {"billed": "BilledCost", "effective": "EffectiveCost", "contracted": "ContractedCost", "listed": "ListCost"}
USED = "2026-10-05T10:{:02}:00Z,2026-10-05T10:{:02}:00Z,{},{},{},gpu_seconds,{},{}"


def use(minute: int, resource: str, model: str, quantity: str, *, role: str = "used", customer: str = "") -> str:
    """Five minutes of use at about ten o'clock."""
    return USED.format(minute, minute + 5, resource, customer, model, quantity, role)


@contextmanager
def books_with(folder: Path, rules: str, *rows: str) -> Iterator[Books]:
    """Books with these rules and this usage."""
    with open_books(folder, rules) as opened:
        collect(opened, *rows)
        yield opened


def collect(books: Books, *rows: str) -> None:
    """Collect usage that says its role as well."""
    path = books.folder.parent / "used.csv"
    head = "window_start,window_end,resource,customer,model,measure,quantity,role"
    path.write_text("\n".join([head, *rows]) + "\n")
    collect_files(books.world, "cluster", [path], Span(), no_progress)


def charged(books: Books, *by: str, cost: str = "effective") -> dict[tuple[str, ...], Decimal]:
    """Sum of a cost by columns of the lines."""
    engine = books.world.engine
    lines = engine.table(LINES)
    rows = engine.rows(lines.group_by(list(by)).agg(amount=lines[cost].sum()))
    return {tuple(str(row[name]) for name in by): row["amount"] for row in rows}


def check_closes(books: Books) -> None:
    """Every part's lines sum to its bill rows in each currency and cost, to the last digit."""
    engine = books.world.engine
    bills, lines = engine.table(BILLS), engine.table(LINES)
    invoiced = bills.group_by("source", "period", "adjusts", currency=bills.BillingCurrency).agg(
        **{name: bills[column].sum() for name, column in COSTS.items()}
    )
    allocated = lines.group_by("source", "period", "adjusts", "currency").agg(
        **{name: lines[name].sum() for name in COSTS}
    )

    def sums(table: object) -> dict[tuple[object, ...], tuple[object, ...]]:
        rows = engine.rows(table)
        keys = ("source", "period", "adjusts", "currency")
        return {tuple(row[key] for key in keys): tuple(row[name] for name in COSTS) for row in rows}

    assert sums(invoiced) == sums(allocated)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """An hour of two GPUs, of which one is measured; a tagged machine, support, tax, and what nobody claims."""
    rows = (
        use(0, "gpu-1", "search", "600"),
        use(5, "gpu-1", "chat", "900"),
        use(0, "gpu-1", "", "3600", role="capacity"),
    )
    with books_with(tmp_path, RULES, *rows) as opened:
        bill = opened.bill(
            "october.csv",
            {"ResourceId": "gpu-1", "cost": "3.20"},
            {"ResourceId": "gpu-2", "cost": "3.20"},
            {"ResourceId": "db", "cost": "1.10", "Tags": '{"team": "search"}'},
            {"ServiceName": "Support", "ResourceId": "", "cost": "1"},
            {"ServiceName": "Tax office", "ResourceId": "", "ChargeCategory": "Tax", "cost": "0.77"},
            {"ResourceId": "stray", "cost": "0.03"},
        )
        opened.load(bill)
        refresh(opened.world)
        yield opened


def test_every_cent_finds_its_place_and_the_invoice_closes(books: Books) -> None:
    """Used by measure, idle, gap, tag, overhead by own cost, tax, and what matched no rule."""
    found = charged(books, "charge", "team", "model", "resource")
    assert found.pop(("shared", "platform", "", "")) == Decimal("0.744186046511627906976744")
    assert found.pop(("shared", "search", "", "")) == Decimal("0.255813953488372093023256")
    third = Decimal("0.533333333333333333333333")
    assert found == {
        ("used", "platform", "search", "gpu-1"): third,
        ("used", "platform", "chat", "gpu-1"): Decimal("0.8"),
        ("idle", "platform", "", "gpu-1"): Decimal("3.20") - third - Decimal("0.8"),
        ("unallocated", "", "", "gpu-2"): Decimal("3.2"),
        ("used", "search", "", "db"): Decimal("1.1"),
        ("tax", "", "", ""): Decimal("0.77"),
        ("unallocated", "", "", "stray"): Decimal("0.03"),
    }
    check_closes(books)


def test_nothing_is_written_while_nothing_changes(books: Books) -> None:
    """A second refresh finds all in step; the same lines have the same names after usage changed and changed back."""
    version = books.world.ledger.parts(LINES)[0].version
    assert refresh(books.world).lines == 0
    assert books.world.ledger.parts(LINES)[0].version == version


def test_new_usage_moves_the_lines_that_it_is_about(books: Books) -> None:
    """The gap of the second GPU closes when its usage comes in; other lines keep their names."""
    names = set(charged(books, "line", "resource"))
    collect(books, use(0, "gpu-2", "chat", "100"))
    assert refresh(books.world).lines
    assert charged(books, "charge", "model", "resource")[("used", "chat", "gpu-2")] == Decimal("3.2")
    assert {name for name in names if name[1] == "db"} < set(charged(books, "line", "resource"))
    check_closes(books)

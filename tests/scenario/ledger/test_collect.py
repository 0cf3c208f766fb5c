"""Files of usage into the ledger: by month, replaced by span, and nothing doubled or lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from fairlead.domain.journal import Actor
from fairlead.domain.ledger import BILLS, USAGE, Part
from fairlead.flows.ledger.close import close
from fairlead.flows.ledger.collecting import Span
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError
from tests.scenario.ledger.usage import collect, line, rows, usage


def test_months_are_parts(books: World, tmp_path: Path) -> None:
    """Each row stands in its month, exactly as the file has it, with its place in the file."""
    file = usage(
        tmp_path / "u.csv", line("2026-10-31T23:50", "a", "0.1"), line("2026-11-01T00:00", "b", "299.999999999")
    )
    answer = collect(books, file)
    assert [(each.period, each.rows, each.changed) for each in answer.months] == [
        ("2026-10-01", 1, True),
        ("2026-11-01", 1, True),
    ]
    assert not answer.refused
    assert [(row["quantity"], row["source_file"], row["source_row"]) for row in rows(books)] == [
        (Decimal("0.1"), "u.csv", 1),
        (Decimal("299.999999999"), "u.csv", 2),
    ]


def test_the_same_twice_changes_nothing(books: World, tmp_path: Path) -> None:
    """The same file again writes no new version of the table."""
    file = usage(tmp_path / "u.csv", line("2026-10-31T23:50", "a", "0.1"), line("2026-11-01T00:00", "b", "2"))
    first = collect(books, file)
    again = collect(books, file)
    assert (first.version, again.version) == (0, None)
    assert [each.changed for each in again.months] == [False, False]
    assert [each.replaced for each in (*first.months, *again.months)] == [0, 0, 0, 0]
    assert len(rows(books)) == 2


def test_a_source_is_called_as_an_import_calls_it(books: World, tmp_path: Path) -> None:
    """What is no name of a bill's source is none of usage, and nothing is read."""
    with pytest.raises(UsageError, match="is no name of a source"):
        collect(books, usage(tmp_path / "u.csv", line("2026-11-01T00:00", "a", "1")), source="../up")
    assert not books.ledger.parts(USAGE)


def test_other_spans_of_the_month_stay(books: World, tmp_path: Path) -> None:
    """A day that is collected anew replaces that day; other days of the month and other sources stay."""
    first, second = line("2026-11-01T00:00", "a", "1"), line("2026-11-02T00:00", "a", "2")
    collect(books, usage(tmp_path / "u.csv", first, second))
    collect(books, usage(tmp_path / "other.csv", line("2026-11-02T00:00", "z", "9")), source="other")
    answer = collect(books, usage(tmp_path / "day.csv", line("2026-11-02T00:00", "b", "3")))
    assert [each.replaced for each in answer.months] == [1]
    assert [(row["pod"], row["quantity"]) for row in rows(books)] == [("a", 1), ("b", 3), ("z", 9)]


def test_a_span_leaves_out_what_lies_outside(books: World, tmp_path: Path) -> None:
    """--from and --to say which windows are taken, and which are replaced though nothing new came for them."""
    both = usage(tmp_path / "u.csv", line("2026-11-01T00:00", "a", "1"), line("2026-11-02T00:00", "a", "2"))
    collect(books, both, span=Span(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)))
    assert [row["quantity"] for row in rows(books)] == [2]
    with pytest.raises(UsageError, match="before --from"):
        Span(datetime(2026, 11, 3, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))


def test_a_closed_month_stays_as_it_was(books: World, tmp_path: Path) -> None:
    """Use that comes too late for a closed month is told, and not taken; that of other months is."""
    with books.ledger.writing():
        bill = books.ledger.stage(BILLS)
        duckdb.execute(f"COPY (SELECT 1::BIGINT AS source_row) TO '{bill}' (FORMAT parquet)")
        books.ledger.replace(BILLS, {Part("aws", "2026-10-01"): [bill]}, {})
    close(books, "2026-10", Actor("ada"))
    late, now = line("2026-10-31T23:50", "a", "1"), line("2026-11-01T00:00", "b", "2")
    answer = collect(books, usage(tmp_path / "u.csv", late, now))
    assert [(each.rule, each.value, each.refused) for each in answer.findings] == [("usage/closed", "2026-10-01", True)]
    assert [row["pod"] for row in rows(books)] == ["b"]


def test_a_month_closed_meanwhile_stays_as_it_was(
    books: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it is closed just before the collection takes the ledger."""
    with books.ledger.writing():
        bill = books.ledger.stage(BILLS)
        duckdb.execute(f"COPY (SELECT 1::BIGINT AS source_row) TO '{bill}' (FORMAT parquet)")
        books.ledger.replace(BILLS, {Part("aws", "2026-10-01"): [bill]}, {})
    writing = books.ledger.writing

    @contextmanager
    def closed_first() -> Iterator[None]:
        monkeypatch.setattr(books.ledger, "writing", writing)
        close(books, "2026-10", Actor("ada"))
        with writing():
            yield

    monkeypatch.setattr(books.ledger, "writing", closed_first)
    answer = collect(books, usage(tmp_path / "u.csv", line("2026-10-31T23:50", "a", "1")))
    assert [each.rule for each in answer.findings] == ["usage/closed"]
    assert books.ledger.parts(USAGE) == []


def test_the_ledger_answers_of_it(books: World, tmp_path: Path) -> None:
    """What was collected is what the ledger's engine finds under `usage`, in types that other tables have."""
    collect(
        books,
        usage(tmp_path / "u.csv", line("2026-11-01T00:00", "a", "0.000000001"), line("2026-11-01T00:00", "b", "2")),
    )
    table = books.engine.table(USAGE)
    assert {name: table.schema()[name].is_decimal() for name in ("quantity",)} == {"quantity": True}
    (answer,) = books.engine.rows(table.group_by("source").aggregate(whole=table.quantity.sum()))
    assert answer == {"source": "cluster", "whole": Decimal("2.000000001")}

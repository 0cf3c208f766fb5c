"""DuckDB and Spark keep the contract of an engine, and give equal answers over the same ledger."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

import ibis.expr.types as ir
import pytest
from ibis.backends.duckdb import Backend

from fairlead.domain.ledger import BILLS, LINES, Part
from fairlead.drivers.ledger.delta import DeltaLedger
from fairlead.drivers.ledger.duckdb_engine import DuckEngine
from fairlead.kernel.errors import BrokenWorldError, IntegrityError
from fairlead.ports import LedgerEngine
from fairlead.testing.ledger_contract import LedgerEngineContract, bill_row, put
from tests.contract.lake.records import NOON, HandClock
from tests.contract.ledger.questions import duck, in_order, metered_ledger, missing_for_spark, questions, spark

needs_spark = pytest.mark.skipif(missing_for_spark() != "", reason=missing_for_spark())


class TestDuckEngine(LedgerEngineContract):
    """DuckDB keeps the contract."""

    engine: DuckEngine

    def open_engine(self, store: DeltaLedger, folder: Path) -> LedgerEngine:
        """The default engine."""
        return duck(store, folder)

    def teardown_method(self) -> None:
        """Let go of the files first."""
        self.engine.close()
        super().teardown_method()

    def test_no_amount_comes_back_as_a_float(self) -> None:
        """Where DuckDB would answer with a double (an average), the answer is refused and not rounded."""
        put(self.store, BILLS, {Part("a", "2026-01-01"): [bill_row()]})
        bills = self.engine.table(BILLS)
        with pytest.raises(IntegrityError, match="'cost' lost its digits"):
            self.engine.rows(bills.aggregate(cost=bills.BilledCost.mean()))
        with pytest.raises(IntegrityError, match="'cost' lost its digits"):
            self.engine.write(bills.aggregate(cost=bills.BilledCost.mean()), Path(self.folder.name) / "out.parquet")

    def test_threads_ask_at_once(self) -> None:
        """Every thread has a connection of its own to one database."""
        put(self.store, BILLS, {Part("a", "2026-01-01"): [bill_row(Decimal(2))]})
        answers: list[Decimal] = []
        threads = [Thread(target=lambda: answers.extend(self._costs())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [Decimal(2)] * 8

    def test_a_warm_question_takes_less_than_a_fifth_of_a_second(self) -> None:
        """A page's question over 1,000 lines, its compilation included; the median of nine."""
        rows = "SELECT 'a' AS model, CAST(n AS DECIMAL(38, 24)) AS billed, 'USD' AS currency FROM range(1000) AS t(n)"
        put(self.store, LINES, {Part("a", "2026-01-01"): [rows]})

        def ask() -> float:
            begun = time.perf_counter()
            lines = self.engine.table(LINES)
            asked = lines.group_by("model", "currency", "source").agg(cost=lines.billed.sum()).order_by("model")
            assert self.engine.rows(asked)[0]["cost"] == 499_500
            return time.perf_counter() - begun

        ask()
        assert median(ask() for _ in range(9)) < 0.2


@needs_spark
@pytest.mark.timeout(300)
class TestSparkEngine(LedgerEngineContract):
    """Spark keeps the same contract."""

    def open_engine(self, store: DeltaLedger, folder: Path) -> LedgerEngine:
        """A real local Spark."""
        return spark(store, folder)


@needs_spark
@pytest.mark.timeout(300)
def test_both_engines_give_equal_answers(tmp_path: Path) -> None:
    """Decimals to the last digit, moments, nulls and maps: one ledger, one meter, two engines."""
    store = metered_ledger(tmp_path)
    here, there = duck(store, tmp_path), spark(store, tmp_path)
    for one, other in zip(questions(here), questions(there), strict=True):
        assert in_order(here.rows(one)) == in_order(there.rows(other))


def test_the_meter_is_seen_in_the_ledgers_shapes(tmp_path: Path) -> None:
    """One row for each measure that is not zero; each cost line once, with its amount in all four costs."""
    engine = duck(metered_ledger(tmp_path), tmp_path)
    used = engine.rows(engine.table("metered_usage"))
    first = {row["measure"]: row["quantity"] for row in used if row["window_start"] == NOON}
    assert first == {
        "requests": 1, "inferences": 1, "input_tokens": 2**40, "cpu_seconds": Decimal("0.00002"),
    }  # fmt: skip
    assert {(row["source"], row["period"], row["release"], row["role"], row["resource"]) for row in used} == {
        ("gateway", "2026-11-01", "digits@abc", "used", "")
    }
    lines = engine.rows(engine.table("metered_lines"))
    assert sorted((row["charge"], row["billed"]) for row in lines[:3]) == [
        ("idle", Decimal("0.5")), ("shared", Decimal(2)), ("used", Decimal("1e-12")),
    ]  # fmt: skip
    assert all(row["billed"] == row["effective"] == row["contracted"] == row["listed"] for row in lines)
    assert len({row["line"] for row in lines}) == len(lines) == 6
    assert None not in {value for row in (*used, *lines) for value in row.values() if not isinstance(value, dict)}


def test_columns_of_the_meter_are_those_of_the_ledger(tmp_path: Path) -> None:
    """Metered lines can be united with the ledger's own, before and after the first window."""
    empty = duck(DeltaLedger(tmp_path / "none", HandClock()), tmp_path / "none")
    full = duck(metered_ledger(tmp_path), tmp_path)
    for engine in (empty, full):
        assert engine.table("metered_lines").schema() == engine.table(LINES).schema()
        assert engine.table("metered_usage").schema() == engine.table("usage").schema()


def test_without_java_the_mend_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Spark on this machine needs a Java runtime, and its absence is told before anything starts."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    engine = spark(DeltaLedger(tmp_path / "ledger", HandClock()), tmp_path)
    with pytest.raises(BrokenWorldError, match="apt-get install default-jre-headless"):
        engine.table(BILLS)


def test_a_file_that_vanished_is_a_broken_world(tmp_path: Path) -> None:
    """A ledger whose files were deleted by hand says so."""
    engine = duck(store := metered_ledger(tmp_path), tmp_path)
    table = engine.table(BILLS)
    for each in store.parts(BILLS):
        Path(each.files[0]).unlink()
    with pytest.raises(BrokenWorldError, match="the ledger cannot be read"):
        engine.rows(table)


def test_asking_again_reads_what_was_replaced(tmp_path: Path) -> None:
    """A long-lived engine sees each commit at its next question; a table that it gave out stays what it was."""
    store = metered_ledger(tmp_path)
    engine = duck(store, tmp_path)
    rows: Callable[[Any], int] = lambda table: len(engine.rows(table))  # noqa: E731
    before = engine.table(BILLS)
    assert rows(before) == 6
    put(store, BILLS, {Part("a", "2026-01-01"): []})
    assert (rows(before), rows(engine.table(BILLS))) == (6, 2)


def test_an_engine_that_lives_long_stays_small(tmp_path: Path) -> None:
    """Of a hundred states of a table only the latest are kept at hand, and the first is read again when it is asked."""
    store = DeltaLedger(tmp_path / "ledger", HandClock())
    engine = duck(store, tmp_path)
    part = Part("a", "2026-01-01")
    for number in range(100):
        put(store, BILLS, {part: [bill_row(Decimal(number))]})
        assert engine.rows(engine.table(BILLS).select("BilledCost")) == [{"BilledCost": Decimal(number)}]
    first = store.history(BILLS, part)[-1]
    assert engine.rows(engine.table(BILLS, [first]).select("BilledCost")) == [{"BilledCost": Decimal(0)}]
    views = engine.table(BILLS).get_backend().list_tables()
    assert len(views) <= 64


def test_a_question_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same question again is only answered; another one, or one of another state of the table, is compiled."""
    store = metered_ledger(tmp_path)
    engine = duck(store, tmp_path)
    compiled: list[str] = []
    compile_it = Backend.compile

    def counted(backend: Backend, question: ir.Table) -> str:
        compiled.append(compile_it(backend, question))
        return compiled[-1]

    monkeypatch.setattr(Backend, "compile", counted)

    def ask(least: int) -> int:
        bills = engine.table(BILLS)
        return len(engine.rows(bills.filter(bills.BilledCost > least).select("BilledCost")))

    assert [ask(0), ask(0), ask(10), ask(0), len(compiled)] == [3, 3, 2, 3, 2]
    put(store, BILLS, {Part("a", "2026-01-01"): []})
    assert [ask(0), ask(10), ask(0), len(compiled)] == [1, 1, 1, 4]


def test_a_held_answer_goes_with_its_questions(tmp_path: Path) -> None:
    """Questions that were asked of it do not keep it."""
    engine = duck(metered_ledger(tmp_path), tmp_path)
    held = engine.hold(engine.table(BILLS).select("BilledCost"))
    backend = held.get_backend()
    assert len(engine.rows(held)) == len(engine.rows(held)) == 6
    assert [name for name in backend.list_tables() if name.startswith("held")]
    del held
    gc.collect()
    assert [name for name in backend.list_tables() if name.startswith("held")] == []


def test_what_the_engine_cannot_do_is_told(tmp_path: Path) -> None:
    """Whatever kind of error it is, in its own words, and without the question."""
    engine = duck(metered_ledger(tmp_path), tmp_path)
    bills = engine.table(BILLS)
    with pytest.raises(BrokenWorldError, match="ledger cannot be read: Conversion Error: Could not convert") as told:
        engine.rows(bills.select(number=bills.source.cast("int64")))
    assert "LINE" not in str(told.value)
    assert "SELECT" not in str(told.value)

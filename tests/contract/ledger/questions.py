"""One ledger and the questions that both engines are asked of it. Run as a program, it asks Spark at an address."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from fairlead.domain.ledger import BILLS, Part
from fairlead.domain.usage import LineKind
from fairlead.drivers.clock import SystemClock
from fairlead.drivers.lake import ParquetLake
from fairlead.drivers.ledger.delta import DeltaLedger
from fairlead.drivers.ledger.duckdb_engine import DuckEngine
from fairlead.drivers.ledger.spark_engine import SparkEngine
from fairlead.drivers.ledger.spark_session import LOCAL, NO_JAVA
from fairlead.ports import LedgerEngine
from fairlead.testing.ledger_contract import COLUMNS, ODD, bill_row, put
from tests.contract.lake.records import HandClock, bill, line, usage, window

__all__ = ["duck", "in_order", "metered_ledger", "missing_for_spark", "questions", "spark"]


def missing_for_spark() -> str:
    """What has to be installed before Spark can be asked; '' where it can."""
    if importlib.util.find_spec("pyspark") is None:
        return "install fairlead[spark]"
    return "" if shutil.which("java") or os.environ.get("JAVA_HOME") else NO_JAVA


def duck(store: DeltaLedger, folder: Path) -> DuckEngine:
    """DuckDB with little memory."""
    return DuckEngine(store, folder / "lake", COLUMNS, folder / "spill", memory="256MB")


def spark(store: DeltaLedger, folder: Path, address: str = LOCAL) -> SparkEngine:
    """By default a Spark in this process, whose Java machine all tests share."""
    return SparkEngine(store, duck(store, folder), COLUMNS, folder / "spill", address)


def metered_ledger(folder: Path) -> DeltaLedger:
    """Two bills, and two windows of a meter."""
    clock = HandClock()
    store = DeltaLedger(folder / "ledger", clock)
    rows = [bill_row(), bill_row(Decimal("-3.5")), bill_row(None, tags="NULL"), bill_row(Decimal(9), tags="MAP {}")]
    put(store, BILLS, {Part("a", "2026-01-01"): rows, Part(ODD, "2026-01-01"): rows[:2]})
    lake = ParquetLake(folder / "lake", clock)
    for number in range(2):
        at = window(number)
        charged = [line(at, "0.000000000001"), line(at, "0.5", LineKind.IDLE), line(at, "2", LineKind.PLATFORM)]
        lake.publish([usage(at)], charged, [bill(at)], {})
    return store


def questions(engine: LedgerEngine) -> list[Any]:
    """What pages ask: sums by day and month, conditions, ranks, shares, what is missing."""
    bills, lines = engine.table(BILLS), engine.table("metered_lines")
    used = engine.table("metered_usage")
    by_day = bills.group_by(day=bills.ChargePeriodStart.strftime("%Y-%m-%d")).agg(cost=bills.BilledCost.sum())
    return [
        bills,
        by_day,
        bills.filter(bills.Tags["a"] == "é").select("source", doubled=bills.BilledCost * 2),
        bills.mutate(first=bills.Tags["a"], dear=(bills.BilledCost > 5).ifelse("yes", "no")).drop("Tags"),
        lines,
        lines.group_by("charge").agg(cost=lines.billed.sum(), lines=lines.line.nunique()),
        used,
    ]


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in an order of their own, since no engine promises one."""
    return sorted(rows, key=repr)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    asked = spark(DeltaLedger(place / "ledger", SystemClock()), place, sys.argv[2])
    for each in questions(asked):
        print(in_order(asked.rows(each)))  # noqa: T201 - to the test

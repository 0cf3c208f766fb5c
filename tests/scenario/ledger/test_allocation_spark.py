"""Spark gives the same lines as DuckDB over the same ledger, names and digits and all."""

from __future__ import annotations

import importlib.util
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from fairlead.domain.ledger import BILLS, LINES, USAGE
from fairlead.domain.ledger_tables import LINE_COLUMNS, ROW_COLUMNS, USAGE_COLUMNS
from fairlead.drivers.ledger.delta import DeltaLedger
from fairlead.drivers.ledger.duckdb_engine import DuckEngine
from fairlead.drivers.ledger.spark_engine import SparkEngine
from fairlead.drivers.ledger.spark_session import LOCAL, NO_JAVA
from fairlead.flows.ledger.allocating import allocate_at
from tests.scenario.ledger.test_allocation import books_with, use

HAS_SPARK = importlib.util.find_spec("pyspark") is not None
HAS_JAVA = bool(shutil.which("java") or os.environ.get("JAVA_HOME"))
COLUMNS = {BILLS: ROW_COLUMNS, USAGE: USAGE_COLUMNS, LINES: LINE_COLUMNS}

RULES = """\
allocation:
  rules:
    - name: gpu
      match: {resource: ["gpu-*"]}
      assign: {environment: prod, team: "{tag:team}"}
      split: {by: {gpu_seconds: 1, requests: 0.25}, idle: spread}
    - name: pool
      match: {resource: ["?ool"], tags: {team: ["*"]}}
      split: {by: {requests: 1}, scope: pool, per: day, capacity: 10}
    - name: odd
      match: {columns: {ServiceName: ["50%_o*"]}}
      assign: {team: "{tag:team}", customer: "x-{column:ResourceId}"}
    - name: support
      match: {service: [Support]}
      overhead: {over: team}
"""


@pytest.mark.timeout(900)
@pytest.mark.skipif(not (HAS_SPARK and HAS_JAVA), reason=NO_JAVA if HAS_SPARK else "wants fairlead[spark]")
def test_spark_and_duckdb_give_equal_lines(tmp_path: Path) -> None:
    """Splits of 24 digits, spread idle, a pool, patterns, templates, own spans, gaps and overheads."""
    rows = (
        use(0, "gpu-1", "search", "600.1234567"),
        use(5, "gpu-1", "chat", "900"),
        use(5, "gpu-1", "chat", "950", role="reserved"),
        use(10, "gpu-1", "", "3600", role="capacity"),
        use(10, "elsewhere", "chat", "7").replace("gpu_seconds", "requests"),
    )
    with books_with(tmp_path, RULES, *rows) as books:
        team = {"Tags": '{"team": "core"}'}
        bill = books.bill(
            "october.csv",
            {"ResourceId": "gpu-1", "cost": "3.200000000000000000000007", **team},
            {"ResourceId": "gpu-1", "cost": "-1.1", "ChargePeriodEnd": "2026-10-05T17:00:00Z"},
            {"ResourceId": "gpu-2", "cost": "9999999999999.000000000000000000000001"},
            {"ResourceId": "pool", "cost": "1", "EffectiveCost": "", **team},
            {"ResourceId": "db", "ServiceName": "50%_off", "cost": "0.1", **team},
            {"ServiceName": "Support", "ResourceId": "", "cost": "1"},
            {"ServiceName": "Support", "ResourceId": "", "cost": "1", "BillingCurrency": "EUR"},
            {"ServiceName": "Tax office", "ChargeCategory": "Tax", "cost": "0.77"},
        )
        books.load(bill)
        now = datetime(2030, 1, 1, tzinfo=UTC)
        here = books.world.engine
        ledger = cast(DeltaLedger, books.world.ledger)
        engine = SparkEngine(ledger, cast(DuckEngine, here), COLUMNS, tmp_path / "spill", LOCAL)
        found = engine.rows(allocate_at(books.world, now, engine))
        expected = here.rows(allocate_at(books.world, now))
        assert len(expected) == 15
        assert sorted(found, key=lambda row: row["line"]) == sorted(expected, key=lambda row: row["line"])

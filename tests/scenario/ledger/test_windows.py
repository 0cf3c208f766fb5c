"""Cost by window, as it is asked for: a burst stands out of its day, and the day's money is all there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner

from fairlead.drivers.ledger.delta import DeltaLedger
from fairlead.drivers.ledger.duckdb_engine import DuckEngine
from fairlead.drivers.ledger.spark_engine import SparkEngine
from fairlead.drivers.ledger.spark_session import LOCAL, NO_JAVA
from fairlead.flows.ledger.charged import charged_lines
from fairlead.flows.ledger.cost import ledger_report
from fairlead.flows.ledger.timing import timed_lines
from fairlead.kernel.errors import UsageError
from fairlead.kernel.money import added
from fairlead.meter.ledger.question import CostQuestion, Per
from fairlead.meter.ledger.value import earned
from fairlead.show.cli import main
from tests.scenario.ledger.books import Books, open_books
from tests.scenario.ledger.test_allocation_spark import COLUMNS, HAS_JAVA, HAS_SPARK

RULES = """\
allocation:
  rules:
    - name: gpu
      match: {resource: [gpu-1]}
      assign: {team: serving}
      split: {by: {gpu_seconds: 1}}
    - name: by-team
      match: {tags: {team: ["*"]}}
      assign: {team: "{tag:team}"}
    - name: support
      match: {service: [Support]}
      overhead: {over: team, how: even}
"""
LATER = {"ChargePeriodStart": "2026-10-05T14:00:00Z", "ChargePeriodEnd": "2026-10-05T15:00:00Z"}
ALL_DAY = {"ChargePeriodStart": "2026-10-05T00:00:00Z", "ChargePeriodEnd": "2026-10-06T00:00:00Z"}
OF_A_TEAM = {"Tags": '{"team": "research"}', "ResourceId": "disk"}


def _use(clock: str, quantity: str, measure: str = "gpu_seconds") -> str:
    end = f"{clock[:-1]}{int(clock[-1]) + 5}"
    return f"2026-10-05T{clock}:00Z,2026-10-05T{end}:00Z,gpu-1,acme,chat,{measure},{quantity}"


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """A day of a GPU that was used in three windows, a disk, support, and a tax."""
    with open_books(tmp_path, RULES) as opened:
        opened.load(
            opened.bill(
                "cloud.csv",
                {"ResourceId": "gpu-1", "cost": "3.20"},
                {"ResourceId": "gpu-1", "cost": "3.20", **LATER},
                {"cost": "1", **OF_A_TEAM, **ALL_DAY},
                {"ServiceName": "Support", "ResourceId": "", "cost": "0.3"},
                {"ChargeCategory": "Tax", "cost": "0.5", "ResourceId": "", **ALL_DAY},
            )
        )
        opened.collect(
            _use("10:00", "10"), _use("10:50", "20"), _use("14:20", "7"), _use("10:50", "3000", "input_tokens")
        )
        yield opened


def _asked(books: Books, *words: str) -> dict[str, Any]:
    place = ["--workspace", str(books.folder), "--state", str(books.world.settings.state), "--format", "json"]
    answer = CliRunner().invoke(main, ["cost", *words, *place])
    assert answer.exit_code == 0, answer.output
    report: dict[str, Any] = json.loads(answer.stdout)["ledger"]
    return report


def _span(row: dict[str, Any]) -> str:
    return f"{row['key']['window'][11:16]}-{row['key']['window_end'][11:16]}"


def test_a_burst_is_seen_in_its_five_minutes(books: Books) -> None:
    """Each hour's price is in the windows in which the GPU was used in it; what nobody timed keeps its day."""
    report = _asked(books, "--by", "window,team", "--include", "shared")
    shown = {(_span(row), row["key"]["team"]): row["amount"] for row in report["rows"]}
    assert shown == {
        ("10:00-10:05", "serving"): "1.066666666666666666666667",
        ("10:50-10:55", "serving"): "2.133333333333333333333333",
        ("14:20-14:25", "serving"): "3.2",
        ("10:00-11:00", "serving"): "0.15",
        ("10:00-11:00", "research"): "0.15",
        ("00:00-00:00", "research"): "1",
    }
    ways = {each["spread"]: each["amount"] for each in report["windows"]}
    assert ways == {"use": "6.4", "whole": "1", "evenly": "0.3"}


def test_windows_of_a_day_sum_to_the_day(books: Books) -> None:
    """By window, by day and by both, of all charges: to the last digit."""
    days = {row["key"]["day"]: Decimal(row["amount"]) for row in _asked(books, "--by", "day,charge")["rows"]}
    assert days
    (whole,) = _asked(books, "--by", "charge", "--only", "charge=tax")["rows"]
    assert whole["amount"] == "0.5"
    rows = _asked(books, "--by", "window,charge")["rows"]
    assert added(Decimal(row["amount"]) for row in rows) == Decimal("8.2")


def test_a_window_has_its_own_unit_cost(books: Books) -> None:
    """The tokens of a window divide that window's cost; a window without tokens says that there were none."""
    rows = _asked(books, "--by", "window", "--only", "model=chat", "--per", "1k_tokens")["rows"]
    units = {_span(row): row["unit_cost"] for row in rows}
    assert units["10:50-10:55"] == "0.711111111111"
    assert units["14:20-14:25"] is None


def test_tables_say_how_the_money_came_to_its_windows(books: Books) -> None:
    """Nobody takes a day's charge at midnight for a burst."""
    place = ["--workspace", str(books.folder), "--state", str(books.world.settings.state)]
    shown = CliRunner().invoke(main, ["cost", "--by", "window", *place]).stdout
    assert "neither use nor charge says when" in shown
    assert "in the windows of the use that it was divided by" in shown


def test_earlier_bills_are_by_window_too(books: Books) -> None:
    """As of a moment before the bill there is nothing; as of now the same as without."""
    question = CostQuestion(by=("window",))
    now = books.cost(question, datetime(2027, 1, 1, tzinfo=UTC))
    assert {str(row.key): row.amount for row in now.rows} == {
        str(row.key): row.amount for row in books.cost(question).rows
    }
    assert not books.cost(question, datetime(2026, 1, 1, tzinfo=UTC)).rows


def test_value_is_not_joined_by_window(books: Books) -> None:
    """It belongs to days, and would be earned in several windows."""
    with pytest.raises(UsageError, match="of days, not of windows"):
        earned([], CostQuestion(by=("window",)), "value.csv")
    assert books.cost(CostQuestion(by=("window",), per=Per.THOUSAND_TOKENS)).per == "1k_tokens"


@pytest.mark.timeout(900)
@pytest.mark.skipif(not (HAS_SPARK and HAS_JAVA), reason=NO_JAVA if HAS_SPARK else "wants fairlead[spark]")
def test_spark_and_duckdb_give_equal_windows(books: Books, tmp_path: Path) -> None:
    """The same pieces, hours and remainders, to the last digit."""
    here = books.world.engine
    spark = SparkEngine(
        cast(DeltaLedger, books.world.ledger), cast(DuckEngine, here), COLUMNS, tmp_path / "spill", LOCAL
    )
    question = CostQuestion(by=("window", "charge"))
    found = [
        sorted(
            engine.rows(timed_lines(books.world, engine, charged_lines(books.world, engine), question, None)),
            key=lambda row: (row["line"], row["window_start"]),
        )
        for engine in (spark, here)
    ]
    assert found[0] == found[1]
    report = ledger_report(books.world, question, spark)
    assert added(row.amount or Decimal(0) for row in report.rows) == Decimal("8.2")

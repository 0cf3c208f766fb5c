"""What every lake keeps: a window whole or not at all, money to the last digit, readers beside the writer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.drivers.lake import RETENTION, ParquetLake
from fairlead.drivers.lake_compaction import FAN_IN
from fairlead.drivers.lake_manifest import read_manifest
from fairlead.drivers.lake_tables import TABLES
from fairlead.kernel.errors import BrokenWorldError, IntegrityError
from fairlead.meter.queries import DIMENSIONS, query_text
from tests.contract.lake.records import NOON, HandClock, bill, line, usage, window

READER = """
import sys
from pathlib import Path
from fairlead.drivers.clock import SystemClock
from fairlead.drivers.lake import ParquetLake
lake = ParquetLake(Path(sys.argv[1]), SystemClock())
for _ in range(12):
    with lake.session():
        told = int(lake.checkpoint()["windows"])
        (row,) = lake.query("SELECT count(*) AS n, count(DISTINCT window_start) AS w FROM usage")
        assert (row["n"], row["w"]) == (told, told), (row, told)
"""


@pytest.fixture
def clock() -> HandClock:
    """A clock that stands at noon."""
    return HandClock()


@pytest.fixture
def lake(tmp_path: Path, clock: HandClock) -> ParquetLake:
    """An empty lake."""
    return ParquetLake(tmp_path / "lake", clock)


def files(folder: Path) -> set[str]:
    """Parquet files of the lake, as they lie there."""
    return {path.relative_to(folder).as_posix() for path in (folder / "lake").rglob("*.parquet")}


def windows(lake: ParquetLake, numbers: Sequence[int], minutes: int = 5) -> None:
    """Publish some windows with one record each."""
    for number in numbers:
        at = window(number, minutes)
        lake.publish([usage(at)], [line(at)], [bill(at)], {"windows": str(number + 1)})


def test_empty_lake_answers(lake: ParquetLake) -> None:
    """Before the first window there is no checkpoint, no row, and no error."""
    assert lake.checkpoint() == {}
    for table in TABLES:
        assert lake.query(f"FROM {table}") == []


def test_records_come_back_as_they_were(lake: ParquetLake) -> None:
    """Times are aware UTC, money is exact, large numbers stay whole."""
    at = window()
    lake.publish([usage(at, requests=2**60)], [line(at, "12345678901234567890.000000000001")], [bill(at)], {"k": "v"})
    (record,) = lake.query("SELECT * FROM usage")
    (cost,) = lake.query("SELECT * FROM cost_lines")
    assert (record["window_start"], record["window_end"]) == (at.start, at.end)
    assert (record["requests"], record["input_tokens"]) == (2**60, 2**40)
    assert cost["amount"] == Decimal("12345678901234567890.000000000001")
    assert (cost["kind"], cost["method"]) == ("release", "upstream-service-time")
    assert lake.checkpoint() == {"k": "v"}


def test_names_are_data_and_not_sql(lake: ParquetLake) -> None:
    """A customer's name may hold anything."""
    name = "'; DROP VIEW usage; -- \u2603 \x00 \""
    lake.publish([usage(window(), customer=name)], [], [], {})
    assert lake.query("SELECT customer FROM usage WHERE customer = ?", [name]) == [{"customer": name}]


def test_amount_with_more_digits_is_refused(lake: ParquetLake) -> None:
    """A value that would lose digits is refused, and nothing of the window is published."""
    with pytest.raises(IntegrityError, match="more digits"):
        lake.publish([usage(window())], [line(window(), "0.0000000000001")], [], {"k": "v"})
    assert lake.checkpoint() == {}


@pytest.mark.parametrize("by", [(), *((dimension,) for dimension in DIMENSIONS), DIMENSIONS])
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("usage_by", 4),
        ("cost_by", 4),
        ("totals", 2),
        ("unrouted", 2),
        ("source_usage", 7),
        ("source_cost_lines", 7),
        ("span_by", 2),
        ("spend_by_day", 2),
        ("window_costs", 2),
        ("window_usage", 2),
    ],
)
def test_no_query_answers_a_float(lake: ParquetLake, name: str, parameters: int, by: tuple[str, ...]) -> None:
    """Money is DECIMAL with twelve digits in every result, and nothing is a floating-point number."""
    windows(lake, [0])
    values = [NOON, NOON + timedelta(days=1), "", "", "", "", 10][:parameters]
    columns = lake.query(f"DESCRIBE {query_text(name, by)}", values)
    types = {str(column["column_name"]): str(column["column_type"]) for column in columns}
    assert not {kind for kind in types.values() if "DOUBLE" in kind or "FLOAT" in kind}
    assert all(kind == "DECIMAL(38,12)" for column, kind in types.items() if column == "amount")
    assert lake.query(query_text(name, by), values) or name == "unrouted"


def test_every_query_is_inspected() -> None:
    """A new query must be added to the test above."""
    folder = Path(sys.modules[query_text.__module__].__file__ or "").parent
    inspected = {
        "usage_by",
        "cost_by",
        "totals",
        "unrouted",
        "source_usage",
        "source_cost_lines",
        "span_by",
        "spend_by_day",
        "window_costs",
        "window_usage",
    }
    assert {path.stem for path in folder.glob("*.sql")} == inspected


def test_failed_publish_changes_nothing(lake: ParquetLake, tmp_path: Path) -> None:
    """A disk that refuses leaves the lake as it was; the next publish works and cleans up."""
    windows(lake, [0])
    table = tmp_path / "lake" / "usage"
    aside = table.rename(tmp_path / "aside")
    table.write_text("in the way")
    with pytest.raises(BrokenWorldError, match="cannot publish"):
        windows(lake, [1])
    table.unlink()
    aside.rename(table)
    assert lake.checkpoint() == {"windows": "1"}
    windows(lake, [1])
    assert len(lake.query("SELECT * FROM usage")) == 2


def test_files_of_a_killed_writer_are_ignored_and_removed(tmp_path: Path, clock: HandClock) -> None:
    """What no manifest lists is not in the lake, and the next writer takes it away."""
    windows(ParquetLake(tmp_path / "lake", clock), [0])
    orphan = tmp_path / "lake" / "usage" / "2026-11-23.000000002.parquet"
    orphan.write_bytes((tmp_path / "lake" / "usage" / "2026-11-23.000000001.parquet").read_bytes())
    (tmp_path / "lake" / "manifest.json.new").write_text("{")
    again = ParquetLake(tmp_path / "lake", clock)
    assert len(again.query("SELECT * FROM usage")) == 1
    again.publish([], [], [], {"windows": "2"})
    assert not orphan.exists()
    assert len(again.query("SELECT * FROM usage")) == 1


def test_number_of_files_is_bounded(lake: ParquetLake, tmp_path: Path, clock: HandClock) -> None:
    """Many small windows become few files, none is lost, and a day that has passed is one file per table."""
    count = FAN_IN + 3
    windows(lake, range(count), minutes=1)
    per_table = [file for file in read_manifest(tmp_path / "lake").files if file.table == "usage"]
    assert len(per_table) == 1 + 3
    assert lake.query("SELECT sum(requests) AS n, count(DISTINCT window_start) AS w FROM usage") == [
        {"n": count, "w": count}
    ]
    clock.moment += RETENTION
    tomorrow = 24 * 60
    windows(lake, [tomorrow], minutes=1)
    days = [(file.table, file.day) for file in read_manifest(tmp_path / "lake").files]
    assert len(days) == len(set(days)) == 2 * len(TABLES)
    assert lake.query("SELECT sum(amount) AS a FROM cost_lines") == [{"a": (count + 1) * Decimal("0.000000000001")}]
    clock.moment += RETENTION
    lake.publish([], [], [], {})
    assert len(files(tmp_path)) == len(days)


def test_replaced_files_stay_for_readers(lake: ParquetLake, tmp_path: Path, clock: HandClock) -> None:
    """A session that began before a compaction still reads every row, and sees what it saw."""
    windows(lake, range(FAN_IN - 1), minutes=1)
    reader = ParquetLake(tmp_path / "lake", clock)
    with reader.session():
        before = reader.query("SELECT count(*) AS n FROM usage")
        windows(lake, range(FAN_IN - 1, FAN_IN + 3), minutes=1)
        assert reader.query("SELECT count(*) AS n FROM usage") == before == [{"n": FAN_IN - 1}]
        assert reader.checkpoint() == {"windows": str(FAN_IN - 1)}
    assert reader.query("SELECT count(*) AS n FROM usage") == [{"n": FAN_IN + 3}]


def test_several_processes_read_while_one_writes(lake: ParquetLake, tmp_path: Path) -> None:
    """No lock stands between them, and each sees windows and checkpoint of the same moment."""
    windows(lake, [0], minutes=1)
    command = [sys.executable, "-c", READER, str(tmp_path / "lake")]
    readers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    number = 1
    while any(reader.poll() is None for reader in readers) and number < 400:
        windows(lake, [number], minutes=1)
        number += 1
    for reader in readers:
        assert reader.wait() == 0, reader.communicate()[1]
    assert number > 1


def test_strange_manifest_is_refused(lake: ParquetLake, tmp_path: Path) -> None:
    """A manifest that cannot be understood is an error with its place, never an empty lake."""
    windows(lake, [0])
    manifest = tmp_path / "lake" / "manifest.json"
    manifest.write_text(json.dumps({"version": 2}))
    with pytest.raises(BrokenWorldError, match="version 2"):
        lake.checkpoint()
    manifest.write_text("{")
    with pytest.raises(BrokenWorldError, match="cannot be read"):
        lake.query("SELECT 1 AS one")


def test_without_duckdb_the_mend_is_named(lake: ParquetLake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The core install has no DuckDB; the error names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(BrokenWorldError, match=r"fairlead\[local\]"):
        lake.query("SELECT 1 AS one")

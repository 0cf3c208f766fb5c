"""Allocating a month of bills by a month of usage, against a bare DuckDB query of the same join in the same run.

Run: python -m benchmarks.allocating.measure [MILLIONS]...  Each size, and each of the two, is a process of its own.
Time is that of the CPU, all threads and the import of libraries included; the clock's stands beside it.

Hourly bill rows of machines, half of them tagged by team and half shared; five-minute windows of ten consumers of each
shared machine. So as many rows of usage as of bills, in the shape that a cluster's month has.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from fairlead.domain.allocation import Allocation
from fairlead.domain.ledger import BILLS, LINES, USAGE, Part, TablePart
from fairlead.domain.ledger_tables import LINE_COLUMNS, ROW_COLUMNS, USAGE_COLUMNS
from fairlead.drivers.clock import SystemClock
from fairlead.drivers.ledger.delta import DeltaLedger
from fairlead.drivers.ledger.duckdb_connection import connect, literal
from fairlead.drivers.ledger.duckdb_engine import DuckEngine
from fairlead.meter.allocation.allocator import Allocator

PART = Part("cloud", "2026-01-01")
HOURS, WINDOWS, CONSUMERS = 720, 8640, 10
RULES = {
    "rules": [
        {"name": "shared", "match": {"resource": ["shared-*"]}, "split": {"by": {"gpu_seconds": "1"}}},
        {"name": "tagged", "match": {"tags": {"team": ["*"]}}, "assign": {"team": "{tag:team}"}},
    ]
}
_BILLS = """
    SELECT TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_hours(i // {machines}) AS ChargePeriodStart,
        TIMESTAMPTZ '2026-01-01 01:00:00+00' + to_hours(i // {machines}) AS ChargePeriodEnd,
        'Usage' AS ChargeCategory, 'USD' AS BillingCurrency, 'Machines' AS ServiceName, 'account-1' AS SubAccountId,
        'region-1' AS RegionId, 'sku-' || (i % {machines} % 20) AS SkuPriceId,
        CASE WHEN i % {machines} < {shared} THEN 'shared-' ELSE 'own-' END || (i % {machines}) AS ResourceId,
        MAP {{'team': 'team-' || (i % {machines} % 50)}} AS Tags,
        CAST((hash(i) % 10000) * 0.0001 AS DECIMAL(38, 24)) AS BilledCost, BilledCost AS EffectiveCost,
        BilledCost AS ContractedCost, BilledCost AS ListCost, 'bill.csv' AS source_file, i AS source_row
    FROM range({rows}) AS t(i)"""
_USAGE = """
    SELECT TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_minutes(5 * (i // {users})) AS window_start,
        window_start + INTERVAL 5 MINUTE AS window_end,
        'shared-' || (i % {users} // {consumers}) AS resource, 'prod' AS environment,
        'model-' || (i % {users} % {consumers}) AS model, '' AS release,
        'customer-' || (i % {users} % 7) AS customer, '' AS team,
        '' AS stage, '' AS namespace, '' AS pod, MAP {{}}::MAP(VARCHAR, VARCHAR) AS labels, 'gpu_seconds' AS measure,
        'used' AS role, CAST((hash(i) % 30000) * 0.001 AS DECIMAL(38, 9)) AS quantity,
        '' AS source_file, i AS source_row
    FROM range({rows}) AS t(i)"""
_JOIN = """
    SELECT u.model, u.customer, count(*) AS rows, sum(b.cost), sum(u.quantity) FROM (
        SELECT resource, date_trunc('hour', window_start) AS hour, model, customer, sum(quantity) AS quantity
        FROM read_parquet({usage}) GROUP BY ALL) AS u
    JOIN (SELECT ResourceId, ChargePeriodStart, sum(EffectiveCost) AS cost FROM read_parquet({bills}) GROUP BY ALL) AS b
        ON b.ResourceId = u.resource AND b.ChargePeriodStart = u.hour
    GROUP BY ALL"""


def main() -> None:
    """Measure each size: make the rows, then the bare join, then the allocation."""
    if sys.argv[1:2] == ["--one"]:
        _one(sys.argv[2], Path(sys.argv[3]))
        return
    print(
        "| million rows each | bare join, CPU | allocation, CPU | of the join | by the clock | memory of each | lines |"
    )
    print("|---|---|---|---|---|---|---|")
    for millions in [float(each) for each in sys.argv[1:]] or [1.0, 20.0]:
        with tempfile.TemporaryDirectory() as folder:
            _make(Path(folder), int(millions * 1_000_000))
            bare, own = (_run(what, folder) for what in ("join", "allocate"))
        times = f"{bare[0]:.1f} s | {own[0]:.1f} s | {own[0] / bare[0]:.1f} | {bare[1]:.1f} and {own[1]:.1f} s"
        print(f"| {millions:g} | {times} | {bare[2]:.2f} and {own[2]:.2f} GB | {int(own[3]):,} |", flush=True)


def _make(folder: Path, rows: int) -> None:
    """Bills and usage as the ledger's own Parquet."""
    shared = max(1, rows // WINDOWS // CONSUMERS)
    sizes = {"rows": rows, "machines": max(shared + 1, rows // HOURS), "shared": shared, "consumers": CONSUMERS}
    with connect(folder) as database:
        for name, sql in (("bills", _BILLS), ("usage", _USAGE)):
            target = literal(str(folder / f"{name}.parquet"))
            rows_of = sql.format(**sizes, users=shared * CONSUMERS)
            database.execute(f"COPY ({rows_of}) TO {target} (FORMAT parquet, COMPRESSION zstd)")


def _run(what: str, folder: str) -> list[float]:
    """CPU seconds, seconds, gigabytes and lines of a process of its own."""
    command = [sys.executable, "-m", "benchmarks.allocating.measure", "--one", what, folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(each) for each in done.stdout.split()]


def _one(what: str, folder: Path) -> None:
    started = time.perf_counter()
    lines = _join(folder) if what == "join" else _allocate(folder)
    seconds = time.perf_counter() - started
    print(time.process_time(), seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2, lines)


def _join(folder: Path) -> int:
    files = {name: literal(str(folder / f"{name}.parquet")) for name in ("bills", "usage")}
    with connect(folder) as database:
        return len(database.execute(_JOIN.format(**files)).fetchall())


def _allocate(folder: Path) -> int:
    store = DeltaLedger(folder / "ledger", SystemClock())
    columns = {BILLS: ROW_COLUMNS, USAGE: USAGE_COLUMNS, LINES: LINE_COLUMNS}
    engine = DuckEngine(store, folder / "lake", {**columns, BILLS: _columns(folder)}, folder / "spill")
    there = {name: _there(folder / f"{name}.parquet") for name in (BILLS, USAGE)}
    usage = engine.table(USAGE, [there[USAGE]])
    allocator = Allocator(engine, Allocation.model_validate(RULES).rules)
    made = allocator.part_lines(PART, engine.table(BILLS, [there[BILLS]]), usage)
    return sum(
        engine.write(question, folder / f"lines-{place}.parquet") for place, question in enumerate(made.questions)
    )


def _columns(folder: Path) -> dict[str, str]:
    """Bill columns in the ledger's words for types."""
    words = {
        "TIMESTAMP WITH TIME ZONE": "timestamp",
        "VARCHAR": "string",
        "MAP(VARCHAR, VARCHAR)": "map<string,string>",
    }
    with connect(folder) as database:
        rows = database.execute(f"DESCRIBE FROM {literal(str(folder / 'bills.parquet'))}").fetchall()
    return {str(name): words.get(str(kind), str(kind).lower()) for name, kind, *_ in rows}


def _there(path: Path) -> TablePart:
    return TablePart(PART, (str(path),), 0, datetime.now(UTC), 0, {})


if __name__ == "__main__":
    main()

"""Importing a bill: rows per second of one core, and memory, against bare DuckDB reading and writing the same file.

Run: python -m benchmarks.importing.measure [ROWS] [--large GB]. Prints Markdown. Every measurement is a process of its
own, on one core: two that share one, and threads that wait for one another, would count as work.
"""

# ruff: noqa: S608 - queries over the program's own files

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pygit2

from fairlead.bootstrap import open_world, settings_for
from fairlead.flows.ledger.import_result import ImportRequest
from fairlead.flows.ledger.importing import import_bills
from fairlead.testing.progress import no_progress

SEED_BILL = Path(__file__).parents[2] / "tests" / "data" / "focus" / "focus_1.0_aws_half.csv"
GOALS = {"parquet": 500_000, "csv": 150_000}
ROUNDS = 2

# Every row is one of the real bill's 471; costs, quantities, hours and resources are spread by multiplication, seed 1.
VARIED = {
    "ResourceId": "ResourceId || '-' || (i % 50021)",
    "BilledCost": "(BilledCost::DECIMAL(18, 11) + (i * 7919 % 1000003) * 1e-9::DECIMAL(18, 11))::VARCHAR",
    "ListCost": "(ListCost::DECIMAL(18, 11) + (i * 7919 % 1000003) * 2e-9::DECIMAL(18, 11))::VARCHAR",
    "EffectiveCost": "(EffectiveCost::DECIMAL(18, 11) + (i * 104729 % 1000003) * 1e-9::DECIMAL(18, 11))::VARCHAR",
    "ContractedCost": "(ContractedCost::DECIMAL(18, 11) + (i * 7919 % 1000003) * 1e-9::DECIMAL(18, 11))::VARCHAR",
    "ConsumedQuantity": "(ConsumedQuantity::DECIMAL(30, 15) + (i * 31 % 977) * 0.001)::VARCHAR",
    "PricingQuantity": "(PricingQuantity::DECIMAL(25, 11) + (i * 31 % 977) * 0.001)::VARCHAR",
    "ChargePeriodStart": "strftime(TIMESTAMP '2024-09-01' + to_hours((i % 720)::INT), '%Y-%m-%d %H:%M:%S')",
    "ChargePeriodEnd": "strftime(TIMESTAMP '2024-09-01' + to_hours((i % 720 + 1)::INT), '%Y-%m-%d %H:%M:%S')",
}
BAD_ROW = "oops in the last row"


def make_bills(folder: Path, rows: int, forms: tuple[str, ...] = ("csv", "parquet"), *, bad: bool = False) -> None:
    """`bill.csv` with text as AWS writes it, and `bill.parquet` with doubles and timestamps as in its exports."""
    engine = duckdb.connect(config={"threads": 2})
    seed = f"SELECT row_number() OVER () - 1 AS sid, * FROM read_csv('{SEED_BILL}', all_varchar = true)"
    engine.execute(f"CREATE TABLE seed AS {seed}")
    names = [name for name, *_ in engine.execute("DESCRIBE seed").fetchall() if name not in {"sid", "Id"}]
    (count,) = engine.execute("SELECT count(*) FROM seed").fetchone() or (1,)
    made = ", ".join(
        f"CASE WHEN {name} = 'NULL' THEN 'NULL' ELSE {VARIED.get(name, name)} END AS {name}" for name in names
    )
    spread = f"SELECT range AS i, range * 2654435761 % {count} AS sid FROM range({rows})"
    bill = f"SELECT {made} FROM ({spread}) JOIN seed USING (sid)"
    if bad:
        last = ", ".join(f"'{BAD_ROW}'" if name == "BilledCost" else name for name in names)
        bill += f" UNION ALL (SELECT {last} FROM seed LIMIT 1)"
    if "csv" in forms:
        engine.execute(f"COPY ({bill}) TO '{folder}/bill.csv' (HEADER)")
    if "parquet" in forms:
        typed = ", ".join(f"CAST(nullif({name}, 'NULL') AS {_type(name)}) AS {name}" for name in names)
        options = "FORMAT parquet, COMPRESSION zstd"
        engine.execute(f"COPY (SELECT {typed} FROM ({bill})) TO '{folder}/bill.parquet' ({options})")


def _type(name: str) -> str:
    if name.endswith(("Cost", "Quantity", "UnitPrice")):
        return "DOUBLE"
    return "TIMESTAMP" if name.endswith(("PeriodStart", "PeriodEnd")) else "VARCHAR"


def bare(folder: Path, form: str) -> None:
    """DuckDB reads the file, every column as it is, and writes it again as Parquet."""
    engine = duckdb.connect(config={"threads": 1})
    read = f"read_csv('{folder}/bill.csv', all_varchar = true)" if form == "csv" else f"'{folder}/bill.parquet'"
    engine.execute(f"COPY (SELECT * FROM {read}) TO '{folder}/bare.parquet' (FORMAT parquet, COMPRESSION zstd)")


def whole(folder: Path, form: str) -> None:
    """The import: read, typed, checked, compared with the file's own sums, published."""
    workspace = folder / "acme"
    with open_world(settings_for(workspace)) as world:
        result = import_bills(world, [str(folder / f"bill.{form}")], ImportRequest("aws"), no_progress)
    rows = [finding for finding in result.findings if finding.row]
    print(json.dumps({"refused": result.files[0].rows_refused, "findings": len(rows)}), file=sys.stderr)


MEASURED: Mapping[str, Callable[[Path, str], None]] = {"bare": bare, "import": whole}


def measured(what: str, folder: Path, form: str) -> dict[str, float]:
    """One measurement in a process of its own, over a ledger that is empty."""
    state = tempfile.mkdtemp(dir=folder)
    words = [sys.executable, "-m", "benchmarks.importing.measure", "--measure", what, str(folder), form]
    done = subprocess.run(
        words, capture_output=True, check=True, text=True, env={**os.environ, "XDG_STATE_HOME": state}
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _measure(what: str, folder: Path, form: str) -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    clock, cpu = time.perf_counter(), time.process_time()
    MEASURED[what](folder, form)
    used = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - clock}
    print(json.dumps({**used, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3}))


def _workspace(folder: Path) -> None:
    (folder / "acme").mkdir()
    (folder / "acme" / "fairlead.yaml").write_text("apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nname: acme\n")
    pygit2.init_repository(folder / "acme", initial_head="main")


def speed(rows: int) -> None:
    """Both forms, bare and whole, in turns; the least of the rounds each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _workspace(folder)
        make_bills(folder, rows)
        print(f"| {rows:,} rows, 43 columns | CPU s | rows/s of a core | of bare | goal rows/s | wall s | memory |")
        print("|---|---|---|---|---|---|---|")
        for form, goal in GOALS.items():
            rounds = [{what: measured(what, folder, form) for what in MEASURED} for _ in range(ROUNDS)]
            least = {what: min((each[what] for each in rounds), key=lambda told: told["cpu"]) for what in MEASURED}
            size = (folder / f"bill.{form}").stat().st_size / 1e6
            for what, told in least.items():
                ratio = least["bare"]["cpu"] / told["cpu"]
                wanted = f"{goal:,}" if what == "import" else ""
                print(
                    f"| {form}, {size:,.0f} MB, {what} | {told['cpu']:.2f} | {rows / told['cpu']:,.0f} | {ratio:.2f} "
                    f"| {wanted} | {told['wall']:.2f} | {told['memory']:,.0f} MB |"
                )


def large(gigabytes: float) -> None:
    """A CSV of that size, and one a tenth of it, each with one bad row at its end."""
    print("| CSV with one bad row at its end | rows | wall s | memory |")
    print("|---|---|---|---|")
    for size in (gigabytes / 10, gigabytes):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _workspace(folder)
            rows = round(size * 1e9 / 700)
            make_bills(folder, rows, ("csv",), bad=True)
            told = measured("import", folder, "csv")
            written = (folder / "bill.csv").stat().st_size / 1e9
            print(f"| {written:.2f} GB | {rows + 1:,} | {told['wall']:.1f} | {told['memory']:,.0f} MB |", flush=True)


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=2_000_000)
    parser.add_argument("--large", type=float, metavar="GB", help="memory on a CSV of that size, instead")
    parser.add_argument("--measure", nargs=3, metavar=("WHAT", "FOLDER", "FORM"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        _measure(asked.measure[0], Path(asked.measure[1]), asked.measure[2])
    elif asked.large:
        large(asked.large)
    else:
        speed(asked.rows)


if __name__ == "__main__":
    main()

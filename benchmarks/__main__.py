"""Measures one thing after the other, each in a process of its own, and prints their tables as Markdown.

Run: python -m benchmarks [--only NAME]... [--list]. What is measured, how, and the figures are in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Measurement:
    """A program and what it measures. `data` is a folder under FAIRLEAD_DATA that it reads, '' for none."""

    words: tuple[str, ...]
    what: str
    data: str = ""


MEASUREMENTS: Mapping[str, Measurement] = {
    "reading": Measurement(("benchmarks/reading/measure.py",), "10,000 models read cold, and one changed"),
    "verification": Measurement(("benchmarks/verification/measure.py",), "bytes verified per second"),
    "serving": Measurement(("benchmarks/serving/measure.py",), "model server, and what the gateway adds"),
    "delivery": Measurement(("benchmarks/delivery/measure.py",), "from a commit to the first answer"),
    "meter": Measurement(("benchmarks/meter/measure.py",), "log lines metered per second"),
    "allocating": Measurement(
        ("-m", "benchmarks.allocating.measure"), "bills allocated by usage, against a bare DuckDB join"
    ),
    "asking": Measurement(
        ("-m", "benchmarks.asking.measure"), "a page's questions to the ledger, by DuckDB and by a local Spark"
    ),
    "importing": Measurement(
        ("-m", "benchmarks.importing.measure"), "bills imported per second, against bare DuckDB, from CSV and Parquet"
    ),
    "policy": Measurement(("benchmarks/policy/measure.py",), "policies evaluated per second, against opa where found"),
    "checking": Measurement(
        ("-m", "benchmarks.checking.measure"), "`fairlead check` on 10,000 models and 20 rules, cold and one changed"
    ),
    "gatekeeper": Measurement(
        ("benchmarks/policy/gatekeeper.py",), "cases of Gatekeeper's library that pass", "gatekeeper-library"
    ),
    "m4": Measurement(("-m", "benchmarks.foresee.m4"), "forecasts, on the M4 competition", "m4"),
    "nab": Measurement(("-m", "benchmarks.foresee.nab"), "anomalies, on the Numenta benchmark", "nab"),
    "cost-events": Measurement(("-m", "benchmarks.foresee.cost_events"), "anomalies, on injected cost events"),
    "rollouts": Measurement(
        ("-m", "benchmarks.rollouts.measure"), "false stops and time to a verdict of rollouts, against what others do"
    ),
    "servegen": Measurement(("-m", "benchmarks.foresee.servegen"), "scaling, on ServeGen's traces", "servegen"),
}


def main() -> int:
    """Run those that were asked for; 1 where one failed or had no data."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=[*MEASUREMENTS], metavar="NAME", help="repeatable")
    parser.add_argument("--list", action="store_true", help="name the measurements, and run none")
    asked = parser.parse_args()
    if asked.list:
        print("\n".join(f"{name:14}{each.what}" for name, each in MEASUREMENTS.items()))
        return 0
    names = asked.only or [*MEASUREMENTS]
    missed = [name for place, name in enumerate(names, 1) if not _run(name, f"{place}/{len(names)}")]
    if missed:
        _say(f"not measured: {', '.join(missed)}")
    return 1 if missed else 0


def _run(name: str, place: str) -> bool:
    """Run one measurement; whether it was done. Its table goes to stdout, all else to stderr."""
    measurement = MEASUREMENTS[name]
    data = os.environ.get("FAIRLEAD_DATA", "")
    if measurement.data and not (data and Path(data, measurement.data).is_dir()):
        _say(f"[{place}] {name}: left out, FAIRLEAD_DATA names no folder with {measurement.data}/")
        return False
    _say(f"[{place}] {name}: {measurement.what} (load {os.getloadavg()[0]:.1f} before)")
    print(f"\n## {name}: {measurement.what}\n", flush=True)
    started = time.monotonic()
    run = subprocess.run([sys.executable, *measurement.words], cwd=ROOT, check=False)
    _say(f"[{place}] {name}: {'done' if run.returncode == 0 else 'FAILED'} in {time.monotonic() - started:.0f} s")
    return run.returncode == 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""kill -9 of a real metering process at random instants: each window once, whole, and nothing lost."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from fairlead.flows.cost import Period
from tests.scenario.meter.machine import Machine
from tests.unit.meter.access_lines import at

MINUTES = 30
KILLS = 8
PUBLISHED = Period(include_provisional=False)


def run_and_kill(folder: Path, chance: random.Random) -> bool:
    """Start the meter, kill it somewhere in its work; whether it was still at it."""
    command = [sys.executable, "-m", "tests.scenario.meter.killed_meter", str(folder), str(MINUTES)]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[3])
    manifest = folder / "lake" / "manifest.json"
    before = manifest.stat().st_mtime_ns if manifest.exists() else 0
    while process.poll() is None and not (manifest.exists() and manifest.stat().st_mtime_ns != before):
        time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.15))
    process.kill()
    process.wait()
    return not (folder / "done").exists()


def test_killed_at_random_instants_every_request_is_counted_once(tmp_path: Path) -> None:
    """Kills fall between windows and within a publish; afterwards all closes to the last digit."""
    machine = Machine(tmp_path)
    machine.moment = at(60 * MINUTES + 3)
    seconds = [number * 1.3 for number in range(MINUTES * 46)]
    for number, part in enumerate((seconds[:500], seconds[500:900], seconds[900:]), start=1):
        machine.requests(*part)
        if number < 3:
            machine.rotate(number)
    chance = random.Random(20261123)
    killed = 0
    while killed < KILLS and run_and_kill(tmp_path, chance):
        killed += 1
    assert killed > 2
    subprocess.run(
        [sys.executable, "-m", "tests.scenario.meter.killed_meter", str(tmp_path), str(MINUTES)],
        check=True,
        cwd=Path(__file__).parents[3],
    )
    report = machine.ledger().cost(("window",), PUBLISHED)
    told = sorted(report.rows, key=lambda row: str(row.key["window_start"]))
    expected = [sum(60 * n <= second < 60 * (n + 1) for second in seconds) for n in range(MINUTES)]
    assert [row.requests for row in told] == expected
    assert {row.cpu_us for row in told} == {6_000_000}
    (totals,) = report.totals
    assert totals.residual == 0
    assert str(totals.billed) == "0.042500000000"
    assert sorted(path.name for path in (tmp_path / "gateway").iterdir()) == ["access.log"]
    assert len(list((tmp_path / "lake").rglob("*.parquet"))) < 3 * (2 * 32)

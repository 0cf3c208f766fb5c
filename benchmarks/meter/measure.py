"""Metering: lines per second of reading, parsing and adding up, the time to close a window, and memory.

Run: python benchmarks/meter/measure.py [LINES]. Prints Markdown. Seconds of CPU are of one core.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from fairlead.domain.serving import CpuReading
from fairlead.domain.usage import CorePrice, MachineSession
from fairlead.drivers.lake import ParquetLake
from fairlead.flows.cost import CostFlow
from fairlead.kernel.windows import Window
from fairlead.meter.collectors.access_log import AccessLog, LogPosition
from fairlead.meter.cpu import MeteredServer
from fairlead.meter.flow import MeterFlow
from fairlead.meter.intake import Intake
from fairlead.meter.tally import CustomerNames, Tally
from fairlead.meter.window import MachineFacts

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LENGTH = timedelta(minutes=5)
SESSION = MachineSession(NOON, None, 2)
PRICE = CorePrice(Decimal("0.0425"), "USD", "a list")
RELEASES = [f"{number:064x}" for number in range(20)]
CUSTOMERS = 200


class Stopped:
    """A clock a moment after the window."""

    def now(self) -> datetime:
        """Three seconds after the first window."""
        return NOON + LENGTH + timedelta(seconds=3)

    def sleep(self, span: timedelta) -> None:
        """Nobody waits here."""


def line(number: int, of: int, chance: random.Random) -> bytes:
    """One request of many releases and customers; requests spread evenly over the window."""
    micros = int(NOON.timestamp()) * 1_000_000 + number * 290_000_000 // of
    release = chance.choice(RELEASES)
    raw = {
        "start": f"{micros // 1_000_000}.{micros % 1_000_000:06d}",
        "duration_us": chance.randrange(800, 90_000),
        "duration_ms": 3,
        "lead_us": 90,
        "service_us": chance.randrange(500, 80_000),
        "environment": "prod",
        "model": f"model-{release[-2:]}",
        "release": release,
        "server": f"127.0.0.1:{4000 + int(release, 16)}",
        "protocol": "openai",
        "customer": f"customer-{chance.randrange(CUSTOMERS)}",
        "request": f"7d0f6f0e-1111-4222-8333-{number:012d}",
        "method": "POST",
        "path": "/openai/v1/chat/completions",
        "code": 200,
        "flags": None,
        "bytes_in": chance.randrange(5_000),
        "bytes_out": chance.randrange(5_000),
        "input_tokens": chance.randrange(2_000),
        "output_tokens": chance.randrange(2_000),
        "gateway": "gateway.1",
    }
    return json.dumps(raw, separators=(",", ":")).encode() + b"\n"


def write_log(folder: Path, lines: int) -> int:
    """A log of that many lines; its size in bytes."""
    chance = random.Random(1)
    sample = [line(number * lines // 20_000, lines, chance) for number in range(20_000)]
    with (folder / "access.log").open("wb") as file:
        for each in sample:
            file.write(each * (lines // len(sample)))
        return file.tell()


def facts() -> MachineFacts:
    """One server per release, each with half a percent of a core."""
    readings = tuple((NOON + LENGTH * step, 1_500_000 * step) for step in (1, 2))
    servers = tuple(
        MeteredServer(
            release[-4:],
            "prod",
            f"model-{release[-2:]}",
            release,
            f"model-{release[-2:]}@abc",
            NOON,
            tuple(CpuReading(release[-4:], at, used) for at, used in readings),
        )
        for release in RELEASES
    )
    return MachineFacts((SESSION,), servers, PRICE, LENGTH)


def prove(told: bool, what: str) -> None:  # noqa: FBT001 - a benchmark's own assertion
    """A figure of work that went wrong is no figure."""
    if not told:
        sys.exit(f"not so: {what}")


def parsing(folder: Path, lines: int) -> tuple[float, int]:
    """Lines per CPU second of one core, and growth of the peak of memory in KiB between a tenth and all of the log."""
    tallies = [Tally(CustomerNames(frozenset(), 1000)) for _ in range(2)]
    intake = Intake(Window(NOON, NOON + LENGTH), LogPosition(), *tallies)
    log = AccessLog(folder)
    started = time.process_time()
    early = 0
    for count, batch in enumerate(log.batches(LogPosition())):
        if count == lines // 5_000:
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        intake.take(batch, Stopped().now())
    spent = time.process_time() - started
    prove(sum(row[0] for row in intake.tally.rows.values()) == lines, "every line is counted")
    return lines / spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early


def closing(folder: Path) -> dict[str, float]:
    """Seconds until a window is published from a cold start, and of a tick whose lines were read before."""
    lake = ParquetLake(folder / "lake", Stopped())
    meter = MeterFlow(lake, AccessLog(folder), facts, Stopped())
    started = time.perf_counter()
    meter.provisional()
    read = time.perf_counter()
    prove(len(meter.tick().published) == 1, "the window is published")
    closed = time.perf_counter()
    report = CostFlow(lake, meter.provisional).cost(("model", "customer"))
    asked = time.perf_counter()
    prove(report.totals[0].residual == 0, "the window closes")
    return {"read": read - started, "close": closed - read, "ask": asked - closed, "rows": float(len(report.rows))}


def main(lines: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write_log(folder, lines)
        rate, growth = parsing(folder, lines)
        closed = closing(folder)
    print(f"| metering, {lines:,} lines of {size // lines} bytes, {len(RELEASES)} releases x {CUSTOMERS} customers | |")
    print("|---|---|")
    print(f"| read, parse and add up | {rate:,.0f} lines/s on one core |")
    print(f"| memory from a tenth of the log to its end | +{growth / 1024:.1f} MiB |")
    print(f"| window from a cold start: read | {closed['read']:.1f} s |")
    print(f"| ... then close and publish | {closed['close'] * 1000:.0f} ms |")
    print(f"| cost by model and customer, {closed['rows']:,.0f} rows | {closed['ask'] * 1000:.0f} ms |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

"""Bills that come again: the same changes nothing, another takes the place of the first, and no death leaves halves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from fairlead.bootstrap import open_world, settings_for
from fairlead.domain.ledger import BILLS
from fairlead.flows.world import World
from fairlead.meter.bills.statements import statement_of
from tests.scenario.ledger.bills import AWS, COLUMNS, ROWS, edited, imported, stored, written


def test_the_same_file_again_changes_nothing(books: World, tmp_path: Path) -> None:
    """No new version is written, under whatever name the file comes."""
    imported(books, written(tmp_path / "a.csv", ROWS))
    again = imported(books, written(tmp_path / "b.csv", ROWS))
    assert again.unchanged
    assert again.files[0].rows_read == 20
    (part,) = books.ledger.parts(BILLS)
    assert (part.version, len(books.ledger.history(BILLS, part.part))) == (0, 1)


def test_a_restated_bill_takes_the_place_of_the_first(books: World, tmp_path: Path) -> None:
    """The difference is explained in rows, sums and services; the earlier statement stays readable."""
    imported(books, written(tmp_path / "a.csv", ROWS))
    changed = edited((1, "BilledCost", "1"), (2, "ServiceName", "New Service"))[:19]
    (period,) = imported(books, written(tmp_path / "b.csv", changed)).periods
    told = period.replaced
    assert told is not None
    assert (told.rows_before, told.rows, period.statement.rows) == (20, -1, 19)
    before, after = told.sums_before["USD"]["BilledCost"], period.statement.sums["USD"]["BilledCost"]
    assert told.sums["USD"]["BilledCost"] == (after or Decimal(0)) - (before or Decimal(0))
    top = told.changes[0]
    assert (top.service, top.billed_after) == ("Amazon Simple Queue Service", Decimal(1))
    assert "New Service" in {change.service for change in told.changes}
    assert len(stored(books, "source_row")) == 19
    now, then = books.ledger.history(BILLS, period.part)
    assert [statement_of(each).rows for each in (now, then) if statement_of(each)] == [19, 20]  # type: ignore[union-attr]


def test_what_a_killed_import_left_is_cleared_away(books: World, tmp_path: Path) -> None:
    """Copies of its bills, as large as they are; what a living engine keeps beside them stays."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    spill = books.settings.state / "spill"
    left, living = spill / "imports" / f"{dead.pid}-x", spill / f"engine-{os.getpid()}-x"
    for folder in (left, living):
        folder.mkdir(parents=True)
        (folder / "0.jsonl").write_text("{}")
    imported(books, written(tmp_path / "a.csv", ROWS))
    assert list((spill / "imports").iterdir()) == []
    assert (living / "0.jsonl").exists()


def test_other_sources_and_periods_stay(books: World, tmp_path: Path) -> None:
    """Only the periods that a file is of are replaced, and only those of its source."""
    imported(books, written(tmp_path / "a.csv", ROWS))
    imported(books, written(tmp_path / "b.csv", ROWS[:3]), source="other")
    spans = [(row, name, value) for row in (1, 2) for name, value in _AUGUST]
    imported(books, written(tmp_path / "c.csv", edited(*spans)[:2]))
    assert [(part.part.source, part.part.period, part.rows) for part in books.ledger.parts(BILLS)] == [
        ("aws", "2024-08-01", 2),
        ("aws", "2024-09-01", 20),
        ("other", "2024-09-01", 3),
    ]


_AUGUST = (("BillingPeriodStart", "2024-08-01"), ("BillingPeriodEnd", "2024-09-01"))


def started(acme: Path, path: Path, *before: str) -> subprocess.Popen[bytes]:
    """The command as a process of its own, under the program `before`."""
    args = [sys.executable, "-m", "fairlead", "ledger", "import", str(path), "--source", "aws", "--format", "json"]
    return subprocess.Popen([*before, *args, "--workspace", str(acme)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def rows_of(acme: Path) -> list[int]:
    """Rows of the ledger's bills by part."""
    with open_world(settings_for(acme)) as world:
        return [part.rows for part in world.ledger.parts(BILLS)]


def test_a_killed_import_leaves_the_ledger_as_it_was(acme: Path, tmp_path: Path) -> None:
    """Whenever kill -9 comes: the ledger holds the first bill whole or the second whole, and can be written again."""
    with open_world(settings_for(acme)) as world:
        imported(world, AWS)
    larger = written(tmp_path / "b.csv", ROWS * 2_000)
    for moment in (0.3, 0.6, 0.8, 1.0, 1.3):
        process = started(acme, larger)
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert rows_of(acme) in ([471], [40_000])
    process = started(acme, larger)
    process.communicate()
    assert rows_of(acme) == [40_000]
    bills = list((settings_for(acme).state / "ledger" / "bills").glob("*.parquet"))
    assert len(bills) == 2, "what killed imports staged is cleared away"


def test_a_full_disk_is_told_and_changes_nothing(acme: Path, tmp_path: Path) -> None:
    """Exit 2 with what happened; the earlier bill is as it was, and nothing half written is left."""
    with open_world(settings_for(acme)) as world:
        imported(world, written(tmp_path / "a.csv", ROWS))
    place = COLUMNS.index("ResourceId")
    rows = [[*row[:place], uuid4().hex, *row[place + 1 :]] for _ in range(5_000) for row in ROWS]
    # No file may grow beyond a megabyte, as on a disk that is full.
    full = ("sh", "-c", 'ulimit -f 1000 && exec "$0" "$@"')
    process = started(acme, written(tmp_path / "b.csv", rows), *full)
    _, told = process.communicate()
    assert process.returncode == 2, told
    assert b"bill cannot be staged" in told
    assert rows_of(acme) == [20]
    assert len(list((settings_for(acme).state / "ledger" / "bills").glob("*.parquet"))) == 1

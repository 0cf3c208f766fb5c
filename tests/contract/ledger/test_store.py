"""What the ledger's store keeps: parts replaced whole or not at all, earlier ones readable for good, one writer."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import time
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable

from fairlead.domain.ledger import BILLS, LINES, USAGE, Part
from fairlead.drivers.clock import SystemClock
from fairlead.drivers.ledger.delta import DeltaLedger, ledger_files
from fairlead.kernel.errors import BrokenWorldError, ConflictError, IntegrityError, NotFoundError
from fairlead.testing.ledger_contract import MOMENT, ODD, bill_row, put, stage_rows
from fairlead.testing.time import ManualClock
from tests.contract.ledger.writer import PARTS

ROOT = Path(__file__).parents[3]
JANUARY, FEBRUARY = Part("a", "2026-01-01"), Part("a", "2026-02-01")


@pytest.fixture
def clock() -> ManualClock:
    """Stands until it is moved."""
    return ManualClock(MOMENT)


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> DeltaLedger:
    """An empty ledger."""
    return DeltaLedger(tmp_path / "ledger", clock)


def test_what_is_not_there_is_empty(store: DeltaLedger) -> None:
    """Reading makes no folder, and asks for no writer."""
    assert store.parts(BILLS) == []
    assert store.history(BILLS, JANUARY) == []
    assert store.columns(BILLS) == {}


def test_an_unknown_table_is_refused(store: DeltaLedger) -> None:
    """And the known ones are listed."""
    with pytest.raises(NotFoundError, match=r"'bill'.*one of bills, usage, lines"):
        store.parts("bill")


def test_a_part_is_replaced_and_others_stay(store: DeltaLedger, clock: ManualClock) -> None:
    """One commit for several parts; its version, moment, rows and note stand by each."""
    first = put(store, BILLS, {JANUARY: [bill_row(), bill_row()], FEBRUARY: [bill_row()]}, id="one")
    clock.advance(timedelta(days=1))
    second = put(store, BILLS, {JANUARY: [bill_row()]}, id="two", odd='é "\n')
    january, february = store.parts(BILLS)
    assert (january.part, january.rows, january.version, january.note) == (
        JANUARY,
        1,
        second,
        {"id": "two", "odd": 'é "\n'},
    )
    assert (february.part, february.rows, february.version, february.note) == (FEBRUARY, 1, first, {"id": "one"})
    assert january.written - february.written == timedelta(days=1)
    assert [(each.version, each.rows) for each in store.history(BILLS, JANUARY)] == [(second, 1), (first, 2)]
    assert store.parts(USAGE) == []


def test_the_ledger_is_read_as_of_a_moment(store: DeltaLedger, clock: ManualClock) -> None:
    """Before the first commit there is nothing; at a commit's own moment it holds; emptied parts are no parts."""
    put(store, BILLS, {JANUARY: [bill_row(), bill_row()]})
    clock.advance(timedelta(hours=1))
    put(store, BILLS, {JANUARY: [], FEBRUARY: [bill_row()]})
    rows = {
        hours: [(each.part, each.rows) for each in store.parts(BILLS, MOMENT + timedelta(hours=hours))]
        for hours in (-1, 0, 1)
    }
    assert rows == {-1: [], 0: [(JANUARY, 2)], 1: [(FEBRUARY, 1)]}
    assert [each.files == () for each in store.history(BILLS, JANUARY)] == [True, False]
    assert all(Path(file).exists() for each in store.history(BILLS, JANUARY) for file in each.files)


def test_a_clock_that_went_back_changes_no_order(store: DeltaLedger, clock: ManualClock) -> None:
    """A later commit is never earlier than the one before it."""
    put(store, BILLS, {JANUARY: [bill_row()]}, id="one")
    clock.advance(timedelta(hours=-1))
    put(store, BILLS, {JANUARY: [bill_row()]}, id="two")
    now, before = store.history(BILLS, JANUARY)
    assert (now.note["id"], now.written) == ("two", before.written)


def test_other_software_reads_the_same_table(store: DeltaLedger, tmp_path: Path) -> None:
    """Deltalake sees the rows, the widened schema and earlier versions; a checkpoint loses nothing."""
    odd = Part(ODD, "2026-01-01", "2025-12-01")
    put(store, BILLS, {odd: [bill_row()], JANUARY: [bill_row()]})
    put(store, BILLS, {JANUARY: [bill_row() + ", 1 AS x_new"]})
    path = str(tmp_path / "ledger" / "bills")
    assert DeltaTable(path, version=0).schema().to_json().count("x_new") == 0
    table = DeltaTable(path)
    assert (table.protocol().min_reader_version, table.protocol().min_writer_version) == (1, 2)
    rows = {row["source"]: row for row in table.to_pyarrow_table().to_pylist()}
    assert (rows[ODD]["adjusts"], rows[ODD]["x_new"], rows["a"]["x_new"]) == ("2025-12-01", None, 1)
    assert rows["a"]["ChargePeriodStart"] == MOMENT
    for _ in range(100):
        put(store, BILLS, {JANUARY: []})
    assert (tmp_path / "ledger" / "bills" / "_delta_log" / "_last_checkpoint").exists()
    assert [row["source"] for row in DeltaTable(path).to_pyarrow_table().to_pylist()] == [ODD]
    assert [each.part for each in DeltaLedger(tmp_path / "ledger", SystemClock()).parts(BILLS)] == [odd]


@pytest.mark.parametrize(
    ("more", "error"),
    [
        (", 1.5::DOUBLE AS BilledCost", "column 'BilledCost' is double, and in the ledger it is decimal"),
        (", [1] AS x_list", r"no column of type INTEGER\[\]"),
        (", TIMESTAMP '2026-01-01' AS x_when", "no column of type TIMESTAMP "),
    ],
)
def test_a_column_keeps_its_type(store: DeltaLedger, more: str, error: str) -> None:
    """A file that would change the meaning of a column, or bring one that engines read differently, is refused."""
    put(store, BILLS, {JANUARY: [bill_row()]})
    with pytest.raises(IntegrityError, match=error):
        put(store, BILLS, {FEBRUARY: ["SELECT 1 AS one" + more]})
    assert [each.part for each in store.parts(BILLS)] == [JANUARY]


def test_only_staged_files_become_parts(store: DeltaLedger, tmp_path: Path) -> None:
    """Not a file from elsewhere, not one that is no Parquet, not one twice, not one that was a part already."""
    put(store, BILLS, {JANUARY: [bill_row()]})
    [old] = store.parts(BILLS)[0].files
    with store.writing():
        broken, twice = store.stage(BILLS), stage_rows(store, BILLS, bill_row())
        broken.write_bytes(b"no parquet")
        for files in ([tmp_path / "x.parquet"], [Path(old)], [twice, twice]):
            with pytest.raises(IntegrityError, match="no staged file"):
                store.replace(BILLS, {JANUARY: files}, {})
        for missing in (broken, store.stage(BILLS)):
            with pytest.raises(BrokenWorldError):
                store.replace(BILLS, {JANUARY: [missing]}, {})
    assert store.parts(BILLS)[0].files == (old,)


def test_nothing_is_changed_without_holding_the_ledger(store: DeltaLedger) -> None:
    """Staging or replacing beside a writer is a programmer's mistake."""
    with pytest.raises(RuntimeError, match="writing"):
        store.stage(BILLS)
    with pytest.raises(RuntimeError, match="writing"):
        store.replace(BILLS, {}, {})


def test_the_second_writer_is_told_who_the_first_is(store: DeltaLedger, tmp_path: Path) -> None:
    """Whoever holds it may ask again; another may not, and may when the first is done."""
    other = DeltaLedger(tmp_path / "ledger", SystemClock())
    with store.writing(), store.writing():
        with (
            pytest.raises(ConflictError, match=f"the ledger is being written: process {os.getpid()} on "),
            other.writing(),
        ):
            pass
        store.stage(BILLS)
    put(other, BILLS, {JANUARY: [bill_row()]})
    assert len(store.parts(BILLS)) == 1


def test_what_was_staged_and_left_is_cleared_away(store: DeltaLedger, tmp_path: Path) -> None:
    """The next writer removes it; files of earlier versions stay."""
    put(store, BILLS, {JANUARY: [bill_row()]})
    put(store, BILLS, {JANUARY: [bill_row()]})
    log = tmp_path / "ledger" / "bills" / "_delta_log"
    with store.writing():
        left = stage_rows(store, BILLS, bill_row())
    (log / "x.tmp").touch()
    with store.writing():
        assert not left.exists()
    assert list(log.glob("*.tmp")) == []
    assert len(list(left.parent.glob("*.parquet"))) == 2


def test_lines_of_former_times_go(store: DeltaLedger, clock: ManualClock, tmp_path: Path) -> None:
    """An hour after they were replaced, so that who reads them ends; what a backup takes is there at any time."""
    put(store, LINES, {JANUARY: ["SELECT 1 AS n"], FEBRUARY: ["SELECT 2 AS n"]})
    clock.advance(timedelta(days=1))
    put(store, LINES, {JANUARY: ["SELECT 3 AS n"]})
    clock.advance(timedelta(minutes=59))
    folder = tmp_path / "ledger"
    for minutes, files in ((0, 3), (1, 2)):
        clock.advance(timedelta(minutes=minutes))
        with store.writing():
            assert len(list((folder / LINES).glob("*.parquet"))) == files
        assert all((folder / each).exists() for each in ledger_files(folder))
        assert len([each for each in ledger_files(folder) if each.endswith(".parquet")]) == 2
    assert [each.rows for each in store.history(LINES, JANUARY)] == [1, 1]
    assert all(Path(file).exists() for each in store.parts(LINES) for file in each.files)


def test_a_foreign_commit_in_between_is_taken_in(store: DeltaLedger, tmp_path: Path) -> None:
    """Software that knows nothing of our lock may commit meanwhile: our commit comes after it, and loses nothing."""
    put(store, BILLS, {JANUARY: ["SELECT 1 AS n"]})
    with store.writing():
        staged = stage_rows(store, BILLS, "SELECT 2 AS n")
        table = DeltaTable(str(tmp_path / "ledger" / "bills"))
        table.delete("period = '2026-01-01'")
        assert store.replace(BILLS, {FEBRUARY: [staged]}, {}) == 2
    assert [each.part for each in store.parts(BILLS)] == [FEBRUARY]
    assert [each.rows for each in store.history(BILLS, JANUARY)] == [0, 1]


def test_a_broken_log_is_told(store: DeltaLedger, tmp_path: Path) -> None:
    """Where the log cannot be read, the file is named and nothing is made up."""
    put(store, BILLS, {JANUARY: [bill_row()]})
    (tmp_path / "ledger" / "bills" / "_delta_log" / "00000000000000000001.json").write_text('{"add"')
    with pytest.raises(BrokenWorldError, match=r"00000000000000000001[.]json"):
        store.parts(BILLS)


def test_a_writer_killed_at_any_instant_leaves_no_half_state(tmp_path: Path) -> None:
    """SIGKILL at random: both parts are of the same round, all files are there, the next writer cleans up."""
    folder = tmp_path / "ledger"
    chance = random.Random(7)
    for _ in range(8):
        with subprocess.Popen(
            [sys.executable, "-m", "tests.contract.ledger.writer", str(folder)], stdout=subprocess.PIPE, cwd=ROOT
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline(), "the writer ended on its own"
            time.sleep(chance.random() * 0.3)
            writer.kill()
        store = DeltaLedger(folder, SystemClock())
        one, other = store.parts(BILLS)
        assert (one.part, other.part) == PARTS
        assert one.note == other.note
        files = [*one.files, *other.files]
        assert set(duckdb.read_parquet(files).select("round").fetchall()) == {(int(one.note["round"]),)}
        with store.writing():
            named = {file for part in PARTS for each in store.history(BILLS, part) for file in each.files}
            assert {str(path) for path in (folder / "bills").glob("*.parquet")} == named


def limited(folder: Path, size: int) -> None:
    """Exit 7 where a replacement that may write no file over `size` bytes is told to be impossible."""
    store = DeltaLedger(folder, SystemClock())
    with store.writing():
        staged = stage_rows(store, BILLS, bill_row())
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        try:
            store.replace(BILLS, {JANUARY: [staged]}, {"note": "x" * size})
        except BrokenWorldError as error:
            sys.exit(7 if "cannot be written" in str(error) else 8)


def test_a_disk_that_is_full_leaves_the_table_as_it_was(tmp_path: Path) -> None:
    """The operating system refuses to write the commit: BrokenWorldError, nothing published, and later it works."""
    store = DeltaLedger(tmp_path / "ledger", SystemClock())
    put(store, BILLS, {JANUARY: [bill_row(), bill_row()]}, id="one")
    before = store.parts(BILLS)
    process = get_context("fork").Process(target=limited, args=(tmp_path / "ledger", 8192))
    process.start()
    process.join()
    assert process.exitcode == 7
    assert DeltaLedger(tmp_path / "ledger", SystemClock()).parts(BILLS) == before
    assert list((tmp_path / "ledger" / "bills" / "_delta_log").glob("*.tmp")) == []
    put(store, BILLS, {JANUARY: [bill_row()]}, id="two")
    assert store.parts(BILLS)[0].rows == 1

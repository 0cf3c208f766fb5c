"""The log of lines does not grow without end: it is begun anew, and who reads it meanwhile loses nothing."""

from __future__ import annotations

import shutil
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from deltalake import DeltaTable

from fairlead.domain.ledger import BILLS, LINES, Part
from fairlead.drivers.clock import SystemClock
from fairlead.drivers.ledger.delta import DeltaLedger, ledger_files
from fairlead.drivers.ledger.delta_log import DeltaLog
from fairlead.drivers.ledger.delta_snapshot import newest_snapshot
from fairlead.kernel.errors import BrokenWorldError
from fairlead.testing.ledger_contract import MOMENT, put, stage_rows
from fairlead.testing.time import ManualClock

JANUARY, FEBRUARY, GONE = Part("a", "2026-01-01"), Part("b é", "2026-02-01", "2026-01-01"), Part("gone", "2026-01-01")
_ROUND = count()


@pytest.fixture
def clock() -> ManualClock:
    """Stands until it is moved."""
    return ManualClock(MOMENT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the ledger is."""
    return tmp_path / "ledger"


@pytest.fixture
def store(folder: Path, clock: ManualClock) -> DeltaLedger:
    """A ledger whose lines of two parts stand, and were committed a few times."""
    made = DeltaLedger(folder, clock)
    put(made, LINES, {JANUARY: ["SELECT 1 AS n"], GONE: ["SELECT 1 AS n"]}, id="one")
    put(made, LINES, {FEBRUARY: ["SELECT 2 AS n"], GONE: []}, id="two", odd='é "\n')
    return made


def commit(store: DeltaLedger, times: int, table: str = LINES) -> None:
    """So many commits that change a part of their own, minutes apart."""
    with store.writing():
        for _ in range(times):
            store.replace(table, {Part("c", "2026-01-01"): []}, {"round": str(next(_ROUND))})


def log_of(folder: Path, table: str = LINES) -> list[str]:
    """Names of the log's files."""
    return sorted(path.name for path in (folder / table / "_delta_log").iterdir())


def test_reading_lines_stays_bounded(store: DeltaLedger, folder: Path) -> None:
    """After 300 commits a fresh process reads a snapshot and fewer than a hundred of them, and knows the same."""
    commit(store, 300)
    fresh = DeltaLog(folder / LINES)
    fresh.refresh()
    assert (fresh.version, fresh.began) == (301, 300)
    assert len([name for name in log_of(folder) if name[0] == "0" and name.endswith("0.json")]) <= 11
    assert len(log_of(folder)) < 120
    again = DeltaLedger(folder, SystemClock())
    assert again.parts(LINES) == store.parts(LINES)
    assert [(each.part, each.rows, dict(each.note)) for each in again.parts(LINES)] == [
        (JANUARY, 1, {"id": "one"}),
        (FEBRUARY, 1, {"id": "two", "odd": 'é "\n'}),
    ]
    assert again.columns(LINES) == store.columns(LINES)
    assert again.version(LINES) == 301


def test_other_software_reads_lines_all_the_same(store: DeltaLedger, folder: Path) -> None:
    """From Delta's own checkpoint, with what was committed after it."""
    commit(store, 210)
    put(store, LINES, {JANUARY: ["SELECT 7 AS n"]})
    rows = DeltaTable(str(folder / LINES)).to_pyarrow_table().to_pylist()
    assert sorted((row["source"], row["n"]) for row in rows) == [("a", 7), ("b é", 2)]


def test_whoever_fell_behind_catches_up(store: DeltaLedger, folder: Path, clock: ManualClock) -> None:
    """A process that read the first versions goes on from the snapshot, though commits between them are gone."""
    behind = DeltaLedger(folder, clock)
    assert behind.version(LINES) == 1
    commit(store, 250)
    assert behind.parts(LINES) == store.parts(LINES)
    with behind.writing():
        assert behind.replace(LINES, {JANUARY: [stage_rows(behind, LINES, "SELECT 9 AS n")]}, {}) == 252
    assert store.version(LINES) == 252


def test_who_reads_lines_can_end_though_the_log_is_begun_anew(
    store: DeltaLedger, folder: Path, clock: ManualClock
) -> None:
    """Files stay for an hour after they were replaced, also for a process that never saw the commit."""
    (old,) = store.parts(LINES)[0].files
    put(store, LINES, {JANUARY: ["SELECT 3 AS n"]})
    clock.advance(timedelta(minutes=30))
    commit(store, 300)
    for minutes, there in ((0, True), (31, False)):
        clock.advance(timedelta(minutes=minutes))
        with DeltaLedger(folder, clock).writing():
            assert Path(old).exists() is there
    assert all(Path(file).exists() for each in store.parts(LINES) for file in each.files)


def test_what_is_replaced_long_ago_is_not_carried_on(store: DeltaLedger, folder: Path, clock: ManualClock) -> None:
    """A snapshot has what stands, and what was replaced within the hour; so it does not grow with the commits."""
    sizes = []
    for _ in range(3):
        commit(store, 100)
        clock.advance(timedelta(hours=2))
        snapshot = newest_snapshot(folder / LINES / "_delta_log")
        assert snapshot is not None
        sizes.append(len(snapshot.history))
    assert sizes[1] == sizes[2]


def test_a_backup_of_a_log_begun_anew_is_whole(store: DeltaLedger, folder: Path, tmp_path: Path) -> None:
    """What a backup takes is enough to go on from, also for other software."""
    commit(store, 250)
    copy = tmp_path / "copy"
    for name in ledger_files(folder):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / name, copy / name)
    restored = DeltaLedger(copy, SystemClock())
    assert [(each.part, each.note) for each in restored.parts(LINES)] == [
        (each.part, each.note) for each in store.parts(LINES)
    ]
    put(restored, LINES, {JANUARY: ["SELECT 5 AS n"]})
    assert sorted(row["n"] for row in DeltaTable(str(copy / LINES)).to_pyarrow_table().to_pylist()) == [2, 5]


def test_bills_keep_all_of_their_log(store: DeltaLedger, folder: Path) -> None:
    """Earlier statements of a bill stay readable for good."""
    commit(store, 201, BILLS)
    names = log_of(folder, BILLS)
    assert len([name for name in names if name.endswith(".json") and name[0] == "0"]) == 201
    assert len(DeltaLedger(folder, SystemClock()).history(BILLS, Part("c", "2026-01-01"))) == 201


def test_a_snapshot_that_is_broken_is_told(store: DeltaLedger, folder: Path) -> None:
    """Nothing is made up of what cannot be read."""
    commit(store, 100)
    (snapshot,) = (folder / LINES / "_delta_log").glob("_fairlead.*")
    snapshot.write_text("{", encoding="utf-8")
    with pytest.raises(BrokenWorldError, match=r"_fairlead\..*json"):
        DeltaLedger(folder, SystemClock()).parts(LINES)

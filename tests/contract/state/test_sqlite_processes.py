"""Several processes write to one state, and any of them may be killed at any instant."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.incident import Suspension
from fairlead.domain.journal_walk import walk
from fairlead.drivers.state import open_state
from fairlead.drivers.state_database import open_database
from fairlead.kernel.windows import iso
from fairlead.ports import StateStore
from fairlead.testing.state import MemoryState
from fairlead.testing.state_contract import MOMENT, deployment, draft, incident
from fairlead.testing.time import ManualClock

_PATIENCE = 20
"""Seconds for a process to begin."""

# The writers are forked, so that they need not import everything again; each opens a store of its own.
fork = multiprocessing.get_context("fork")


def act(store: StateStore, clock: ManualClock, number: int) -> None:
    """The decision with this number: always the same one at the same moment, so that it can be repeated elsewhere."""
    chance = random.Random(number)
    clock.advance(MOMENT + timedelta(seconds=number) - clock.now())
    model = chance.choice(["digits", "words"])
    told = draft(model=model, number=number)
    match chance.randrange(6):
        case 0:
            store.go_live(deployment(f"{model}@{number:012}", since=clock.now()), told)
        case 1:
            store.withdraw("prod", model, told)
        case 2:
            store.open_incident(incident(f"prod/{model}/unhealthy", f"{number % 3} failed"), told)
        case 3:
            store.close_incident(f"prod/{model}/unhealthy", told)
        case 4:
            store.suspend(Suspension(model, "audit", "ann", clock.now(), clock.now() + timedelta(days=1)), told)
        case _:
            store.request("sync", model, told)


def decide(folder: Path, first: int) -> None:
    """Decide until killed."""
    clock = ManualClock(MOMENT)
    store = open_state(folder, clock)
    for number in range(first, first + 100_000):
        act(store, clock, number)


def decided(store: StateStore) -> list[int]:
    """Numbers of the decisions that the journal holds."""
    return [record.draft.body["number"] for record in store.records(limit=1_000_000)]


def test_a_killed_writer_leaves_state_and_journal_equal(tmp_path: Path) -> None:
    """After kill -9 at any instant the chain holds, and what the journal tells, done again, gives the same state."""
    chance = random.Random(11)
    clock = ManualClock(MOMENT)
    store = open_state(tmp_path, clock)
    for _ in range(12):
        numbers = decided(store)
        writer = fork.Process(target=decide, args=(tmp_path, max(numbers, default=0) + 1))
        writer.start()
        begun, until = len(numbers), time.monotonic() + _PATIENCE
        while len(decided(store)) == begun and time.monotonic() < until:
            time.sleep(0.01)  # on a machine that others use as well it takes a while to begin
        time.sleep(chance.uniform(0.02, 0.3))
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
        assert [seen.faults for seen in walk(store.rows()) if seen.faults] == []
    numbers = decided(store)
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 12
    memory_clock = ManualClock(MOMENT)
    memory = MemoryState(memory_clock)
    for number in numbers:
        act(memory, memory_clock, number)
    assert decided(memory) == numbers
    assert store.deployments() == memory.deployments()
    assert store.incidents(open_only=False) == memory.incidents(open_only=False)
    assert store.suspensions() == memory.suspensions()
    assert [request[1:] for request in store.requests(0)] == [request[1:] for request in memory.requests(0)]
    store.close()


def note(folder: Path, writer: int, count: int) -> None:
    """Append so many records."""
    store = open_state(folder, ManualClock(MOMENT))
    for place in range(count):
        store.append(draft(writer=writer, place=place))
    store.close()


def test_concurrent_writers_never_fork_the_chain(tmp_path: Path) -> None:
    """Four processes open a new state at once and append: nothing is lost, and every record has one place."""
    writers = [fork.Process(target=note, args=(tmp_path, writer, 50)) for writer in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 4
    store = open_state(tmp_path, ManualClock(MOMENT))
    seen = list(walk(store.rows()))
    assert [each.faults for each in seen if each.faults] == []
    assert [each.row.sequence for each in seen] == list(range(1, 201))
    bodies = [each.record.draft.body for each in seen if each.record]
    for number in range(4):
        assert [body["place"] for body in bodies if body["writer"] == number] == list(range(50))
    store.close()


def test_a_change_that_fails_leaves_no_record(tmp_path: Path) -> None:
    """State and record are one transaction: what cannot be journaled does not happen."""
    store = open_state(tmp_path, ManualClock(MOMENT))
    with pytest.raises(TypeError, match=r"body\.share"):
        store.go_live(deployment(), draft(share=0.5))
    assert store.deployments() == []
    assert store.newest(1) == []
    store.close()


def test_a_moment_is_kept_to_the_millisecond(tmp_path: Path) -> None:
    """Every moment in the state reads as it was told, in UTC."""
    clock = ManualClock(MOMENT + timedelta(microseconds=321))
    store = open_state(tmp_path, clock)
    assert iso(store.append(draft()).at) == iso(MOMENT)
    assert store.newest(1)[0].at == MOMENT
    store.close()


def test_an_opened_database_is_durable(tmp_path: Path) -> None:
    """Each commit reaches the disk, so that a head signed into Git never names a record that a power cut took."""
    database = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    with database.reading() as connection:
        pragmas = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2]
    database.close()

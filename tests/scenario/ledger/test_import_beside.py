"""Imports beside others: the ledger is free while bills are read and staged, and is held only to publish them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.bootstrap import open_world, settings_for
from fairlead.domain.ledger import BILLS
from fairlead.flows.ledger import bill_publishing
from fairlead.flows.ledger.allocating import refresh
from fairlead.flows.ledger.import_result import ImportRequest, ImportResult
from fairlead.flows.ledger.importing import import_bills
from fairlead.flows.world import World
from fairlead.kernel.errors import ConflictError
from tests.scenario.ledger.bills import COLUMNS, ROWS, edited, imported, written


def imported_while(world: World, path: Path, when: str, act: Callable[[], object]) -> ImportResult:
    """Import a file, and do something else at the moment when it is told to be at `when`."""
    acted: list[object] = []

    def progress(done: int, total: int, label: str) -> None:  # noqa: ARG001 - as a Progress is called
        if label == when and not acted:
            acted.append(act)
            act()

    result = import_bills(world, [str(path)], ImportRequest("aws"), progress)
    assert acted, f"nothing was told of {when}"
    return result


def other(acme: Path) -> AbstractContextManager[World]:
    """The same workspace as another process has it."""
    return open_world(settings_for(acme))


def test_the_ledger_is_free_while_a_bill_is_staged(books: World, acme: Path, tmp_path: Path) -> None:
    """What asks for cost allocates meanwhile, and another bill comes in; nothing of the staged one is seen before."""
    imported(books, written(tmp_path / "a.csv", ROWS))

    def beside() -> None:
        with other(acme) as world:
            assert refresh(world).lines > 0
            imported(world, written(tmp_path / "c.csv", ROWS[:3]), source="other")
            assert [part.rows for part in world.ledger.parts(BILLS)] == [20, 3]

    imported_while(books, written(tmp_path / "b.csv", ROWS[:19]), "checking", beside)
    assert [part.rows for part in books.ledger.parts(BILLS)] == [19, 3]
    assert list((books.settings.state / "spill" / "imports").iterdir()) == []


def test_the_later_of_two_imports_is_compared_with_the_earlier(books: World, acme: Path, tmp_path: Path) -> None:
    """Though it had begun before there was anything to compare with."""

    def beside() -> None:
        with other(acme) as world:
            imported(world, written(tmp_path / "b.csv", ROWS[:5]))

    (period,) = imported_while(books, written(tmp_path / "a.csv", ROWS), "publishing", beside).periods
    assert period.replaced is not None
    assert (period.replaced.rows_before, period.replaced.rows) == (5, 15)
    assert [each.rows for each in books.ledger.history(BILLS, period.part)] == [20, 5]


def test_the_same_file_twice_at_once_changes_nothing_the_second_time(books: World, acme: Path, tmp_path: Path) -> None:
    """Whoever comes second finds it there."""
    path = written(tmp_path / "a.csv", ROWS)

    def beside() -> None:
        with other(acme) as world:
            assert not imported(world, path).unchanged

    assert imported_while(books, path, "publishing", beside).unchanged
    (part,) = books.ledger.parts(BILLS)
    assert len(books.ledger.history(BILLS, part.part)) == 1
    assert len(list((books.settings.state / "ledger" / "bills").glob("*.parquet"))) == 1


def test_an_import_waits_for_its_turn(books: World, acme: Path, tmp_path: Path) -> None:
    """What was staged is not thrown away because another writes at the moment it is done."""
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with other(acme) as world, world.ledger.writing():
            held.set()
            free.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(30)

    def soon() -> None:
        threading.Timer(0.5, free.set).start()

    try:
        imported_while(books, written(tmp_path / "a.csv", ROWS), "publishing", soon)
    finally:
        free.set()
        holder.join()
    assert [part.rows for part in books.ledger.parts(BILLS)] == [20]


def test_waiting_has_an_end(books: World, acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is told who holds the ledger, and nothing staged is left."""
    monkeypatch.setattr(bill_publishing, "_PATIENCE", timedelta(0))
    path = written(tmp_path / "a.csv", ROWS)
    with other(acme) as world, world.ledger.writing(), pytest.raises(ConflictError, match="is being written: process"):
        imported(books, path)
    assert list((books.settings.state / "spill" / "imports").iterdir()) == []
    assert books.ledger.parts(BILLS) == []


def test_own_columns_keep_one_spelling(books: World, acme: Path, tmp_path: Path) -> None:
    """Of two imports that name one column in two ways at once, the later is told to come again, and then follows."""
    rows = [[*row, "1"] for row in ROWS]
    path = written(tmp_path / "a.csv", rows, [*COLUMNS, "x_Team"])

    def beside() -> None:
        with other(acme) as world:
            imported(world, written(tmp_path / "b.csv", rows, [*COLUMNS, "x_team"]), source="other")

    with pytest.raises(ConflictError, match="'x_team' meanwhile"):
        imported_while(books, path, "publishing", beside)
    imported(books, path)
    assert [name for name in books.ledger.columns(BILLS) if name.casefold() == "x_team"] == ["x_team"]


def test_nothing_is_moved_that_is_not_published(books: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the commit cannot be written, the ledger's folder is as it was."""
    imported(books, written(tmp_path / "a.csv", ROWS))
    log = books.settings.state / "ledger" / "bills" / "_delta_log"
    before = list(log.parent.glob("*.parquet"))
    monkeypatch.setattr("fairlead.drivers.ledger.delta.write_commit", _full)
    with pytest.raises(Exception, match="No space left"):
        imported(books, written(tmp_path / "b.csv", edited((1, "BilledCost", "1"))))
    assert list(log.parent.glob("*.parquet")) == before


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")

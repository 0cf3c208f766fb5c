"""Which window a line belongs to."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from fairlead.kernel.windows import Window
from fairlead.meter.collectors.access_log import AccessLog, LogPosition
from fairlead.meter.intake import Intake
from fairlead.meter.tally import CustomerNames, Tally
from tests.unit.meter.access_lines import access_line, at

WINDOW = Window(at(0), at(60))


def intake_of(folder: Path, *lines: bytes, now: datetime) -> Intake:
    """The window's intake after reading these lines."""
    (folder / "access.log").write_bytes(b"".join(lines))
    names = [CustomerNames(frozenset(), 10) for _ in range(2)]
    intake = Intake(WINDOW, LogPosition(), *map(Tally, names))
    intake.read(AccessLog(folder), now)
    return intake


def requests(tally: Tally) -> int:
    """Lines that were counted."""
    return sum(row[0] for row in tally.rows.values())


def test_line_belongs_to_the_window_of_its_end(tmp_path: Path) -> None:
    """The window is half-open: a request that ends on its end is the next one's."""
    intake = intake_of(tmp_path, access_line(at(59.999999)), access_line(at(60)), now=at(63))
    assert (requests(intake.tally), requests(intake.carry)) == (1, 1)


def test_late_line_is_booked_in_the_open_window(tmp_path: Path) -> None:
    """A line of a published window is not dropped: it counts here, and that is told."""
    intake = intake_of(tmp_path, access_line(at(-100)), now=at(1))
    assert (requests(intake.tally), intake.trouble.late) == (1, 1)


def test_straggler_behind_the_boundary_counts_in_its_own_window(tmp_path: Path) -> None:
    """Two threads write out of order; a line of this window behind one of the next is still this window's."""
    intake = intake_of(tmp_path, access_line(at(60.2)), access_line(at(59.9)), access_line(at(60.3)), now=at(63))
    assert (requests(intake.tally), requests(intake.carry)) == (1, 2)
    assert intake.position.offset == (tmp_path / "access.log").stat().st_size


def test_reading_stops_behind_the_window_so_that_memory_is_bounded(tmp_path: Path) -> None:
    """After hours of downtime one window is read, not all of them."""
    later = [access_line(at(61 + n)) for n in range(1000)]
    intake = intake_of(tmp_path, access_line(at(1)), *later, now=at(9_000))
    assert (requests(intake.tally), requests(intake.carry)) == (1, 0)
    assert intake.position.offset == len(access_line(at(1)))


def test_line_from_the_future_does_not_stop_the_meter(tmp_path: Path) -> None:
    """A clock that was set back leaves lines from the future: counted where they are read, and told."""
    intake = intake_of(tmp_path, access_line(at(86_400)), access_line(at(2)), now=at(5))
    assert (requests(intake.tally), intake.trouble.future) == (2, 1)


def test_garbage_is_counted_and_spoils_nothing(tmp_path: Path) -> None:
    """Bad lines stand beside good ones."""
    intake = intake_of(tmp_path, b"\x00\xff\n", b"[]\n", b"{}\n", access_line(at(1)), now=at(5))
    assert (requests(intake.tally), intake.trouble.garbage) == (1, 3)


def test_read_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Each line is read once, however often reading is resumed."""
    intake = intake_of(tmp_path, access_line(at(1)), now=at(2))
    with (tmp_path / "access.log").open("ab") as file:
        file.write(access_line(at(3)))
    for _ in range(3):
        intake.read(AccessLog(tmp_path), at(4))
    assert requests(intake.tally) == 2

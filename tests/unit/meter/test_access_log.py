"""The log reader: whole lines only, each once, from any position, across rotation."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.meter.collectors.access_log import MAX_LINE, AccessLog, LogFile, LogPosition, parse_lines
from tests.unit.meter.access_lines import access_line, at

START = LogPosition()


def read_all(log: AccessLog, start: LogPosition = START) -> tuple[list[bytes], LogPosition, int]:
    """Lines, the position behind them, and how many were skipped."""
    lines: list[bytes] = []
    skipped = 0
    for batch in log.batches(start):
        lines += batch.data.splitlines(keepends=True)
        skipped += batch.skipped
        start = batch.after(batch.data.count(b"\n"))
    return lines, start, skipped


def rotate(folder: Path, number: int) -> None:
    """Put the current file aside, as the gateway does; a new one exists when it is opened anew."""
    (folder / "access.log").rename(folder / f"access.{number}.log")
    (folder / "access.log").touch()


def test_half_written_line_is_left_for_later(tmp_path: Path) -> None:
    """A line without its line feed is not read; when it is whole, it is read once."""
    first, second = access_line(at(0)), access_line(at(1))
    path = tmp_path / "access.log"
    path.write_bytes(first + second[:100])
    lines, position, skipped = read_all(AccessLog(tmp_path))
    assert (lines, skipped) == ([first], 0)
    path.write_bytes(first + second)
    assert read_all(AccessLog(tmp_path), position)[0] == [second]


def test_no_folder_is_an_empty_log(tmp_path: Path) -> None:
    """Before the gateway's first start there is nothing to read."""
    assert read_all(AccessLog(tmp_path / "gateway")) == ([], START, 0)


def test_rotated_files_are_read_oldest_first(tmp_path: Path) -> None:
    """File 2 was written before file 10, and the current one last."""
    for number in (2, 10):
        (tmp_path / "access.log").write_bytes(access_line(at(number)))
        rotate(tmp_path, number)
    (tmp_path / "access.log").write_bytes(access_line(at(11)))
    assert read_all(AccessLog(tmp_path))[0] == [access_line(at(second)) for second in (2, 10, 11)]


def test_position_follows_its_file_through_rotation(tmp_path: Path) -> None:
    """What was read before the rotation is not read again, and what was appended after it is not missed."""
    path = tmp_path / "access.log"
    path.write_bytes(access_line(at(0)))
    position = read_all(AccessLog(tmp_path))[1]
    with path.open("ab") as still_open:
        rotate(tmp_path, 1)
        still_open.write(access_line(at(1)))
    (tmp_path / "access.log").write_bytes(access_line(at(2)))
    assert read_all(AccessLog(tmp_path), position)[0] == [access_line(at(1)), access_line(at(2))]


def test_spent_files_go_and_others_stay(tmp_path: Path) -> None:
    """Only a file that lies wholly before the committed position is deleted."""
    log = AccessLog(tmp_path)
    (tmp_path / "access.log").write_bytes(access_line(at(0)))
    rotate(tmp_path, 1)
    position = read_all(log)[1]
    assert log.remove_spent(position) == []
    (tmp_path / "access.log").write_bytes(access_line(at(1)))
    position = read_all(log, position)[1]
    assert log.remove_spent(position) == [tmp_path / "access.1.log"]
    assert [file.path.name for file in log.files()] == ["access.log"]
    assert read_all(log, position)[0] == []


def test_nothing_goes_before_anything_is_committed(tmp_path: Path) -> None:
    """Without a known position no file is deleted."""
    (tmp_path / "access.1.log").write_bytes(access_line(at(0)))
    (tmp_path / "access.log").write_bytes(access_line(at(1)))
    assert AccessLog(tmp_path).remove_spent(START) == []


def test_line_that_a_killed_gateway_left_half_is_skipped_when_a_newer_file_exists(tmp_path: Path) -> None:
    """It will never get its line feed: counted, passed over, and the newer file is read."""
    (tmp_path / "access.log").write_bytes(access_line(at(0)) + access_line(at(1))[:50])
    rotate(tmp_path, 1)
    (tmp_path / "access.log").write_bytes(access_line(at(2)))
    lines, position, skipped = read_all(AccessLog(tmp_path))
    assert (lines, skipped) == ([access_line(at(0)), access_line(at(2))], 1)
    assert read_all(AccessLog(tmp_path), position) == ([], position, 0)


def test_line_over_the_bound_is_skipped(tmp_path: Path) -> None:
    """A line longer than a chunk costs no memory and hides no other line."""
    monster = b"x" * (3 * MAX_LINE + 17) + b"\n"
    (tmp_path / "access.log").write_bytes(access_line(at(0)) + monster + access_line(at(1)))
    lines, _, skipped = read_all(AccessLog(tmp_path))
    assert (lines, skipped) == ([access_line(at(0)), access_line(at(1))], 1)


def test_lost_file_of_the_position_is_told(tmp_path: Path) -> None:
    """A file that somebody removed or replaced is noticed, and reading goes on with what is there."""
    path = tmp_path / "access.log"
    path.write_bytes(access_line(at(0)))
    position = read_all(AccessLog(tmp_path))[1]
    path.write_bytes(access_line(at(0), customer="evil") + access_line(at(1)))
    batches = list(AccessLog(tmp_path).batches(position))
    assert batches[0].lost
    assert batches[1].data.count(b"\n") == 2


def test_file_that_was_swapped_after_the_listing_is_not_read_at_a_strange_offset(tmp_path: Path) -> None:
    """Between listing and opening the log may be rotated: then the next read finds it under its new name."""

    class Swapping(AccessLog):
        def files(self) -> list[LogFile]:
            listed = super().files()
            if not (tmp_path / "access.1.log").exists():
                rotate(tmp_path, 1)
                (tmp_path / "access.log").write_bytes(access_line(at(5)) * 3)
            return listed

    (tmp_path / "access.log").write_bytes(access_line(at(0)))
    position = read_all(AccessLog(tmp_path))[1]
    assert read_all(Swapping(tmp_path), position) == ([], position, 0)
    assert read_all(AccessLog(tmp_path), position)[0] == [access_line(at(5))] * 3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=25), st.integers(0, 2**32))
def test_every_line_is_read_once_whatever_happens_between_two_reads(steps: list[int], seed: int) -> None:
    """Appends, rotations, reads and restarts in any order: the lines come out as they went in."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "access.log").touch()
        written: list[bytes] = []
        seen: list[bytes] = []
        position, number = START, 0
        for step in [*steps, 2]:
            if step in {0, 1}:
                line = access_line(at(len(written)), request=f"{seed}-{len(written)}" * (1 + step * 40))
                with (folder / "access.log").open("ab") as file:
                    file.write(line)
                written.append(line)
            elif step == 3:
                number += 1
                rotate(folder, number)
            else:
                lines, position, _ = read_all(AccessLog(folder), position)
                seen += lines
                AccessLog(folder).remove_spent(position)
        assert seen == written


def test_one_bad_line_spoils_no_other() -> None:
    """Values come one per line, None for a line that holds none."""
    data = b'{"a": 1}\nnot json\n\n{"a": 2}\n{"a": 1},{"b": 2}\n'
    assert parse_lines(data) == [{"a": 1}, None, None, {"a": 2}, {"b": 2}]
    assert parse_lines(b"") == []


def test_two_broken_lines_do_not_pass_as_one() -> None:
    """An open string ends with its line, so that halves cannot join."""
    assert parse_lines(b'{"a": "x}\n{y"}\n{"a":1},{"b":2}\n') == [None, None, {"b": 2}]


def test_line_that_was_written_behind_half_a_line_is_kept() -> None:
    """A gateway that was killed leaves half a line; its successor's first line follows on it and still counts."""
    assert parse_lines(b'{"start":"17{"start":"1","code":200}\n') == [{"start": "1", "code": 200}]


def test_bytes_that_are_no_text_spoil_nothing() -> None:
    """A header may hold any byte; the line is read with a replacement character."""
    assert parse_lines(b'{"customer": "caf\xe9"}\n') == [{"customer": "caf\ufffd"}]


def test_deep_nesting_is_a_bad_line() -> None:
    """A hostile line costs its own place only."""
    assert parse_lines(b"[" * 100_000 + b"\n{}\n") == [None, {}]


def test_reading_leaves_no_file_open(tmp_path: Path) -> None:
    """Descriptors are given back, also when reading stops in the middle."""
    (tmp_path / "access.log").write_bytes(access_line(at(0)) * 10_000)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        batches = AccessLog(tmp_path).batches(START)
        next(batches)
        del batches
    assert len(list(Path("/proc/self/fd").iterdir())) == before

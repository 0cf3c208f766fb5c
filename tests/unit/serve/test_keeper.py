"""The parts of a keeper that need no process: its log and its files."""

from __future__ import annotations

import json
import os
from pathlib import Path

from fairlead.serve.keeper import LINE_BYTES, Log, Tree, stamp, write
from fairlead.serve.records import last_lines, log_entries


def entries(folder: Path) -> list[tuple[str, str]]:
    """Level and text of all lines."""
    return [(entry.level, entry.text) for entry in log_entries(folder)]


def test_lines_are_put_together(tmp_path: Path) -> None:
    """Pieces of two outputs do not mix; the last line needs no line feed; empty lines are left out."""
    log = Log(str(tmp_path), 10_000, 4)
    log.feed(1, b"from stan")
    log.feed(2, b"WARNING: other\n\n")
    log.feed(1, b"dard output\r\nthe rest")
    log.close()
    assert entries(tmp_path) == [("warning", "WARNING: other"), ("info", "from standard output"), ("info", "the rest")]


def test_a_line_without_end_is_bounded(tmp_path: Path) -> None:
    """A server that never ends its line is written down and cut."""
    log = Log(str(tmp_path), 10_000_000, 4)
    log.feed(1, b"x" * (LINE_BYTES + 1))
    log.feed(1, b"y\n")
    assert [len(text) for _, text in entries(tmp_path)] == [LINE_BYTES, 1]


def test_odd_bytes_are_kept_readable(tmp_path: Path) -> None:
    """What is no UTF-8 is replaced, so that each line stays JSON."""
    log = Log(str(tmp_path), 10_000, 4)
    log.feed(1, b'\xff "quoted" \x00\n')
    assert entries(tmp_path) == [("info", '� "quoted" \x00')]


def test_secrets_are_taken_out(tmp_path: Path) -> None:
    """What a server was given as a secret is not in its log, also where a long line is cut in the middle of it."""
    log = Log(str(tmp_path), 1_000_000, 4, ("canary-1", "canary-2"))
    log.feed(1, b"key canary-1, then canary-2\n")
    log.feed(1, b"x" * (LINE_BYTES - 4) + b"canary-1\n")
    assert entries(tmp_path)[0] == ("info", "key [secret], then [secret]")
    assert entries(tmp_path)[1][1].endswith("x[sec")


def test_files_turn_over(tmp_path: Path) -> None:
    """Full files move up, the oldest goes, and order holds over all of them."""
    log = Log(str(tmp_path), 200, 3)
    for number in range(40):
        log.feed(1, b"line %d\n" % number)
    numbers = [int(text.split()[1]) for _, text in entries(tmp_path)]
    assert len(list(tmp_path.iterdir())) == 3
    assert numbers == list(range(numbers[0], 40))
    assert numbers[0] > 0
    log.feed(1, b"one more\n")
    assert last_lines(tmp_path, 1) == ["one more"]


def test_a_file_is_replaced_at_once(tmp_path: Path) -> None:
    """No name but the final one stays behind."""
    for value in (1, 2):
        write(str(tmp_path / "reading.json"), {"value": value})
    assert [path.name for path in tmp_path.iterdir()] == ["reading.json"]
    assert json.loads((tmp_path / "reading.json").read_text()) == {"value": 2}


def test_a_moment_as_text() -> None:
    """RFC 3339 with milliseconds, cut, not rounded."""
    assert stamp(1_795_437_600.9996) == "2026-11-23T12:40:00.999Z"


def test_strangers_are_never_members() -> None:
    """Neither this process nor its parent is a descendant of it."""
    assert not {os.getpid(), os.getppid(), 1} & Tree().members().keys()

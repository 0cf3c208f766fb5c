"""Files that are no usage, disks that are full, processes that were killed: the ledger stays as it was."""

from __future__ import annotations

import gzip
import resource
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from fairlead.flows.world import World
from fairlead.kernel.errors import BrokenWorldError
from tests.scenario.ledger.usage import collect, line, rows, usage


def test_a_file_of_other_lines_is_no_usage(books: World, tmp_path: Path) -> None:
    """A file in which hardly a line has the columns that it names is refused as a whole, in bounded memory."""
    file = usage(tmp_path / "u.csv", line("2026-11-01T00:00", "a", "1"), *["what is this"] * 20_000)
    answer = collect(books, file)
    assert [(each.rule, each.row) for each in answer.findings] == [("usage/file", 0)]
    assert answer.months == ()


@pytest.mark.parametrize(
    "content",
    [b"{", b"[1]", b'{"data": 1}', b"", b"\xff\xfe\x00", b"PAR1 and no more", b"a,b\n1,2\n", b"\x1f\x8bbroken"],
)
def test_what_is_no_usage_is_told(books: World, tmp_path: Path, content: bytes) -> None:
    """An empty, binary, broken or foreign file is one finding, and the ledger stays as it was."""
    file = tmp_path / "u.csv"
    file.write_bytes(content)
    answer = collect(books, file)
    assert answer.findings
    assert {(each.rule, each.refused) for each in answer.findings} <= {("usage/file", True), ("usage/opencost", True)}
    assert answer.months == ()
    assert answer.refused


def test_a_packed_file_that_breaks_off_is_refused(books: World, tmp_path: Path) -> None:
    """A gzip that was cut is not taken for the rows that it still has."""
    lines = [line("2026-11-01T00:00", f"p{number}", "1") for number in range(2000)]
    packed = gzip.compress(usage(tmp_path / "u.csv", *lines).read_bytes())
    cut = tmp_path / "u.csv.gz"
    cut.write_bytes(packed[: len(packed) // 2])
    answer = collect(books, cut)
    assert [each.rule for each in answer.findings] == ["usage/file"]
    assert answer.months == ()


def test_a_full_disk_leaves_the_ledger_as_it_was(books: World, tmp_path: Path) -> None:
    """Where nothing more can be written, it is said, and what was collected before stays whole."""
    collect(books, usage(tmp_path / "u.csv", line("2026-11-01T00:00", "a", "1")))
    before = rows(books)
    lines = [line("2026-11-01T00:00", f"{uuid4()}", "1") for _ in range(20_000)]
    large = usage(tmp_path / "large.csv", *lines)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limit[1]))
    try:
        with pytest.raises(BrokenWorldError, match="make room"):
            collect(books, large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert rows(books) == before
    assert list((books.settings.state / "ledger" / "collecting").iterdir()) == []


def test_a_killed_collection_leaves_nothing(books: World, tmp_path: Path) -> None:
    """What a killed process had staged is cleared away by the next collection, and the ledger is as it was."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = books.settings.state / "ledger" / "collecting" / f"{ended.pid}-abc"
    left.mkdir(parents=True)
    (left / "raw-0.parquet").write_bytes(b"half")
    collect(books, usage(tmp_path / "u.csv", line("2026-11-01T00:00", "a", "1")))
    assert not left.exists()
    assert len(rows(books)) == 1


def test_nothing_is_left_behind(books: World, tmp_path: Path) -> None:
    """After a collection, the folder where it staged is empty."""
    collect(books, usage(tmp_path / "u.csv", line("2026-11-01T00:00", "a", "1")))
    assert list((books.settings.state / "ledger" / "collecting").iterdir()) == []

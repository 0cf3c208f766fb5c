"""Files of usage into the ledger: what is refused, what is kept, and that nothing is doubled or lost."""

# ruff: noqa: S608 - queries over the test's own files

from __future__ import annotations

import gzip
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pygit2
import pytest

from fairlead.bootstrap import open_world, settings_for
from fairlead.domain.ledger import USAGE
from fairlead.flows.ledger.collecting import Span, collect_files
from fairlead.flows.world import World
from fairlead.kernel.errors import BrokenWorldError, UsageError
from fairlead.meter.collectors.outcome import Collected
from fairlead.testing.progress import no_progress

HEAD = "window_start,window_end,resource,pod,measure,quantity"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A workspace that declares nothing, with an empty ledger."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "fairlead.yaml").write_text("apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nname: acme\n")
    pygit2.init_repository(folder, initial_head="main")
    with open_world(settings_for(folder)) as opened:
        yield opened


def collect(world: World, *paths: Path, span: Span | None = None, source: str = "cluster") -> Collected:
    """Collect files as the command does."""
    return collect_files(world, source, paths, span or Span(), no_progress)


def rows(world: World) -> list[dict[str, Any]]:
    """All usage of the ledger, oldest first."""
    files = [file for part in world.ledger.parts(USAGE) for file in part.files]
    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'")
    found = engine.execute(
        "SELECT strftime(window_start, '%Y-%m-%dT%H:%M') AS start, pod, measure, quantity, source_file, source_row"
        " FROM read_parquet(?) ORDER BY window_start, pod, measure",
        [files],
    )
    heads = [each[0] for each in found.description]
    return [dict(zip(heads, row, strict=True)) for row in found.fetchall()]


def line(start: str, pod: str, quantity: str, measure: str = "gpu_seconds") -> str:
    """One row of five minutes from `start`, which ends in minutes."""
    end = f"{start[:-1]}{int(start[-1]) + 5}"
    return f"{start}:00Z,{end}:00Z,i-1,{pod},{measure},{quantity}"


def usage(path: Path, *lines: str, head: str = HEAD) -> Path:
    """A CSV of these lines."""
    path.write_text("\n".join([head, *lines]) + "\n")
    return path


def test_months_are_parts(world: World, tmp_path: Path) -> None:
    """Each row stands in its month, exactly as the file has it, with its place in the file."""
    file = usage(
        tmp_path / "u.csv", line("2026-10-31T23:50", "a", "0.1"), line("2026-11-01T00:00", "b", "299.999999999")
    )
    answer = collect(world, file)
    assert [(each.period, each.rows, each.changed) for each in answer.months] == [
        ("2026-10-01", 1, True),
        ("2026-11-01", 1, True),
    ]
    assert not answer.refused
    assert [(row["quantity"], row["source_file"], row["source_row"]) for row in rows(world)] == [
        (Decimal("0.1"), "u.csv", 1),
        (Decimal("299.999999999"), "u.csv", 2),
    ]


def test_the_same_twice_changes_nothing(world: World, tmp_path: Path) -> None:
    """The same file again writes no new version of the table."""
    file = usage(tmp_path / "u.csv", line("2026-10-31T23:50", "a", "0.1"), line("2026-11-01T00:00", "b", "2"))
    first = collect(world, file)
    again = collect(world, file)
    assert (first.version, again.version) == (0, None)
    assert [each.changed for each in again.months] == [False, False]
    assert len(rows(world)) == 2


def test_other_spans_of_the_month_stay(world: World, tmp_path: Path) -> None:
    """A day that is collected anew replaces that day; other days of the month and other sources stay."""
    first, second = line("2026-11-01T00:00", "a", "1"), line("2026-11-02T00:00", "a", "2")
    collect(world, usage(tmp_path / "u.csv", first, second))
    collect(world, usage(tmp_path / "other.csv", line("2026-11-02T00:00", "z", "9")), source="other")
    collect(world, usage(tmp_path / "day.csv", line("2026-11-02T00:00", "b", "3")))
    assert [(row["pod"], row["quantity"]) for row in rows(world)] == [("a", 1), ("b", 3), ("z", 9)]


def test_a_span_leaves_out_what_lies_outside(world: World, tmp_path: Path) -> None:
    """--from and --to say which windows are taken, and which are replaced though nothing new came for them."""
    both = usage(tmp_path / "u.csv", line("2026-11-01T00:00", "a", "1"), line("2026-11-02T00:00", "a", "2"))
    collect(world, both, span=Span(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)))
    assert [row["quantity"] for row in rows(world)] == [2]
    with pytest.raises(UsageError, match="before --from"):
        Span(datetime(2026, 11, 3, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))


def test_bad_rows_are_told_and_the_rest_is_taken(world: World, tmp_path: Path) -> None:
    """Each bad row is told with file, row, column, value and mend, at its own place; the others are in the ledger."""
    file = usage(
        tmp_path / "u.csv",
        line("2026-11-01T00:00", "a", "1"),
        "too,few",
        line("2026-11-01T00:00", "b", "-1"),
        line("2026-11-01T00:00", "c", "1", measure="gpu_hours"),
        line("2026-11-01T00:00", "a", "1"),
        line("2026-11-01T00:00", "d", "1"),
    )
    answer = collect(world, file)
    told = {(each.row, each.column, each.value, each.rule) for each in answer.findings}
    assert told == {
        (2, "", "too,few", "usage/line"),
        (3, "quantity", "-1", "usage/quantity"),
        (4, "measure", "gpu_hours", "usage/measure"),
        (5, "measure", "gpu_seconds", "usage/repeated"),
    }
    assert all(each.path == str(file) and each.mend and each.refused for each in answer.findings)
    (read,) = answer.files
    assert (read.rows_read, read.rows_accepted, read.rows_refused) == (6, 2, 4)
    assert answer.refused
    assert [(row["pod"], row["source_row"]) for row in rows(world)] == [("a", 1), ("d", 6)]


def test_many_of_one_kind_are_counted(world: World, tmp_path: Path) -> None:
    """A thousand rows with the same fault are ten findings, and the last counts for the rest."""
    bad = [line("2026-11-01T00:00", f"p{number}", "-1") for number in range(1000)]
    answer = collect(world, usage(tmp_path / "u.csv", *bad))
    assert len(answer.findings) == 10
    assert sum(each.count for each in answer.findings) == 1000
    assert answer.months == ()
    assert answer.refused


def test_a_file_of_other_lines_is_no_usage(world: World, tmp_path: Path) -> None:
    """A file in which hardly a line has the columns that it names is refused as a whole, in bounded memory."""
    file = usage(tmp_path / "u.csv", line("2026-11-01T00:00", "a", "1"), *["what is this"] * 20_000)
    answer = collect(world, file)
    assert [(each.rule, each.row) for each in answer.findings] == [("usage/file", 0)]
    assert answer.months == ()


def test_repeats_are_found_over_files_and_label_order(world: World, tmp_path: Path) -> None:
    """The same consumer, window and measure in two files of a collection is refused, however its labels are ordered."""
    head = f"{HEAD},labels"
    one = usage(tmp_path / "1.csv", line("2026-11-01T00:00", "a", "1") + ',"{""x"": ""1"", ""y"": ""2""}"', head=head)
    two = usage(tmp_path / "2.csv", line("2026-11-01T00:00", "a", "1") + ',"{""y"": ""2"", ""x"": ""1""}"', head=head)
    answer = collect(world, one, two)
    assert [(each.path, each.row, each.rule) for each in answer.findings] == [(str(two), 1, "usage/repeated")]
    assert [(each.rows_accepted, each.rows_refused) for each in answer.files] == [(1, 0), (0, 1)]


def test_parquet_gzip_and_semicolons_say_the_same(world: World, tmp_path: Path) -> None:
    """The same usage as CSV, packed CSV, CSV with semicolons and a byte order mark, and Parquet is the same usage."""
    plain = usage(tmp_path / "u.csv", line("2026-11-01T00:00", "a", "1.25"), line("2026-11-01T00:00", "b", "2"))
    packed = tmp_path / "u.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    other = tmp_path / "semicolons.csv"
    other.write_bytes(b"\xef\xbb\xbf" + plain.read_bytes().replace(b",", b";").replace(b"\n", b"\r\n"))
    parquet = tmp_path / "u.parquet"
    duckdb.execute(
        "COPY (SELECT window_start::TIMESTAMPTZ AS window_start, window_end::TIMESTAMP AS window_end, resource, pod,"
        f" measure, quantity::DECIMAL(20, 4) AS quantity FROM '{plain}') TO '{parquet}'"
    )
    seen = []
    for file in (plain, packed, other, parquet):
        answer = collect(world, file)
        assert answer.findings == ()
        seen.append([(row["start"], row["pod"], row["quantity"], row["source_row"]) for row in rows(world)])
    assert seen == [seen[0]] * 4


def test_floats_are_rounded_and_it_is_said(world: World, tmp_path: Path) -> None:
    """A Parquet column of floats is taken, rounded to 9 digits, with a note that refuses nothing."""
    parquet = tmp_path / "u.parquet"
    duckdb.execute(
        "COPY (SELECT TIMESTAMP '2026-11-01' AS window_start, TIMESTAMP '2026-11-01 00:05' AS window_end,"
        f" 0.1::DOUBLE + 0.2::DOUBLE AS gpu_seconds) TO '{parquet}'"
    )
    answer = collect(world, parquet)
    assert [(each.rule, each.column, each.refused) for each in answer.findings] == [
        ("usage/float", "gpu_seconds", False)
    ]
    assert rows(world)[0]["quantity"] == Decimal("0.3")
    assert not answer.refused


def test_opencost_allocations_are_usage(world: World, tmp_path: Path) -> None:
    """An answer of OpenCost is usage by pod; its two containers are two rows, and what is wrong in it is told."""
    span = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-01T01:00:00Z"}
    pod = {"namespace": "ml", "pod": "a", "providerID": "aws:///eu-west-1a/i-0a1"}
    first = {"name": "a/x", **span, "properties": {**pod, "container": "x"}, "cpuCoreUsageAverage": 0.5}
    second = {"name": "a/y", **span, "properties": {**pod, "container": "y"}, "cpuCoreUsageAverage": 0.25}
    broken = {"name": "a/z", **span, "properties": {**pod, "container": "z"}, "cpuCoreUsageAverage": -1}
    file = tmp_path / "allocations.json"
    file.write_text(json.dumps({"code": 200, "data": [{"x": first, "y": second, "z": broken}]}))
    answer = collect(world, file)
    assert [(each.row, each.rule, each.value) for each in answer.findings] == [(3, "usage/opencost", "-1")]
    assert {(row["pod"], row["measure"], row["quantity"]) for row in rows(world)} == {
        ("a", "cpu_seconds", Decimal(1800)),
        ("a", "cpu_seconds", Decimal(900)),
    }
    (read,) = answer.files
    assert (read.rows_read, read.rows_accepted, read.rows_refused) == (3, 2, 1)


@pytest.mark.parametrize(
    "content",
    [b"{", b"[1]", b'{"data": 1}', b"", b"\xff\xfe\x00", b"PAR1 and no more", b"a,b\n1,2\n", b"\x1f\x8bbroken"],
)
def test_what_is_no_usage_is_told(world: World, tmp_path: Path, content: bytes) -> None:
    """An empty, binary, broken or foreign file is one finding, and the ledger stays as it was."""
    file = tmp_path / "u.csv"
    file.write_bytes(content)
    answer = collect(world, file)
    assert answer.findings
    assert {(each.rule, each.refused) for each in answer.findings} <= {("usage/file", True), ("usage/opencost", True)}
    assert answer.months == ()
    assert answer.refused


def test_a_packed_file_that_breaks_off_is_refused(world: World, tmp_path: Path) -> None:
    """A gzip that was cut is not taken for the rows that it still has."""
    lines = [line("2026-11-01T00:00", f"p{number}", "1") for number in range(2000)]
    packed = gzip.compress(usage(tmp_path / "u.csv", *lines).read_bytes())
    cut = tmp_path / "u.csv.gz"
    cut.write_bytes(packed[: len(packed) // 2])
    answer = collect(world, cut)
    assert [each.rule for each in answer.findings] == ["usage/file"]
    assert answer.months == ()


def test_a_full_disk_leaves_the_ledger_as_it_was(world: World, tmp_path: Path) -> None:
    """Where nothing more can be written, it is said, and what was collected before stays whole."""
    collect(world, usage(tmp_path / "u.csv", line("2026-11-01T00:00", "a", "1")))
    before = rows(world)
    lines = [line("2026-11-01T00:00", f"{uuid4()}", "1") for _ in range(20_000)]
    large = usage(tmp_path / "large.csv", *lines)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limit[1]))
    try:
        with pytest.raises(BrokenWorldError, match="make room"):
            collect(world, large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert rows(world) == before
    assert list((world.settings.state / "ledger" / "collecting").iterdir()) == []


def test_a_killed_collection_leaves_nothing(world: World, tmp_path: Path) -> None:
    """What a killed process had staged is cleared away by the next collection, and the ledger is as it was."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = world.settings.state / "ledger" / "collecting" / f"{ended.pid}-abc"
    left.mkdir(parents=True)
    (left / "raw-0.parquet").write_bytes(b"half")
    collect(world, usage(tmp_path / "u.csv", line("2026-11-01T00:00", "a", "1")))
    assert not left.exists()
    assert len(rows(world)) == 1


def test_nothing_is_left_behind(world: World, tmp_path: Path) -> None:
    """After a collection, the folder where it staged is empty."""
    collect(world, usage(tmp_path / "u.csv", line("2026-11-01T00:00", "a", "1")))
    assert list((world.settings.state / "ledger" / "collecting").iterdir()) == []

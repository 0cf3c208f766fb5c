"""What a file of usage may look like, and what is told of rows that cannot be used."""

# ruff: noqa: S608 - queries over the test's own files

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path

import duckdb

from fairlead.flows.world import World
from tests.scenario.ledger.usage import HEAD, collect, line, rows, usage


def test_many_of_one_kind_are_counted(books: World, tmp_path: Path) -> None:
    """A thousand rows with the same fault are ten findings, and the last counts for the rest."""
    bad = [line("2026-11-01T00:00", f"p{number}", "-1") for number in range(1000)]
    answer = collect(books, usage(tmp_path / "u.csv", *bad))
    assert len(answer.findings) == 10
    assert sum(each.count for each in answer.findings) == 1000
    assert answer.months == ()
    assert answer.refused


def test_bad_rows_are_told_and_the_rest_is_taken(books: World, tmp_path: Path) -> None:
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
    answer = collect(books, file)
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
    assert [(row["pod"], row["source_row"]) for row in rows(books)] == [("a", 1), ("d", 6)]


def test_repeats_are_found_over_files_and_label_order(books: World, tmp_path: Path) -> None:
    """The same consumer, window and measure in two files of a collection is refused, however its labels are ordered."""
    head = f"{HEAD},labels"
    one = usage(tmp_path / "1.csv", line("2026-11-01T00:00", "a", "1") + ',"{""x"": ""1"", ""y"": ""2""}"', head=head)
    two = usage(tmp_path / "2.csv", line("2026-11-01T00:00", "a", "1") + ',"{""y"": ""2"", ""x"": ""1""}"', head=head)
    answer = collect(books, one, two)
    assert [(each.path, each.row, each.rule) for each in answer.findings] == [(str(two), 1, "usage/repeated")]
    assert [(each.rows_accepted, each.rows_refused) for each in answer.files] == [(1, 0), (0, 1)]


def test_parquet_gzip_and_semicolons_say_the_same(books: World, tmp_path: Path) -> None:
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
        answer = collect(books, file)
        assert answer.findings == ()
        seen.append([(row["start"], row["pod"], row["quantity"], row["source_row"]) for row in rows(books)])
    assert seen == [seen[0]] * 4


def test_floats_are_rounded_and_it_is_said(books: World, tmp_path: Path) -> None:
    """A Parquet column of floats is taken, rounded to 9 digits, with a note that refuses nothing."""
    parquet = tmp_path / "u.parquet"
    duckdb.execute(
        "COPY (SELECT TIMESTAMP '2026-11-01' AS window_start, TIMESTAMP '2026-11-01 00:05' AS window_end,"
        f" 0.1::DOUBLE + 0.2::DOUBLE AS gpu_seconds) TO '{parquet}'"
    )
    answer = collect(books, parquet)
    assert [(each.rule, each.column, each.refused) for each in answer.findings] == [
        ("usage/float", "gpu_seconds", False)
    ]
    assert rows(books)[0]["quantity"] == Decimal("0.3")
    assert not answer.refused


def test_opencost_allocations_are_usage(books: World, tmp_path: Path) -> None:
    """An answer of OpenCost is usage by pod; its two containers are two rows, and what is wrong in it is told."""
    span = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-01T01:00:00Z"}
    pod = {"namespace": "ml", "pod": "a", "providerID": "aws:///eu-west-1a/i-0a1"}
    first = {"name": "a/x", **span, "properties": {**pod, "container": "x"}, "cpuCoreUsageAverage": 0.5}
    second = {"name": "a/y", **span, "properties": {**pod, "container": "y"}, "cpuCoreUsageAverage": 0.25}
    broken = {"name": "a/z", **span, "properties": {**pod, "container": "z"}, "cpuCoreUsageAverage": -1}
    file = tmp_path / "allocations.json"
    file.write_text(json.dumps({"code": 200, "data": [{"x": first, "y": second, "z": broken}]}))
    answer = collect(books, file)
    assert [(each.row, each.rule, each.value) for each in answer.findings] == [(3, "usage/opencost", "-1")]
    assert {(row["pod"], row["measure"], row["quantity"]) for row in rows(books)} == {
        ("a", "cpu_seconds", Decimal(1800)),
        ("a", "cpu_seconds", Decimal(900)),
    }
    (read,) = answer.files
    assert (read.rows_read, read.rows_accepted, read.rows_refused) == (3, 2, 1)


def test_shares_of_more_than_a_gpu_are_told(books: World, tmp_path: Path) -> None:
    """Four quarters of a GPU are one; a fifth is a finding, and the rows are kept as they were measured."""
    quarters = [f"{line('2026-11-01T00:00', f'p{number}', '75')},GPU-a" for number in range(4)]
    whole = collect(books, usage(tmp_path / "u.csv", *quarters, head=f"{HEAD},UUID"))
    assert not whole.findings
    fifth = f"{line('2026-11-01T00:00', 'p4', '75')},GPU-a"
    answer = collect(books, usage(tmp_path / "u.csv", *quarters, fifth, head=f"{HEAD},UUID"))
    (finding,) = answer.findings
    assert (finding.rule, finding.row, finding.value, finding.refused) == ("usage/gpu-over", 1, "GPU-a", False)
    assert sum(row["quantity"] for row in rows(books)) == 375

"""`fairlead ledger validate` over real and made files, as a person would type it."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from fairlead.meter.conformance.books import rule_book
from fairlead.show.cli.ledger import ledger
from tests.unit.meter.conformance.clean_bill import clean_rows


def write(path: Path, rows: Sequence[Mapping[str, str | None]]) -> Path:
    """A CSV file of these rows."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def validated(*words: str) -> Result:
    """The command's result."""
    return CliRunner().invoke(ledger, ["validate", *words])


def report(*words: str) -> dict[str, Any]:
    """The command's answer as JSON."""
    answer: dict[str, Any] = json.loads(validated(*words, "--format", "json").stdout)
    return answer


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """A bill of FOCUS 1.2 that breaks nothing."""
    return write(tmp_path / "clean.csv", clean_rows(rule_book("1.2").columns))


def test_a_clean_bill_conforms(clean: Path) -> None:
    """Exit 0, no rule failed or warned, and what was not checked is counted apart from what passed."""
    result = validated(str(clean), "--focus", "1.2", "--applicability", "all")
    assert result.exit_code == 0, result.output
    counts = report(str(clean), "--applicability", "all")["counts"]
    assert (counts["rules"], counts["failed"], counts["warned"]) == (621, 0, 0)
    assert counts["checked"] + counts["not_applicable"] + counts["not_checked"] == counts["rules"]
    assert counts["passed"] == counts["checked"] > 200
    assert counts["not_checked"] > 200


def test_the_real_bill_is_dirty(public_data: Path) -> None:
    """The half AWS bill of FOCUS 1.0: NULL as text in all 471 rows, times without zone, a stray column, each named."""
    bill = public_data / "focus" / "focus_1.0_aws_half.csv"
    result = validated(str(bill))
    assert result.exit_code == 1
    answer = report(str(bill))
    assert (answer["focus_version"], answer["verdict"], answer["rows"]) == ("1.0", "does-not-conform", 471)
    broken = {rule["id"]: rule for rule in answer["rules"] if rule["verdict"] == "fail"}
    assert broken["ColumnHandling-A-010-M"]["examples"] == [{"row": 0, "values": {"column": "Id"}}]
    assert broken["NullHandling-A-002-M"]["rows"] == 471
    assert broken["ChargePeriodStart-format"]["rows"] == 471
    assert broken["ChargePeriodStart-format"]["examples"][0] == {
        "row": 1,
        "values": {"ChargePeriodStart": "2024-09-18 22:00:00"},
    }
    assert broken["ResourceType-C-005-C"]["rows"] == 378


def test_a_compressed_file_and_parquet_are_judged_alike(clean: Path, tmp_path: Path) -> None:
    """Gzip changes nothing; Parquet has types, so that rules about text are checked as well."""
    squeezed = tmp_path / "clean.csv.gz"
    squeezed.write_bytes(gzip.compress(clean.read_bytes()))
    parquet = tmp_path / "clean.parquet"
    duckdb.sql(f"COPY (FROM read_csv('{clean}', all_varchar = true)) TO '{parquet}'")
    plain, packed, typed = (report(str(path), "--focus", "1.2") for path in (clean, squeezed, parquet))
    assert plain["counts"] == packed["counts"]
    decimals = [rule["id"] for rule in typed["rules"] if rule["verdict"] == "fail" and rule["function"] == "Type"]
    assert "BilledCost-C-002-M" not in {rule["id"] for rule in plain["rules"] if rule["verdict"] == "fail"}
    assert any(name.startswith("BilledCost") for name in decimals), "text is no decimal in a file that has types"


def test_typed_parquet_conforms(clean: Path, tmp_path: Path) -> None:
    """A Parquet file with decimals and moments conforms, and more of it is checked than of CSV."""
    kinds = {
        rule.entity: rule.requirement.function
        for rule in rule_book("1.2").rules
        if rule.function == "Type" and rule.requirement
    }
    casts = {"TypeDecimal": "DECIMAL(38,12)", "TypeDateTime": "TIMESTAMPTZ", "TypeString": "VARCHAR"}
    columns = rule_book("1.2").columns
    chosen = ", ".join(
        f'"{name}"::{casts[kinds[name]]} AS "{name}"' if name in kinds else f'"{name}"' for name in columns
    )
    parquet = tmp_path / "typed.parquet"
    duckdb.sql(f"COPY (SELECT {chosen} FROM read_csv('{clean}', all_varchar = true)) TO '{parquet}'")  # noqa: S608 - our own files
    typed, plain = (report(str(path), "--focus", "1.2", "--applicability", "all") for path in (parquet, clean))
    assert (typed["verdict"], typed["counts"]["failed"]) == ("conforms", 0)
    assert typed["counts"]["checked"] > plain["counts"]["checked"]


def test_the_first_rows_that_break_a_rule_are_shown(tmp_path: Path) -> None:
    """How many rows break a rule, and the first three with their values as they stood."""
    rows = clean_rows(rule_book("1.2").columns)
    wrong = [row | {"ChargeCategory": "usage"} for row in rows[:1]] * 5
    path = write(tmp_path / "wrong.csv", [*rows, *wrong])
    (rule,) = [each for each in report(str(path))["rules"] if each["id"] == "ChargeCategory-C-003-M"]
    assert (rule["verdict"], rule["rows"]) == ("fail", 5)
    assert rule["examples"] == [{"row": len(rows) + n, "values": {"ChargeCategory": "usage"}} for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02\xff\xfe\n\x00", "no list of names"),
        (b"a,b\n1,2\n", "no column of FOCUS"),
        (b"PAR1nothing", "cannot be read"),
        (b'{"BilledCost": 1}', "this is json"),
        (b"BilledCost,ChargeCategory\n1,Usage\n1,Usage,3\n", "data row 2"),
        (b"BilledCost,ChargeCategory\n1,Usage\n1\n", "data row 2"),
        (b"BilledCost,ChargeCategory\n1,caf\xe9\n", "not utf-8"),
        (b'BilledCost,ServiceName\n1,a\n1,"b\n1,c\n', "data row 2 opens is never closed"),
        (gzip.compress(b"BilledCost\n" + b"1\n" * 100_000, mtime=0)[:-20], "cut off"),
    ],
)
def test_what_is_no_bill_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    """A file that is no table, or none of FOCUS, ends with 2 and says what is wrong, without a traceback."""
    path = tmp_path / "file"
    path.write_bytes(content)
    result = validated(str(path))
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_column_that_comes_twice_is_named(tmp_path: Path) -> None:
    """The second one is none of FOCUS's, and a byte-order mark or another separator changes nothing."""
    path = tmp_path / "twice.csv"
    path.write_text("\ufeffBilledCost;ChargeCategory;BilledCost\n1;Usage;2\n", encoding="utf-8")
    (rule,) = [each for each in report(str(path), "--focus", "1.0")["rules"] if each["id"] == "ColumnHandling-A-010-M"]
    assert rule["examples"] == [{"row": 0, "values": {"column": "BilledCost (2)"}}]


def test_a_quote_within_a_cell_does_no_harm(tmp_path: Path) -> None:
    """A cell that says 3.5" is read as it stands, and so are all rows behind it."""
    path = tmp_path / "inches.csv"
    path.write_text('BilledCost,ServiceName\n1,Disk 3.5"\n2,"two\nlines"\n', encoding="utf-8")
    assert report(str(path), "--focus", "1.0")["rows"] == 2


def test_an_unknown_criterion_is_refused_with_the_known_ones(clean: Path) -> None:
    """A criterion with a slip of the pen would switch nothing on in silence."""
    result = validated(str(clean), "--applicability", "TAGS")
    assert result.exit_code == 2
    assert "TAGGING_SUPPORTED" in result.output


def test_people_see_the_broken_rules_and_what_was_left_out(public_data: Path) -> None:
    """The table names the verdict, the broken rules with their rows, and why others were not checked."""
    output = validated(str(public_data / "focus" / "focus_1.0_aws_half.csv")).output
    for text in ("does-not-conform", "ColumnHandling-A-010-M", "not counted as passed", "of version 1.0"):
        assert text in output

"""Dirty bills: a row is refused only where its cost, currency or period cannot be read; all else is a finding."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from fairlead.domain.ledger import BILLS
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError
from fairlead.meter.bills.rules import LISTED
from fairlead.meter.bills.schemas import AUTO, SCHEMAS
from fairlead.show.cli import main
from fairlead.show.cli.ledger import import_ as command
from tests.scenario.ledger.bills import COLUMNS, ROWS, edited, imported, rules, stored, written

REFUSED = [
    ("BilledCost", "abc", "cost-unreadable"),
    ("BilledCost", "", "required-missing"),
    ("BilledCost", "NULL", "required-missing"),
    ("BilledCost", "1e-30", "cost-unreadable"),
    ("BilledCost", "1,234", "cost-unreadable"),
    ("BillingCurrency", "NULL", "required-missing"),
    ("BillingPeriodStart", "yesterday", "moment-unreadable"),
    ("BillingPeriodEnd", "", "required-missing"),
    ("ChargePeriodStart", "13/1/25", "moment-unreadable"),
    ("ChargePeriodEnd", "null", "required-missing"),
]


@pytest.mark.parametrize(("column", "value", "rule"), REFUSED)
def test_rows_that_are_refused(books: World, tmp_path: Path, column: str, value: str, rule: str) -> None:
    """The row is told with its place and value, and is not in the ledger; all others are."""
    path = written(tmp_path / "bill.csv", edited((7, column, value)))
    result = imported(books, path)
    (found,) = [each for each in result.findings if each.row]
    said = "" if rule == "required-missing" else value
    assert (found.path, found.row, found.column, found.value, found.rule) == (str(path), 7, column, said, rule)
    assert found.refused
    assert found.message
    (read,) = result.files
    assert (read.rows_read, read.rows_accepted, read.rows_refused) == (20, 19, 1)
    assert [row for (row,) in stored(books, "source_row")] == [*range(1, 7), *range(8, 21)]
    assert result.exit_code == 1


ACCEPTED = [
    ("BilledCost", "$1,234.50", "cost-form", "BilledCost", Decimal("1234.5")),
    ("BillingPeriodEnd", "10/1/24", "moment-form", "BillingPeriodEnd::VARCHAR", "2024-10-01 00:00:00+00"),
    ("EffectiveCost", "", "value-missing", "EffectiveCost", None),
    ("EffectiveCost", "0." + "1" * 25, "cost-unreadable", "EffectiveCost", None),
    ("ListUnitPrice", "x", "quantity-unreadable", "ListUnitPrice", None),
    ("ConsumedQuantity", "0." + "3" * 20, "quantity-form", "ConsumedQuantity", Decimal("0." + "3" * 18)),
    ("ConsumedQuantity", "-4", "negative", "ConsumedQuantity", Decimal(-4)),
    ("ChargeFrequency", "Usage-based", "value-case", "ChargeFrequency", "Usage-Based"),
    ("ChargeCategory", "Rental", "value-unknown", "ChargeCategory", "Rental"),
    ("ProviderName", "NULL", "value-missing", "ProviderName", None),
    ("BillingCurrency", "CREDITS", "currency-unknown", "BillingCurrency", "CREDITS"),
    ("ChargePeriodEnd", "2024-01-01", "period-turned", "ChargePeriodEnd::VARCHAR", "2024-01-01 00:00:00+00"),
    ("Tags", "{bad", "tags-unreadable", "Tags", None),
    ("Tags", '{"a": "x", "a": "y"}', "tags-form", "Tags['a']", "x"),
]


@pytest.mark.parametrize(("column", "value", "rule", "asked", "kept"), ACCEPTED)
def test_breaches_that_are_accepted(
    books: World, tmp_path: Path, column: str, value: str, rule: str, asked: str, kept: object
) -> None:
    """The row is in the ledger as far as it can be read, and the breach is told."""
    result = imported(books, written(tmp_path / "bill.csv", edited((7, column, value))))
    assert rules(result) == {(7, column, rule)}
    assert not any(each.refused for each in result.findings)
    assert (result.files[0].rows_accepted, result.exit_code) == (20, 0)
    assert stored(books, asked)[6] == (kept,)


def test_a_turned_period_is_shown_as_focus_writes_it(books: World, tmp_path: Path) -> None:
    """As the cell of the bill has it, so that it can be looked for there."""
    end = "2024-01-01T06:30:00Z"
    told = imported(books, written(tmp_path / "bill.csv", edited((7, "ChargePeriodEnd", end)))).findings
    (found,) = [each for each in told if each.row]
    assert (found.rule, found.row, found.value) == ("period-turned", 7, end)


def test_plain_focus_is_no_finding(books: World, tmp_path: Path) -> None:
    """Exponents, many digits, a negative correction, another currency, a zone: FOCUS allows them."""
    path = written(
        tmp_path / "bill.csv",
        edited(
            (1, "BilledCost", "1.5E-7"),
            (2, "EffectiveCost", "0.000000000000000000000001"),
            (3, "BilledCost", "-3.25"),
            (3, "PricingQuantity", "-1"),
            (3, "ChargeClass", "Correction"),
            (4, "BillingCurrency", "EUR"),
            (5, "ChargePeriodStart", "2024-09-18T22:00:00+02:00"),
        ),
    )
    result = imported(books, path)
    assert rules(result) == set()
    assert stored(books, "BilledCost, EffectiveCost")[:3] == [
        (Decimal("0.00000015"), Decimal(0)),
        (Decimal("0.0000160599"), Decimal("1e-24")),
        (Decimal("-3.25"), Decimal(0)),
    ]
    assert set(result.files[0].sums) == {"USD", "EUR"}


def test_what_could_not_be_read_stays_with_its_row(books: World, tmp_path: Path) -> None:
    """The text of a cell that could not be read is not lost: the row itself keeps it."""
    imported(books, written(tmp_path / "bill.csv", edited((2, "Tags", "{bad"), (2, "ListUnitPrice", "x"))))
    (told,) = [text for (text,) in stored(books, "row_findings") if text]
    assert {(each["column"], each["value"]) for each in json.loads(told)} == {("Tags", "{bad"), ("ListUnitPrice", "x")}


def test_lines_of_another_length_are_refused_rows(books: World, tmp_path: Path) -> None:
    """A short and a long line are rows: told, counted and left out; rows after them keep their numbers."""
    rows = [ROWS[0], ROWS[1][:10], [*ROWS[2], "more", "and more"], ROWS[3]]
    result = imported(books, written(tmp_path / "bill.csv", rows))
    assert rules(result) == {(2, "", "row-short"), (3, "", "row-long")}
    assert (result.files[0].rows_read, result.files[0].rows_refused) == (4, 2)
    assert stored(books, "source_row") == [(1,), (4,)]


def test_rows_are_counted_past_newlines_in_quotes(books: World, tmp_path: Path) -> None:
    """A row is a row, however many lines its text has."""
    path = written(tmp_path / "bill.csv", edited((1, "ChargeDescription", "a\nb\r\nc"), (3, "BilledCost", "zz")))
    assert rules(imported(books, path)) == {(3, "BilledCost", "cost-unreadable")}


def test_bytes_that_are_no_utf8(books: World, tmp_path: Path) -> None:
    """They are replaced and told; the row and its cost are taken."""
    path = written(tmp_path / "bill.csv", edited((4, "ServiceName", "Caf\u00e9")))
    path.write_bytes(path.read_bytes().replace("\u00e9".encode(), b"\xe9"))
    result = imported(books, path)
    assert rules(result) == {(4, "ServiceName", "encoding")}
    assert stored(books, "ServiceName")[3] == ("Caf\ufffd",)
    assert result.files[0].rows_refused == 0


def test_findings_are_bounded(books: World, tmp_path: Path) -> None:
    """At most a hundred of one rule in one column are listed; the last one stands for all."""
    rows = [row[:] for _ in range(20) for row in ROWS]
    for row in rows:
        row[COLUMNS.index("ProviderName")] = ""
    found = [each for each in imported(books, written(tmp_path / "bill.csv", rows)).findings if each.row]
    assert len(found) == LISTED
    assert [each.count for each in found] == [*[1] * (LISTED - 1), len(rows)]


def test_strict_refuses_the_whole(books: World, tmp_path: Path) -> None:
    """With --strict one finding is enough: nothing is written, and the exit code is 2."""
    plain = [name for name in COLUMNS if name != "Id"]
    rows = [
        [cell for name, cell in zip(COLUMNS, row, strict=True) if name != "Id"] for row in edited((7, "Tags", "{bad"))
    ]
    result = imported(books, written(tmp_path / "bill.csv", rows, plain), strict=True)
    assert (result.refused, result.exit_code, result.periods) == (True, 2, ())
    assert books.ledger.parts(BILLS) == []
    assert imported(books, written(tmp_path / "good.csv", rows[:6], plain), strict=True).exit_code == 0


def test_a_file_may_lack_its_currency(books: World, tmp_path: Path) -> None:
    """Where no column names it, --currency does; without, the file is refused as a whole."""
    place = COLUMNS.index("BillingCurrency")
    rows = [[*row[:place], *row[place + 1 :]] for row in ROWS]
    path = written(tmp_path / "bill.csv", rows, [*COLUMNS[:place], *COLUMNS[place + 1 :]])
    with pytest.raises(UsageError, match="--currency"):
        imported(books, path)
    assert set(imported(books, path, currency="EUR").files[0].sums) == {"EUR"}


def test_a_cost_that_a_file_lacks_is_not_known(books: World, tmp_path: Path) -> None:
    """Its sum is null, never zero."""
    place = COLUMNS.index("EffectiveCost")
    rows = [[*row[:place], *row[place + 1 :]] for row in ROWS]
    result = imported(books, written(tmp_path / "bill.csv", rows, [*COLUMNS[:place], *COLUMNS[place + 1 :]]))
    assert result.files[0].sums["USD"]["EffectiveCost"] is None
    assert [each.rule for each in result.findings if each.column == "EffectiveCost"] == ["column-missing"]


def test_json_of_an_import(acme: Path, tmp_path: Path) -> None:
    """The shape that programs rely on: sums are plain strings, zeros at the end cut; exit 1 where rows are refused."""
    path = written(tmp_path / "bill.csv", edited((1, "BilledCost", "1e2"), (2, "BilledCost", "abc")))
    args = ["ledger", "import", str(path), "--source", "aws", "--workspace", str(acme), "--format", "json"]
    answer = CliRunner().invoke(main, args)
    assert answer.exit_code == 1
    told = json.loads(answer.stdout)
    (file,) = told["files"]
    assert {"path", "rows_read", "rows_accepted", "rows_refused", "sums", "file_sums"} <= set(file)
    assert file["sums"]["USD"]["BilledCost"] == file["file_sums"]["USD"]["BilledCost"] == "100.0152977625"
    assert set(file["sums"]["USD"]) == {"BilledCost", "EffectiveCost", "ListCost", "ContractedCost"}
    refused = [each for each in told["findings"] if each["refused"]]
    assert [(each["file"], each["row"], each["column"], each["value"]) for each in refused] == [
        (str(path), 2, "BilledCost", "abc")
    ]
    assert [(each["source"], each["period"], each["rows"], each["replaced"]) for each in told["periods"]] == [
        ("aws", "2024-09-01", 19, None)
    ]
    assert told["unchanged"] is False


def test_the_command_names_every_schema() -> None:
    """--schema offers what there is."""
    assert (AUTO, *SCHEMAS) == command._SCHEMAS  # noqa: SLF001 - the command's own list, kept without imports

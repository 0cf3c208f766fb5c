"""Bills into the ledger: a real one whole, the specification's tables whole, every form, and exact sums."""

from __future__ import annotations

import csv
import gzip
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.domain.ledger import BILLS
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError
from fairlead.meter.bills.columns import BILL_COLUMNS
from tests.scenario.ledger.bills import AWS, COLUMNS, ROWS, SCENARIOS, edited, imported, stored, sums_of, written


def test_a_real_bill_is_imported_whole(books: World) -> None:
    """All 471 rows are in the ledger, and their sums are those that Python's Decimal comes to."""
    result = imported(books, AWS)
    with AWS.open(newline="") as file:
        exact = sums_of(csv.DictReader(file))
    (read,) = result.files
    assert (read.rows_read, read.rows_accepted, read.rows_refused) == (471, 471, 0)
    assert read.sums == read.file_sums == exact
    assert exact["USD"]["BilledCost"] == Decimal("5.57911997660")
    assert result.exit_code == 0
    (part,) = books.ledger.parts(BILLS)
    assert (part.part.source, part.part.period, part.rows) == ("aws", "2024-09-01", 471)
    assert set(books.ledger.columns(BILLS)) >= set(BILL_COLUMNS) | {"x_Id"}


def test_a_row_can_be_traced(books: World) -> None:
    """Each row names its file and its place there; cells are typed, tags are a map, and null is null."""
    imported(books, AWS)
    columns = (
        "source_file, source_row, BilledCost, strftime(ChargePeriodStart, '%Y-%m-%dT%H:%M'), AvailabilityZone, "
        "Tags['environment'], x_Id, SkuMeter"
    )
    first, second, *rest = stored(books, columns)
    assert first == (AWS.name, 1, Decimal("0.0000008"), "2024-09-18T22:00", None, None, "11472", None)
    assert second[5] == "dev"
    assert [row[1] for row in rest] == list(range(3, 472))


FIGURES = {
    "commitment_discount_purchase_scenario_1": ("8760", "0"),
    "commitment_discount_purchase_scenario_2": ("3", "0"),
    "commitment_discount_purchase_scenario_3": ("4381.5", "0"),
    "commitment_discount_usage_scenario_1": ("0", "1"),
    "commitment_discount_usage_scenario_2": ("0", "1"),
    "commitment_discount_usage_scenario_3": ("0", "1"),
    "commitment_discount_usage_scenario_4": ("0.5", "1.5"),
    "one_hundred_percent_utilization_with_commitment_discount_flexibility_with_1_resource": ("2.75", "2.75"),
    "one_hundred_percent_utilization_with_commitment_discount_flexibility_with_2_resources": ("2", "2"),
    "one_hundred_percent_utilization_without_commitment_discount_flexibility": ("1.5", "1.5"),
    "saas_spend_agreements_a1": ("1200", "1200"),
    "saas_spend_agreements_a2": ("1200", "1200"),
    "saas_spend_agreements_b1": ("1200", "1200"),
    "saas_spend_agreements_b2": ("1200", "1200"),
    "simple_saas_agreements_a1": ("10000", "10000"),
    "simple_saas_agreements_a2": ("50000", "50000"),
    "simple_saas_agreements_a3": ("1000", "1000"),
    "simple_saas_agreements_b": ("50000", "50000"),
    "simple_saas_agreements_c": ("35800", "35800"),
    "virtual_currency_pricing_model_a1": ("200000", "0"),
    "virtual_currency_pricing_model_a2": ("0", "1230"),
    "virtual_currency_pricing_model_b1": ("100000", "0"),
    "virtual_currency_pricing_model_b2": ("0", "615"),
    "virtual_currency_pricing_model_b3": ("0", "495"),
    "virtual_currency_pricing_model_c": ("53000", "0"),
    "zero_percent_utilization_without_commitment_discount_flexibility": ("3.5", "3.5"),
}
"""Billed and effective cost of each table, added up by hand."""


@pytest.mark.timeout(600)  # 26 imports, on a machine that may be busy
def test_the_specification_s_tables_are_imported_whole(books: World) -> None:
    """All 26, though some have `$50,000.00`, `5/1/25` or 30 o'clock: nothing is refused, and the sums are theirs."""
    found = {}
    for path in SCENARIOS:
        (read,) = imported(books, path, source=path.stem[:99], currency="USD").files
        assert read.rows_refused == 0, path
        found[path.stem] = (read.sums["USD"]["BilledCost"], read.sums["USD"]["EffectiveCost"])
    assert found == {name: (Decimal(billed), Decimal(effective)) for name, (billed, effective) in FIGURES.items()}


def _twin(folder: Path, form: str) -> Path:
    """The real bill in another form."""
    text = AWS.read_text()
    path = folder / form
    if form == "gzip.csv.gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif form == "bom.csv":
        path.write_text(text, encoding="utf-8-sig")
    elif form == "utf16.csv":
        path.write_text(text, encoding="utf-16")
    elif form == "crlf.csv":
        path.write_bytes(text.replace("\n", "\r\n").encode())
    elif form == "wide.csv":
        with AWS.open(newline="") as file:
            columns, *rows = csv.reader(file)
        return written(path, [[*row, *["v"] * 160] for row in rows], [*columns, *(f"x_{n}" for n in range(160))])
    else:
        _parquet(path, typed=form == "typed.parquet")
    return path


def _parquet(path: Path, *, typed: bool) -> None:
    casts = {"DOUBLE": ("Cost", "Quantity", "UnitPrice"), "TIMESTAMP": ("PeriodStart", "PeriodEnd")}
    kinds = {name: next((kind for kind, ends in casts.items() if name.endswith(ends)), "VARCHAR") for name in COLUMNS}
    cells = (
        f"CAST(NULLIF({name}, 'NULL') AS {kind if typed else 'VARCHAR'}) AS {name}" for name, kind in kinds.items()
    )
    query = f"SELECT {', '.join(cells)} FROM read_csv('{AWS}', all_varchar = true)"  # noqa: S608 - the test's own
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


FORMS = ["gzip.csv.gz", "bom.csv", "utf16.csv", "crlf.csv", "wide.csv", "text.parquet", "typed.parquet"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_rows(books: World, tmp_path: Path, form: str) -> None:
    """CSV, gzip, byte-order marks, UTF-16, 204 columns, Parquet of text or of doubles: the ledger holds the same."""
    imported(books, AWS, source="plain")
    imported(books, _twin(tmp_path, form), source="other")
    columns = ", ".join(name for name in BILL_COLUMNS if name != "source_file")
    moments = columns.replace("PeriodStart", "PeriodStart::VARCHAR").replace("PeriodEnd", "PeriodEnd::VARCHAR")
    assert stored(books, moments, "other") == stored(books, moments, "plain")


def test_several_files_and_periods_are_one_act(books: World, tmp_path: Path) -> None:
    """Files of a folder are read together; every billing period is a part, and all come with one version."""
    folder = tmp_path / "bills"
    (folder / "deep").mkdir(parents=True)
    august = [(row, column, value) for row in (1, 2) for column, value in SPAN]
    written(folder / "a.csv", edited(*august))
    written(folder / "deep" / "b.csv", ROWS[:5])
    (folder / "manifest.txt").write_text("no bill")
    result = imported(books, folder)
    assert [(each.part.period, each.statement.rows) for each in result.periods] == [
        ("2024-08-01", 2),
        ("2024-09-01", 23),
    ]
    assert {part.version for part in books.ledger.parts(BILLS)} == {0}
    assert [Path(file.path).name for file in result.periods[1].statement.files] == ["a.csv", "b.csv"]


SPAN = (("BillingPeriodStart", "2024-08-01"), ("BillingPeriodEnd", "2024-09-01"))


def test_what_is_no_bill_is_told(books: World, tmp_path: Path) -> None:
    """An empty file, a zip, a missing file, one given twice, a folder of nothing: each says what to do."""
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04....")
    (tmp_path / "nothing").mkdir()
    bill = written(tmp_path / "a.csv", ROWS)
    copy = written(tmp_path / "b.csv", ROWS)
    wrong = {
        (tmp_path / "empty.csv",): "the file is empty",
        (tmp_path / "a.zip",): "zip",
        (tmp_path / "none.csv",): "no such file",
        (tmp_path / "nothing",): "holds no bill",
        (bill, bill): "given twice",
        (bill, copy): "the same bytes",
    }
    for paths, message in wrong.items():
        with pytest.raises(UsageError, match=message):
            imported(books, *paths)
    assert books.ledger.parts(BILLS) == []


amounts = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6, places=11).map(str),
    st.sampled_from(["", "NULL", "abc", "1e-7", "-2.5E3", "1e-30", " 7 ", "0x1", "9" * 20]),
)
dirty_rows = st.lists(
    st.tuples(
        amounts, amounts, st.sampled_from(["USD", "EUR", "", "NULL"]), st.sampled_from(["2024-09-01", "soon", ""])
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dirty_rows)
def test_rows_and_sums_always_close(books: World, tmp_path: Path, cells: list[tuple[str, str, str, str]]) -> None:
    """Whatever stands in a bill: rows read are those accepted and refused, and the sums are exactly Decimal's."""
    rows = edited()[:1] * len(cells)
    columns = ["BilledCost", "EffectiveCost", "BillingCurrency", "BillingPeriodStart"]
    rows = [_with(row, dict(zip(columns, values, strict=True))) for row, values in zip(rows, cells, strict=True)]
    (read,) = imported(books, written(tmp_path / "dirty.csv", rows)).files
    good = [
        values
        for values in cells
        if _value(values[0]) is not None and values[2] in {"USD", "EUR"} and values[3] == "2024-09-01"
    ]
    assert (read.rows_read, read.rows_accepted) == (len(cells), len(good))
    assert read.rows_refused == len(cells) - len(good)
    for currency in ("USD", "EUR"):
        for place, name in enumerate(columns[:2]):
            known = [_value(values[place]) for values in good if values[2] == currency]
            exact = [value for value in known if value is not None]
            assert read.sums.get(currency, {}).get(name) == (sum(exact) if exact else None)


def _with(row: list[str], changed: dict[str, str]) -> list[str]:
    return [changed.get(name, value) for name, value in zip(COLUMNS, row, strict=True)]


def _value(text: str) -> Decimal | None:
    """The amount that a cell says, as far as the ledger can hold it."""
    return None if text in {"", "NULL", "abc", "1e-30", "0x1", "9" * 20} else Decimal(text.strip())

"""Bills of other schemas come into the ledger whole: their sums, their tags, and what FOCUS has no place for."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from fairlead.flows.ledger.import_result import ImportRequest, ImportResult
from fairlead.flows.ledger.importing import import_bills
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError
from fairlead.testing.progress import no_progress
from tests.scenario.ledger.bills import stored
from tests.unit.meter.bills.converted import BILLS, by_currency, cells

REPORT = BILLS / "aws_cur_2.csv"


def taken(world: World, path: Path, schema: str = "auto", currency: str = "") -> ImportResult:
    """Import one file as the source `cloud`."""
    return import_bills(world, [str(path)], ImportRequest("cloud", schema, currency), no_progress)


def billed(result: ImportResult, cost: str = "BilledCost") -> dict[str, Decimal | None]:
    """Sums of one cost by currency, as the import told them; the file says the same of itself."""
    [file] = result.files
    assert file.sums == file.file_sums
    assert file.rows_refused == 0
    return {currency: sums[cost] for currency, sums in file.sums.items()}


@pytest.mark.parametrize(
    ("name", "schema", "cost", "currency", "known"),
    [
        ("aws_cur_2.csv", "auto", "line_item_unblended_cost", "line_item_currency_code", "BilledCost"),
        ("aws_cur_2_discounted.csv", "auto", "line_item_net_unblended_cost", "line_item_currency_code", "BilledCost"),
        ("aws_cur_legacy.csv", "auto", "lineItem/UnblendedCost", "lineItem/CurrencyCode", "BilledCost"),
        ("azure_actual_ea.csv", "azure-actual", "CostInBillingCurrency", "BillingCurrencyCode", "BilledCost"),
        ("azure_actual_mca.csv", "azure-actual", "costInBillingCurrency", "billingCurrency", "BilledCost"),
        ("azure_amortized_ea.csv", "azure-amortized", "CostInBillingCurrency", "BillingCurrencyCode", "EffectiveCost"),
        ("azure_amortized_mca.csv", "azure-amortized", "costInBillingCurrency", "billingCurrency", "EffectiveCost"),
    ],
)
def test_a_bill_is_in_the_ledger_to_the_last_digit(
    books: World, name: str, schema: str, cost: str, currency: str, known: str
) -> None:
    """The sum of the known cost is that of the file, taken with Python's csv and Decimal alone."""
    result = taken(books, BILLS / name, schema)
    lines = cells(BILLS / name)
    assert billed(result, known) == by_currency(lines, currency, cost)
    assert len(stored(books, "BilledCost", "cloud")) == len(lines)
    assert result.exit_code == 0


def test_what_focus_has_no_place_for_is_kept(books: World) -> None:
    """The amounts that AWS wrote, its kind of line, and headings that nobody knows are columns of their own."""
    taken(books, REPORT)
    rows = stored(books, "x_line_item_unblended_cost, x_line_item_line_item_type, x_cost_category", "cloud")
    lines = cells(REPORT)
    wanted = ("line_item_unblended_cost", "line_item_line_item_type", "cost_category")
    assert rows == [tuple(line[name] for name in wanted) for line in lines]


def test_tags_of_both_reports_are_the_same_map(books: World) -> None:
    """JSON in one column, and a column for each tag: `team` is a key of either."""
    taken(books, REPORT)
    new = stored(books, "Tags['team'], Tags['model']", "cloud")
    taken(books, BILLS / "aws_cur_legacy.csv")
    old = stored(books, "Tags['Team'], Tags['model']", "cloud")
    assert new == old
    assert new[0] == ("fraud", "scorer")
    assert stored(books, "Tags", "cloud")[8][0] in (None, {})


def test_a_report_in_parquet_is_the_same_bill(books: World, tmp_path: Path) -> None:
    """Maps, doubles and timestamps of Parquet, and gzip, give the same rows as the CSV."""
    columns = "BilledCost, EffectiveCost, ListCost, ContractedCost, epoch(ChargePeriodStart), ServiceName, Tags['team']"
    parquet = tmp_path / "cur.parquet"
    taken(books, REPORT)
    csv_rows = stored(books, columns, "cloud")
    _as_parquet(parquet)
    taken(books, parquet)
    assert stored(books, columns, "cloud") == csv_rows
    packed = tmp_path / "cur.csv.gz"
    packed.write_bytes(gzip.compress(REPORT.read_bytes()))
    taken(books, packed)
    assert stored(books, columns, "cloud") == csv_rows


_PLAIN = "nullif({0}, '')"


def _as_parquet(path: Path) -> None:
    """The report as AWS writes it to Parquet."""
    source = f"read_csv('{REPORT}', all_varchar = true)"
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        names = [name for name, *_ in engine.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]  # noqa: S608
        maps = [name for name in names if name in {"resource_tags", "product", "cost_category"}]
        moments = [name for name in names if name.endswith("_date")]
        amounts = [name for name in names if name.endswith(("_cost", "_fee", "_commitment", "_amount", "_to_date"))]
        kinds = {
            **dict.fromkeys(maps, "CAST(CAST({0} AS JSON) AS MAP(VARCHAR, VARCHAR))"),
            **dict.fromkeys(moments, "CAST({0} AS TIMESTAMP)"),
            **dict.fromkeys(amounts, "CAST(nullif({0}, '') AS DOUBLE)"),
        }
        chosen = ", ".join(f"{kinds.get(name, _PLAIN).format(name)} AS {name}" for name in names)
        engine.execute(f"COPY (SELECT {chosen} FROM {source}) TO '{path}'")  # noqa: S608 - a test's


@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ", "DATE"])
def test_an_export_of_azure_in_parquet_is_the_same_bill(books: World, tmp_path: Path, kind: str) -> None:
    """Days that are moments or dates of Parquet, and costs that are doubles, give the same rows as the CSV."""
    export = BILLS / "azure_amortized_mca.csv"
    columns = "BilledCost, EffectiveCost, epoch(ChargePeriodStart), epoch(BillingPeriodEnd), Tags['team'], ListCost"
    taken(books, export, "azure-amortized")
    csv_rows = stored(books, columns, "cloud")
    path = tmp_path / "export.parquet"
    days = ("date", "billingPeriodStartDate", "billingPeriodEndDate")
    moments = ", ".join(f"try_strptime({day}, ['%m/%d/%Y', '%Y-%m-%d'])::{kind} AS {day}" for day in days)
    amounts = "nullif(costInBillingCurrency, '')::DOUBLE AS costInBillingCurrency, quantity::DOUBLE AS quantity"
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        source = f"read_csv('{export}', all_varchar = true)"
        engine.execute(f"COPY (SELECT * REPLACE ({moments}, {amounts}) FROM {source}) TO '{path}'")  # noqa: S608
    taken(books, path, "azure-amortized")
    assert stored(books, columns, "cloud") == csv_rows


def test_the_exports_of_azure_are_told_apart_by_who_imports_them(books: World) -> None:
    """Their headings are the same, so nothing is guessed: both names are told."""
    with pytest.raises(UsageError, match="azure-actual and azure-amortized"):
        taken(books, BILLS / "azure_actual_ea.csv")


def test_a_cost_that_an_export_does_not_know_is_not_zero(books: World) -> None:
    """Use of a commitment in the actual export: billed 0, effective null, and a finding says so."""
    result = taken(books, BILLS / "azure_actual_ea.csv", "azure-actual")
    rows = stored(books, "BilledCost, EffectiveCost, CommitmentDiscountStatus", "cloud")
    assert [row for row in rows if row[2] == "Used"] == [(Decimal(0), None, "Used")] * 2
    assert {each.row for each in result.findings if each.column == "EffectiveCost"} == {14, 15}


def test_allocations_of_opencost_name_pod_and_namespace(books: World, tmp_path: Path) -> None:
    """Each allocation is a row with the columns that rules match by; the sum is the document's."""
    document = BILLS / "opencost_allocation.json"
    result = taken(books, document, currency="EUR")
    assert billed(result) == {"EUR": Decimal("27.33697")}
    rows = stored(books, "x_namespace, x_pod, Tags['team'], x_cpuCost", "cloud")
    assert rows[0] == ("fraud", "scorer-7d", "fraud", "1.51642")
    assert len(rows) == 7
    packed = tmp_path / "a.json.gz"
    packed.write_bytes(gzip.compress(document.read_bytes()))
    assert billed(taken(books, packed, currency="EUR")) == {"EUR": Decimal("27.33697")}


def test_opencost_is_not_imported_without_a_currency(books: World) -> None:
    """The document does not say it, and nobody guesses."""
    with pytest.raises(UsageError, match="--currency"):
        taken(books, BILLS / "opencost_allocation.json")


def test_an_error_of_opencost_is_told(books: World, tmp_path: Path) -> None:
    """A document that says an error is refused with OpenCost's own words, and the ledger stays as it was."""
    path = tmp_path / "a.json"
    path.write_text('{"code": 500, "message": "invalid window"}')
    with pytest.raises(UsageError, match="invalid window"):
        taken(books, path, currency="USD")
    assert stored(books, "BilledCost", "cloud") == []


@pytest.mark.parametrize("name", ["aws_cur_2.csv", "opencost_allocation.json"])
def test_a_packed_bill_that_breaks_off_is_told(books: World, tmp_path: Path, name: str) -> None:
    """Half a download is no bill: it is refused with what is wrong, and nothing of it is in the ledger."""
    packed = gzip.compress((BILLS / name).read_bytes())
    for broken in (packed[: len(packed) // 2], packed[:40] + b"\xff" * 40 + packed[80:], b"\x1f\x8bnone"):
        path = tmp_path / f"{name}.gz"
        path.write_bytes(broken)
        with pytest.raises(UsageError, match="damaged"):
            taken(books, path, currency="USD")
    assert stored(books, "BilledCost", "cloud") == []


def test_a_long_packed_bill_that_breaks_off_is_told(books: World, tmp_path: Path) -> None:
    """Also where the break lies far behind the first lines: the engine alone would take half of it for all."""
    heading, *rows = REPORT.read_text().splitlines()
    numbered = (f"{row}{number}" for number in range(300) for row in rows)
    packed = gzip.compress("\n".join([heading, *numbered]).encode())
    path = tmp_path / "long.csv.gz"
    path.write_bytes(packed[: len(packed) * 2 // 3])
    with pytest.raises(UsageError, match="damaged"):
        taken(books, path)
    assert stored(books, "BilledCost", "cloud") == []

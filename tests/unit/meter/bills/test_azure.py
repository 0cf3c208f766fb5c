"""Azure's two exports become FOCUS: each says the cost that it knows, and no other."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.meter.bills.azure import AZURE_ACTUAL, AZURE_AMORTIZED, CHARGE_TYPES
from fairlead.meter.bills.base import BillSchema
from tests.unit.meter.bills.converted import BILLS, Row, by_currency, cells, converted, read

ACTUAL, AMORTIZED = BILLS / "azure_actual_ea.csv", BILLS / "azure_amortized_ea.csv"
ACTUAL_MCA, AMORTIZED_MCA = BILLS / "azure_actual_mca.csv", BILLS / "azure_amortized_mca.csv"
EVERY = [
    (AZURE_ACTUAL, ACTUAL, "CostInBillingCurrency", "BillingCurrencyCode"),
    (AZURE_ACTUAL, ACTUAL_MCA, "costInBillingCurrency", "billingCurrency"),
    (AZURE_AMORTIZED, AMORTIZED, "CostInBillingCurrency", "BillingCurrencyCode"),
    (AZURE_AMORTIZED, AMORTIZED_MCA, "costInBillingCurrency", "billingCurrency"),
]


def kinds(schema: BillSchema, path: Path) -> dict[tuple[str, str], list[Row]]:
    """Converted rows by ChargeType and PricingModel of the export."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row, cell in zip(converted(schema, path), cells(path), strict=True):
        line = {name.lower(): value for name, value in cell.items()}
        found.setdefault((line["chargetype"], line["pricingmodel"]), []).append(row)
    return found


@pytest.mark.parametrize(("schema", "path", "cost", "currency"), EVERY)
def test_the_cost_of_an_export_is_kept_to_the_last_digit(
    schema: BillSchema, path: Path, cost: str, currency: str
) -> None:
    """An actual export's cost is what is billed, an amortized one's what is effective, in each currency."""
    known = "BilledCost" if schema is AZURE_ACTUAL else "EffectiveCost"
    assert by_currency(converted(schema, path), "BillingCurrency", known) == by_currency(cells(path), currency, cost)


def test_every_documented_type_of_charge_is_there() -> None:
    """Both exports together have each type of charge, and each has a category of FOCUS."""
    seen = {line["ChargeType"] for path in (ACTUAL, AMORTIZED) for line in cells(path)}
    assert set(CHARGE_TYPES) - seen == {"Adjustment"}
    for schema, path, _, _ in EVERY:
        assert {row["ChargeCategory"] for row in converted(schema, path)} <= set(CHARGE_TYPES.values())


def test_the_actual_export_does_not_know_what_use_of_a_commitment_is_worth() -> None:
    """Purchases are billed and not effective; what they cover is billed at 0, and effective is not known, never 0."""
    rows = kinds(AZURE_ACTUAL, ACTUAL)
    for model in ("Reservation", "SavingsPlan"):
        assert [(row["EffectiveCost"], row["CommitmentDiscountStatus"]) for row in rows["Purchase", model]] == [
            ("0", None)
        ]
        [used] = rows["Usage", model]
        costs = ("BilledCost", "EffectiveCost", "ContractedCost")
        assert [used[cost] for cost in costs] == ["0", None, None]
        assert used["CommitmentDiscountStatus"] == "Used"
    [back] = rows["Refund", "Reservation"]
    assert (back["BilledCost"], back["EffectiveCost"], back["ChargeClass"]) == ("-4", "0", "Correction")


def test_the_amortized_export_shows_what_of_a_commitment_was_not_used() -> None:
    """Use and unused part carry the effective cost, and nothing is billed for them there."""
    rows = kinds(AZURE_AMORTIZED, AMORTIZED)
    for kind, model in (("UnusedReservation", "Reservation"), ("UnusedSavingsPlan", "SavingsPlan")):
        [used], [unused] = rows["Usage", model], rows[kind, model]
        assert (used["BilledCost"], used["CommitmentDiscountStatus"]) == ("0", "Used")
        assert (unused["BilledCost"], unused["CommitmentDiscountStatus"]) == ("0", "Unused")
        assert unused["ChargeCategory"] == "Usage"
        assert read(used["EffectiveCost"]) > 0 < read(unused["EffectiveCost"])


def test_both_exports_agree_on_what_no_commitment_covers() -> None:
    """Billed of the amortized export is the invoice less the purchases of commitments."""
    actual, amortized = converted(AZURE_ACTUAL, ACTUAL), converted(AZURE_AMORTIZED, AMORTIZED)
    purchases = sum(
        read(row["BilledCost"]) for row in actual if row["CommitmentDiscountId"] and row["ChargeCategory"] == "Purchase"
    )
    assert purchases == Decimal(50)
    billed = [sum(read(row["BilledCost"]) for row in rows) for rows in (actual, amortized)]
    assert billed[0] - purchases == billed[1]


def test_days_become_spans_that_end_where_the_next_begins() -> None:
    """`09/21/2026` and `2026-09-05` are days; a period's last day belongs to it."""
    rows = converted(AZURE_ACTUAL, ACTUAL)
    assert (rows[0]["ChargePeriodStart"], rows[0]["ChargePeriodEnd"]) == (
        "2026-09-21T00:00:00Z",
        "2026-09-22T00:00:00Z",
    )
    assert rows[2]["ChargePeriodStart"] == "2026-09-05T00:00:00Z"
    assert {(row["BillingPeriodStart"], row["BillingPeriodEnd"]) for row in rows} == {
        ("2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z")
    }


def test_a_day_that_is_none_stays_as_it_is(tmp_path: Path) -> None:
    """A date that cannot be read is handed on as it stands, so that it is found, not lost."""
    path = tmp_path / "export.csv"
    path.write_text("Date,ChargeType,CostInBillingCurrency\n31.02.2026,Usage,1\n")
    [row] = converted(AZURE_ACTUAL, path)
    assert (row["ChargePeriodStart"], row["ChargePeriodEnd"]) == ("31.02.2026", "31.02.2026")


def test_tags_without_braces_are_an_object() -> None:
    """Azure's tags are the members of an object; those that have their braces keep them."""
    tags = [row["Tags"] and json.loads(str(row["Tags"])) for row in converted(AZURE_ACTUAL, ACTUAL)[:3]]
    assert tags == [{"team": "fraud", "model": "scorer"}, {"team": "platform"}, {"note": 'a "b", {c}'}]


def test_both_kinds_of_account_say_the_same() -> None:
    """EA and MCA exports of the same rows differ only in what the accounts themselves know."""
    own = {"BillingAccountId", "BillingAccountName", "InvoiceId", "ListCost", "ListUnitPrice", "ContractedUnitPrice"}
    own |= {"PricingCurrency", "SkuId", "SubAccountName", "SkuMeter", "ResourceName"}
    for ea, mca in zip(converted(AZURE_ACTUAL, ACTUAL), converted(AZURE_ACTUAL, ACTUAL_MCA), strict=True):
        assert {name: ea[name] for name in ea.keys() - own} == {name: mca[name] for name in mca.keys() - own}
    row = converted(AZURE_AMORTIZED, AMORTIZED_MCA)[0]
    assert (row["BillingAccountId"], row["InvoiceId"], row["ListCost"]) == ("BP-1", "G0077", "14.2")


def test_a_price_in_another_currency_is_no_price_of_the_bill() -> None:
    """Unit prices of an MCA account are in its pricing currency: they are not known in the bill's."""
    rows = converted(AZURE_ACTUAL, ACTUAL_MCA)
    euro = next(row for row in rows if row["BillingCurrency"] == "EUR")
    assert (euro["ListUnitPrice"], euro["ContractedUnitPrice"]) == (None, None)
    assert rows[0]["ListUnitPrice"] == "0.526"


def test_the_exports_look_alike_so_the_user_says_which() -> None:
    """Nothing in their headings tells the two apart, and both are known by the same marks."""
    assert AZURE_ACTUAL.marks == AZURE_AMORTIZED.marks
    for path in (ACTUAL, ACTUAL_MCA):
        assert {mark.lower() for mark in AZURE_ACTUAL.marks} <= {name.lower() for name in cells(path)[0]}

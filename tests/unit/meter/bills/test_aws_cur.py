"""AWS reports become FOCUS: the invoice stays the invoice, commitments are amortised, nothing is lost."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.meter.bills.aws_cur import AWS_CUR, LINE_TYPES
from tests.unit.meter.bills.converted import BILLS, Row, by_currency, cells, converted, read

REPORT = BILLS / "aws_cur_2.csv"
OLDER = BILLS / "aws_cur_legacy.csv"
DISCOUNTED = BILLS / "aws_cur_2_discounted.csv"


@cache
def report() -> list[Row]:
    """The report, converted."""
    return converted(AWS_CUR, REPORT)


def lines(kind: str) -> list[Row]:
    """Converted rows of one lineItem/LineItemType of the report."""
    rows = report()
    return [row for row, line in zip(rows, cells(REPORT), strict=True) if line["line_item_line_item_type"] == kind]


@pytest.mark.parametrize(
    ("path", "currency", "cost"),
    [
        (REPORT, "line_item_currency_code", "line_item_unblended_cost"),
        (OLDER, "lineItem/CurrencyCode", "lineItem/UnblendedCost"),
        (DISCOUNTED, "line_item_currency_code", "line_item_net_unblended_cost"),
    ],
)
def test_what_is_billed_is_the_invoice(path: Path, currency: str, cost: str) -> None:
    """Billed cost sums to the invoice of each currency, to the last digit, though covered usage is billed at 0."""
    sums = by_currency(converted(AWS_CUR, path), "BillingCurrency", "BilledCost")
    assert sums == by_currency(cells(path), currency, cost)


def test_every_documented_kind_of_line_is_there() -> None:
    """The sample has each kind of line that AWS documents, and each has a category of FOCUS."""
    kinds = {line["line_item_line_item_type"] for line in cells(REPORT)}
    assert set(LINE_TYPES) - kinds == {"DistributorDiscount"}
    assert {row["ChargeCategory"] for row in report()} == set(LINE_TYPES.values())


def test_a_plan_is_billed_by_its_fee_and_effective_where_it_is_used() -> None:
    """Over a plan's hours, effective cost is the fee: what covered usage took and what nobody used."""
    rows = [row for row in report() if str(row["CommitmentDiscountId"]).endswith("savingsplan/4f2c")]
    assert sum(read(row["BilledCost"]) for row in rows) == Decimal(2)
    assert sum(read(row["EffectiveCost"]) for row in rows) == Decimal(2)
    unused = [row for row in rows if row["CommitmentDiscountStatus"] == "Unused"]
    assert [row["EffectiveCost"] for row in unused] == ["0.25", "0.2499999999"]
    assert {row["ChargeCategory"] for row in unused} == {"Purchase"}


def test_a_plan_that_was_used_up_has_no_unused_part() -> None:
    """Where a plan's commitment is used, its fee's effective cost is 0 and nothing is called unused."""
    fee = lines("SavingsPlanRecurringFee")[2]
    assert (fee["BilledCost"], fee["EffectiveCost"], fee["CommitmentDiscountStatus"]) == ("0.5", "0", None)


def test_covered_usage_is_billed_at_nothing_and_known_at_every_price() -> None:
    """A covered hour: billed 0, effective at the plan's rate, contracted and list at the on-demand price."""
    for row in lines("SavingsPlanCoveredUsage"):
        assert (row["BilledCost"], row["CommitmentDiscountStatus"]) == ("0", "Used")
        assert row["ContractedCost"] == row["ListCost"] != row["EffectiveCost"]
        assert row["PricingCategory"] == "Committed"
    for row in lines("SavingsPlanNegation"):
        costs = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost")
        assert [row[cost] for cost in costs] == ["0", "0", "0", "0"]


def test_a_reservation_is_amortised() -> None:
    """Its purchase is billed, not effective; its month is the use of it and what of it stayed unused."""
    fee, use = lines("RIFee")[0], lines("DiscountedUsage")[0]
    purchase, software = lines("Fee")
    assert (purchase["BilledCost"], purchase["EffectiveCost"]) == ("120", "0")
    assert (fee["BilledCost"], fee["EffectiveCost"], fee["CommitmentDiscountStatus"]) == ("7.20", "5.2", "Unused")
    assert (use["BilledCost"], use["EffectiveCost"], use["ContractedCost"]) == ("0", "12", None)
    assert read(fee["EffectiveCost"]) + read(use["EffectiveCost"]) == Decimal(10) + Decimal("7.20")
    assert software["BilledCost"] == software["EffectiveCost"] == "49.99"
    upfront = lines("SavingsPlanUpfrontFee")[0]
    assert (upfront["BilledCost"], upfront["EffectiveCost"]) == ("2628", "0")


def test_corrections_credits_and_tax_keep_their_sign_and_kind() -> None:
    """Negative lines stay negative in every cost that they have; a refund is a correction."""
    wanted = {"Credit": ("Credit", "-25"), "Tax": ("Tax", "37.42"), "Refund": ("Adjustment", "-3.5")}
    for kind, (category, cost) in wanted.items():
        row = lines(kind)[0]
        assert (row["ChargeCategory"], row["BilledCost"], row["EffectiveCost"]) == (category, cost, cost)
        assert row["ChargeClass"] == ("Correction" if kind == "Refund" else None)
    assert lines("Usage")[4]["BilledCost"] == "-0.1234567890123"


def test_discounts_that_are_lines_lower_what_is_billed_but_not_the_list() -> None:
    """Each discount line counts in billed and effective; list cost is before discounts."""
    for kind in ("EdpDiscount", "PrivateRateDiscount", "RiVolumeDiscount", "SppDiscount", "Discount"):
        row = lines(kind)[0]
        assert read(row["BilledCost"]) < 0
        assert (row["EffectiveCost"], row["ListCost"], row["ChargeCategory"]) == (row["BilledCost"], "0", "Adjustment")


def test_net_costs_are_taken_where_the_account_has_a_discount() -> None:
    """With net columns, discount lines are 0, and the other lines stand at what is paid."""
    rows = {
        line["line_item_line_item_type"]: row
        for row, line in zip(converted(AWS_CUR, DISCOUNTED), cells(DISCOUNTED), strict=True)
    }
    assert rows["EdpDiscount"]["BilledCost"] == "0"
    assert rows["DiscountedUsage"]["EffectiveCost"] == "10.8"
    assert rows["RIFee"]["EffectiveCost"] == "4.68"
    assert rows["SavingsPlanCoveredUsage"]["EffectiveCost"] == "0.45"


def test_tags_lose_only_the_prefix_of_keys_that_customers_made() -> None:
    """`user_team` is the tag `team`; a value that looks like a key, and AWS's own tags, stay as they are."""
    tags = [json.loads(str(row["Tags"])) for row in lines("Usage")]
    assert tags[0] == {"team": "fraud", "model": "scorer", "aws_created_by": "Root:1"}
    assert tags[2] == {"team": 'platform, "core"', "user_note": 'a,"user_x'}


def test_tags_of_the_older_report_are_its_columns() -> None:
    """Each tag is a heading there; its key is what the customer, or AWS, called it."""
    keys = (re.fullmatch(AWS_CUR.tag_columns, heading) for heading in [*cells(OLDER)[0], "resource_tags_user_team"])
    assert [key[1] for key in keys if key] == ["Team", "model", "aws:createdBy", "team"]


def test_the_older_report_says_the_same() -> None:
    """Every column of FOCUS but Tags is equal, whichever of the two reports it was read from."""
    for new, old in zip(report(), converted(AWS_CUR, OLDER), strict=True):
        assert {**new, "Tags": None, "ServiceName": old["ServiceName"]} == {**old, "Tags": None}


def test_service_region_and_price_are_read() -> None:
    """A usage line says what was used, where, of which SKU and at which price."""
    row = lines("Usage")[0]
    wanted = {
        "ServiceName": "Amazon Elastic Compute Cloud",
        "ServiceCategory": "Compute",
        "RegionId": "us-east-1",
        "ResourceId": "i-0a1b2c3d",
        "SkuId": "ABCDEFGH",
        "PricingCategory": "Standard",
        "ConsumedUnit": "Hrs",
        "ListUnitPrice": "1.006",
        "SubAccountId": "444455556666",
        "BillingPeriodStart": "2026-09-01T00:00:00.000Z",
    }
    assert {name: row[name] for name in wanted} == wanted
    assert lines("Usage")[1]["PricingCategory"] == "Dynamic"


def test_an_unknown_kind_of_line_is_not_called_anything_else(tmp_path: Path) -> None:
    """What AWS invents later keeps its own name as category, so that it is found, and keeps its cost."""
    path = tmp_path / "new.csv"
    path.write_text("line_item_line_item_type,line_item_unblended_cost\nNovelty,0.30\n")
    [novel] = converted(AWS_CUR, path)
    assert (novel["ChargeCategory"], novel["BilledCost"], novel["EffectiveCost"]) == ("Novelty", "0.30", "0.30")


def test_a_commitment_that_cannot_be_read_is_no_zero(tmp_path: Path) -> None:
    """Effective cost of a commitment is not known where a part is missing; what is no number stands as it is."""
    path = tmp_path / "plan.csv"
    path.write_text(
        "line_item_line_item_type,savings_plan_total_commitment_to_date,savings_plan_used_commitment,"
        "reservation_unused_recurring_fee,reservation_unused_amortized_upfront_fee_for_billing_period\n"
        "SavingsPlanRecurringFee,1,,,\nSavingsPlanRecurringFee,1,some,,\nRIFee,,,2.5,\nRIFee,,,2.5,some\n"
    )
    assert [row["EffectiveCost"] for row in converted(AWS_CUR, path)] == [None, "1 - some", "2.5", "some"]


_AMOUNT = st.decimals(Decimal(-10_000), Decimal(10_000), allow_nan=False, places=12)
_CELLS = st.tuples(st.sampled_from(sorted(set(LINE_TYPES) - {"SavingsPlanNegation"})), _AMOUNT, _AMOUNT, _AMOUNT)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(_CELLS, min_size=1, max_size=30), reserved=st.booleans())
def test_any_report_is_billed_as_it_is_invoiced(
    tmp_path: Path, lines: list[tuple[str, Decimal, Decimal, Decimal]], *, reserved: bool
) -> None:
    """Whatever lines a report has: billed sums to the invoice, and effective to what AWS's own query says."""
    cost, rows, effective = Decimal(0), [], Decimal(0)
    for kind, amount, used, unused in lines:
        told = (amount, used, used + unused, used, used, unused)
        rows.append([kind, *(f"{each:f}" for each in told), "ri" if reserved else ""])
        effective += {
            "SavingsPlanCoveredUsage": used,
            "DiscountedUsage": used,
            "SavingsPlanRecurringFee": unused,
            "RIFee": unused,
            "SavingsPlanUpfrontFee": Decimal(0),
            "Fee": Decimal(0) if reserved else amount,
        }.get(kind, amount)
        if kind == "SavingsPlanCoveredUsage":
            rows.append(["SavingsPlanNegation", f"{-amount:f}", "", "", "", "", "", ""])
        else:
            cost += amount
    path = tmp_path / "any.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([_HEADINGS, *rows])
    found = converted(AWS_CUR, path)
    assert sum(read(row["BilledCost"]) for row in found) == cost
    assert sum(read(row["EffectiveCost"]) for row in found) == effective


_HEADINGS = (
    "line_item_line_item_type",
    "line_item_unblended_cost",
    "savings_plan_used_commitment",
    "savings_plan_total_commitment_to_date",
    "savings_plan_savings_plan_effective_cost",
    "reservation_effective_cost",
    "reservation_unused_recurring_fee",
    "reservation_reservation_a_r_n",
)


def test_null_in_words_is_not_known(tmp_path: Path) -> None:
    """Where a tool wrote NULL into the net cost, the unblended one stands."""
    path = tmp_path / "null.csv"
    path.write_text(
        "line_item_line_item_type,line_item_net_unblended_cost,line_item_unblended_cost,reservation_reservation_a_r_n\n"
        "Fee,NULL,0.30,NULL\n"
    )
    [fee] = converted(AWS_CUR, path)
    assert (fee["BilledCost"], fee["EffectiveCost"], fee["CommitmentDiscountId"]) == ("0.30", "0.30", None)


def test_raw_costs_are_kept_beside() -> None:
    """What FOCUS has no place for is not `taken`: the cost before it was called 0, the commitment's figures."""
    kept = {"line_item_unblended_cost", "line_item_line_item_type", "savings_plan_used_commitment"}
    assert not kept & AWS_CUR.taken
    assert "line_item_usage_account_id" in AWS_CUR.taken

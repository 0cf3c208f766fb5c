"""Which column is which: names without case and spaces, what stands twice, and what nobody knows."""

from __future__ import annotations

import pytest

from fairlead.kernel.errors import UsageError
from fairlead.meter.bills.base import BillSchema
from fairlead.meter.bills.columns import BILL_COLUMNS, FOCUS_COLUMNS
from fairlead.meter.bills.focus import FOCUS, REQUIRED
from fairlead.meter.bills.layout import MOST_COLUMNS, Layout, lay_out
from fairlead.meter.bills.schemas import SCHEMAS, recognise, schema_named


def text(*names: str) -> list[tuple[str, str]]:
    """Columns of a CSV."""
    return [(name, "VARCHAR") for name in names]


def laid(*names: str, schema: BillSchema = FOCUS) -> Layout:
    """Columns that every bill has, and these."""
    return lay_out(schema, text(*REQUIRED, *names), "bill.csv")


def test_columns_by_version() -> None:
    """43 columns in 1.0, 50 in 1.1, 57 in 1.2; 1.3 adds eight; 1.4 adds two and has two no more."""
    counts = {
        version: sum(
            c.introduced <= version and not (c.removed and c.removed <= version) for c in FOCUS_COLUMNS.values()
        )
        for version in ("1.0", "1.1", "1.2", "1.3", "1.4")
    }
    assert counts == {"1.0": 43, "1.1": 50, "1.2": 57, "1.3": 65, "1.4": 65}
    assert BILL_COLUMNS["BilledCost"] == "decimal(38,24)"
    assert BILL_COLUMNS["Tags"] == "map<string,string>"


def test_names_are_told_by_their_letters() -> None:
    """Case, spaces and underscores do not matter, and are a finding."""
    found = laid(" resource_id ", "SERVICENAME")
    assert {"ResourceId", "ServiceName"} <= set(found.known)
    named = {(each.column, each.value) for each in found.findings if each.rule == "column-name"}
    assert named == {("ResourceId", " resource_id "), ("ServiceName", "SERVICENAME")}


def test_a_column_that_stands_twice_is_kept_apart() -> None:
    """The first holds; the other is kept under a name of its own."""
    found = laid("BilledCost")
    assert [cell.own for cell in found.cells if cell.own] == ["x_BilledCost"]
    assert [each.rule for each in found.findings if each.column == "BilledCost"] == ["column-twice"]


def test_unknown_columns_are_kept_behind_x() -> None:
    """Names that a Delta table cannot have are changed, and all stay apart."""
    found = laid("Id", "x_Id", "id", "a b;c", "", "x_own")
    assert [cell.own for cell in found.cells if cell.own] == [
        "x_Id",
        "x_Id_2",
        "x_id_3",
        "x_a_b_c",
        "x_column_11",
        "x_own",
    ]
    assert "x_own" not in {each.column for each in found.findings}


def test_a_bill_without_a_cost_is_refused_whole() -> None:
    """What no row could be read without is told by name; a missing currency by its option."""
    with pytest.raises(UsageError, match="the file has no ChargePeriodEnd"):
        lay_out(FOCUS, text(*(name for name in REQUIRED if name != "ChargePeriodEnd")), "bill.csv")
    without = text(*(name for name in REQUIRED if name != "BillingCurrency"))
    with pytest.raises(UsageError, match="--currency"):
        lay_out(FOCUS, without, "bill.csv")
    assert lay_out(FOCUS, without, "bill.csv", "EUR").known
    with pytest.raises(UsageError, match="at most"):
        laid(*(f"x_{place}" for place in range(MOST_COLUMNS)))


def test_control_characters_are_no_part_of_a_name() -> None:
    """No engine takes them in the name of a column."""
    names = [cell.own for cell in laid("x_a\0b", "c\x1bd\x7f").cells if cell.own]
    assert names == ["x_a_b", "x_c_d"]


def test_costs_that_a_file_lacks_are_told() -> None:
    """Their sums are not known, and not zero."""
    missing = {each.column: each.message for each in laid().findings if each.rule == "column-missing"}
    assert {"EffectiveCost", "ContractedCost", "ListCost"} <= set(missing)
    assert "not known" in missing["ListCost"]


def test_a_mandatory_column_that_a_file_lacks_is_told_once() -> None:
    """Those of every version that the file can be of: what a later one brought, or took away, is not asked for."""

    def missing(*names: str) -> set[str]:
        return {each.column for each in laid(*names).findings if each.rule == "column-missing"}

    assert {"ChargeCategory", "ServiceName", "PricingUnit", "BillingAccountId"} <= missing()
    assert not missing() & {"ProviderName", "ServiceProviderName", *REQUIRED}
    assert "ChargeCategory" not in missing("ChargeCategory")
    assert "PublisherName" in missing("ProviderName")
    assert "HostProviderName" in missing("ServiceProviderName")
    every = [name for name, column in FOCUS_COLUMNS.items() if column.level == "mandatory"]
    assert not missing(*every)


def test_a_schema_is_recognised_by_its_columns() -> None:
    """FOCUS is FOCUS; what is nothing tells what each known schema lacks."""
    assert recognise(REQUIRED, where="bill.csv") is FOCUS
    with pytest.raises(UsageError, match=r"focus lacks BilledCost.*aws-cur lacks.*azure-actual lacks"):
        recognise(["Date", "Amount"], where="bill.csv")
    with pytest.raises(UsageError, match="one of auto, focus, aws-cur"):
        schema_named("gcp")


def test_every_schema_is_there() -> None:
    """The table of schemas names what exists, each under its own name."""
    assert {name: schema_named(name).name for name in SCHEMAS} == {name: name for name in SCHEMAS}

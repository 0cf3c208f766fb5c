"""OpenCost's allocations become rows of FOCUS: each one, at what OpenCost says, as an estimate."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.meter.bills.opencost import FIELDS, OPENCOST, PROPERTIES, each_allocation
from tests.unit.meter.bills.converted import BILLS, Row, converted, read, relation

DOCUMENT = BILLS / "opencost_allocation.json"


def allocations(path: Path = DOCUMENT) -> list[Mapping[str, Any]]:
    """The document's allocations as Python reads them, amounts as decimals."""
    document = json.loads(path.read_text(), parse_float=Decimal)
    return [allocation for step in document["data"] if step for allocation in step.values()]


def by_name(name: str, day: int = 0) -> Row:
    """The converted row of the allocation whose name has this part."""
    return [row for row in converted(OPENCOST, DOCUMENT) if name in str(row["ChargeDescription"])][day]


def other_columns(path: Path) -> list[dict[str, Any]]:
    """All columns that the document has as a table."""
    with relation(OPENCOST, path) as source:
        found = duckdb.sql(f"SELECT * FROM {source}")  # noqa: S608 - a test's
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def test_every_allocation_is_a_row_at_its_total_cost() -> None:
    """Idle, unmounted and negative ones too; the sum is that of the document, to the last digit."""
    rows = converted(OPENCOST, DOCUMENT)
    assert len(rows) == len(allocations()) == 7
    total = sum(Decimal(str(allocation["totalCost"])) for allocation in allocations())
    for cost in ("BilledCost", "EffectiveCost"):
        assert sum(read(row[cost]) for row in rows) == total
    assert by_name("fraud/scorer-7d", 1)["BilledCost"] == "1.04273"


def test_an_estimate_says_that_it_is_one() -> None:
    """No row can be taken for an invoice, and what OpenCost does not know is not known."""
    for row in converted(OPENCOST, DOCUMENT):
        assert str(row["ChargeDescription"]).startswith("OpenCost estimate of ml-prod/")
        assert (row["InvoiceIssuerName"], row["ProviderName"]) == ("OpenCost", "OpenCost")
        assert "ListCost" not in row
        assert "ContractedCost" not in row


def test_a_row_says_which_pod_on_which_machine() -> None:
    """Resource, account and tags come from the allocation's properties; others keep their names."""
    row = by_name("fraud/scorer-7d")
    assert (row["ResourceId"], row["ResourceName"]) == ("aws:///us-east-1a/i-0a1b2c3d", "scorer-7d")
    assert (row["BillingAccountId"], row["SubAccountId"]) == ("ml-prod", "fraud")
    assert json.loads(str(row["Tags"])) == {"team": "fraud", "app": "scorer"}
    assert by_name("dns-1")["Tags"] is None
    assert not {"namespace", "pod", "node", "cluster", "controller"} & OPENCOST.taken


def test_spans_are_those_of_the_allocation() -> None:
    """A pod that ran four hours is charged for those; an allocation without length takes its window."""
    train, idle = by_name("train-9k"), by_name("__idle__", 1)
    assert (train["ChargePeriodStart"], train["ChargePeriodEnd"]) == ("2026-11-01T06:00:00Z", "2026-11-01T10:00:00Z")
    assert (idle["ChargePeriodStart"], idle["ChargePeriodEnd"]) == ("2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z")
    assert {(row["BillingPeriodStart"], row["BillingPeriodEnd"]) for row in converted(OPENCOST, DOCUMENT)} == {
        ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    }


def test_no_member_of_an_allocation_is_lost() -> None:
    """Each member is a column; one that OpenCost adds later is kept with the whole allocation."""
    known = {*FIELDS, "window", "properties"}
    for row, allocation in zip(other_columns(DOCUMENT), allocations(), strict=True):
        for name in FIELDS:
            assert (row[name] is None) == (allocation.get(name) is None), name
        for name in PROPERTIES:
            assert (row[name] is None) == (allocation["properties"].get(name) is None), name
        if not set(allocation) - known:
            assert row["allocation"] is None
            continue
        assert json.loads(row["allocation"], parse_float=Decimal) == dict(allocation)
    assert json.loads(other_columns(DOCUMENT)[5]["allocation"])["carbonCost"] == 0.07


def test_amounts_are_the_shortest_decimals(tmp_path: Path) -> None:
    """A double's shortest form is its decimal, exponents included; whole numbers keep every digit."""
    path = tmp_path / "a.json"
    path.write_text('{"data":[{"a":{"totalCost":0.1},"b":{"totalCost":1e-7},"c":{"totalCost":-12345678901234.56}}]}')
    amounts = [read(row["BilledCost"]) for row in converted(OPENCOST, path)]
    assert amounts == [Decimal("0.1"), Decimal("1e-7"), Decimal("-12345678901234.56")]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ('{"code":500,"status":"error","message":"window is wrong"}', "window is wrong. .code 500"),
        ('{"message":"window is wrong","data":null}', "window is wrong"),
        ('{"code":200}', "no list `data`"),
        ("{}", "no list `data`"),
        ('{"data":[{"a":{"totalCost":1}}', "breaks off"),
        ('{"data":[{"a":{"totalCost":1', "breaks off"),
        ('{"data":[{"a":{"totalCost":1}}]} x', "'{' was expected, 'x' is there"),
        ('{"data":[{"a" {"totalCost":1}}]}', "':' was expected"),
        ("[1]", "'{' was expected"),
        ('{"data":' + "[" * 100_000, "nested too deeply|breaks off"),
    ],
)
def test_what_is_no_answer_is_not_an_empty_bill(document: str, said: str) -> None:
    """An error of OpenCost's, and a document that is none or breaks off, are told."""
    with pytest.raises(ValueError, match=said):
        list(each_allocation([document]))


def test_a_document_without_costs_has_no_rows() -> None:
    """A cluster in which nothing ran is an answer."""
    assert list(each_allocation(['{"code":200,"data":[{},null]}'])) == []


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 400))
def test_pieces_may_break_anywhere(size: int) -> None:
    """Numbers, names and signs may be cut in two: the allocations are the same."""
    document = DOCUMENT.read_text()
    pieces = (document[start : start + size] for start in range(0, len(document), size))
    assert [json.loads(line, parse_float=Decimal) for line in each_allocation(pieces)] == allocations()


def test_a_value_without_end_is_given_up() -> None:
    """Memory is bounded by one value, whatever the document claims."""
    with pytest.raises(ValueError, match="longer than"):
        list(each_allocation(itertools.chain(['{"data":[{"a":"'], itertools.repeat("x" * 1_000_000))))


def test_the_currency_is_not_guessed() -> None:
    """OpenCost does not say its currency: no row has one before who imports it says which."""
    assert "BillingCurrency" not in OPENCOST.columns


def test_an_allocation_with_an_odd_name_breaks_nothing(tmp_path: Path) -> None:
    """Names, labels and quotes from a cluster are text, never SQL or a path into JSON."""
    path = tmp_path / "odd'name.json"
    odd = 'a\'); DROP TABLE x; -- "$.b"'
    path.write_text(json.dumps({"data": [{odd: {"name": odd, "totalCost": 2, "properties": {"labels": {odd: odd}}}}]}))
    [row] = converted(OPENCOST, path)
    assert (row["BilledCost"], json.loads(str(row["Tags"]))) == ("2", {odd: odd})

"""Every cent of the invoice is somewhere, whatever the rules, the dimension and the cost."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.e2e.ledger.practitioner import BASES, Books, bridge_of, by_key, row, sums, total, wide

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
ODD = "Näme \"q\" ünï; 'x', ☃"
PLAN = {"CommitmentDiscountId": "sp-1", "CommitmentDiscountCategory": "Spend", "CommitmentDiscountType": "SP"}
BETA = '{"team":"beta"}'
ROWS = [
    row("10.000000000000000000000001", Tags=json.dumps({"team": ODD})),
    row("3.333333333333333333333333", ResourceId="gpu-1", ServiceName=ODD),
    row("100", ServiceName="Support"),
    row("19", ChargeCategory="Tax"),
    row("-5.5", ChargeCategory="Credit"),
    row("-1.25", ChargeClass="Correction", Tags=json.dumps({"team": ODD})),
    row("50", EffectiveCost="0", ChargeCategory="Purchase", **PLAN),
    row("0", EffectiveCost="30", ListCost="60", CommitmentDiscountStatus="Used", Tags=BETA, **PLAN),
    row("0", EffectiveCost="20", ListCost="", CommitmentDiscountStatus="Unused", **PLAN),
    row("1e3", BillingCurrency="USD", Tags=BETA),
    row("79999999999999.123456789012345678901234", BillingCurrency="JPY", Tags=BETA),
]
RULES: list[dict[str, Any]] = [
    {"name": "gpu", "match": {"resource": ["gpu-?"]}, "split": {"by": {"gpu_seconds": 1}, "capacity": 3600}},
    {"name": "teams", "match": {"tags": {"team": ["*"]}}, "assign": {"team": "{tag:team}"}},
    {"name": "support", "match": {"service": ["Support"]}, "overhead": {"how": "even"}},
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Books with three currencies and every kind of charge, which are only read."""
    books = Books.begin(tmp_path_factory.mktemp("filled"))
    assert books.bill("bill.csv", ROWS).status == 0
    assert books.collect("use.csv", [used("gpu-1", ODD, "1200"), used("gpu-1", "beta", "600.000000001")]).status == 0
    books.allocate(RULES)
    return books


def used(resource: str, team: str, seconds: str, role: str = "used") -> dict[str, str]:
    """GPU seconds of the hour that the rows are charged for."""
    window = {"window_start": "2026-10-03T12:00:00Z", "window_end": "2026-10-03T13:00:00Z"}
    return {**window, "resource": resource, "team": team, "measure": "gpu_seconds", "quantity": seconds, "role": role}


@pytest.mark.parametrize("basis", BASES)
def test_closes(filled: Books, basis: str) -> None:
    """By currency, the lines and the parts of the bridge sum to the bill's own column, to the last digit."""
    report = filled.cost("team,charge", "--basis", basis)
    with wide():
        assert total(known(report["rows"])) == sums(ROWS, BASES[basis])
        for currency, amount in sums(ROWS, BASES[basis]).items():
            parts = bridge_of(report, currency)
            assert parts.pop("invoiced") == amount == sum(parts.values())
            assert parts["residual"] == 0


@pytest.mark.parametrize("by", ["owner,rule,resource,service,day", "line"])
def test_any_dimension(filled: Books, by: str) -> None:
    """Whatever the lines are grouped by, they and the parts that belong to nobody are the whole invoice."""
    report = filled.cost(by)
    parts = bridge_of(report)
    with wide():
        apart = sum(parts[name] for name in ("tax", "credit", "commitment", "unused-commitment"))
        assert total(report["rows"])["EUR"] + apart == parts["invoiced"] == sums(ROWS, "EffectiveCost")["EUR"]


def test_kinds(filled: Books) -> None:
    """What was paid for a commitment, its unused part, taxes, credits and idle time stand apart."""
    parts = bridge_of(filled.cost("charge"))
    assert [parts["tax"], parts["credit"], parts["commitment"]] == [Decimal(19), Decimal("-5.5"), Decimal(0)]
    assert [parts["unused-commitment"], parts["shared"]] == [Decimal(20), Decimal(100)]
    assert Decimal("1.666666") < parts["idle"] < Decimal("1.666667")


def test_first_rule(books: Books) -> None:
    """The first rule that matches has the row, and a pattern's letters are themselves."""
    strange = r"sp.ec+ial (x|y)^$\d%_"
    books.bill("bill.csv", [row("1", ResourceId=strange), row("2", ResourceId="special x"), row("4", ResourceId="b")])
    books.allocate(
        [
            {"name": "strange", "match": {"resource": [strange]}, "assign": {"team": "s {column:ResourceId}"}},
            {"name": "first", "match": {"resource": ["b"]}, "assign": {"team": "first"}},
            {"name": "second", "match": {"resource": ["?"]}, "assign": {"team": "second"}},
        ]
    )
    assert by_key(books.cost("team")["rows"]) == {f"s {strange}": 1, "-": 2, "first": 4}


def test_reserved(books: Books) -> None:
    """What counts is the greater of reserved and used; idle is kept, or spread over the users, as the rule says."""
    books.bill("bill.csv", [row("10", ResourceId="keep"), row("-3", ResourceId="keep"), row("10", ResourceId="spread")])
    kept = [used("keep", "a", "600"), used("keep", "a", "1800", "reserved"), used("keep", "b", "900")]
    spread = [used("spread", "a", "900"), used("spread", "b", "300")]
    capacity = [used(name, "", "3600", "capacity") for name in ("keep", "spread")]
    books.collect("use.csv", [*kept, used("keep", "b", "600", "reserved"), *spread, *capacity])
    by = {"gpu_seconds": 1}
    books.allocate(
        [
            {"name": "keep", "match": {"resource": ["keep"]}, "split": {"by": by}},
            {"name": "spread", "match": {"resource": ["spread"]}, "split": {"by": by, "idle": "spread"}},
        ]
    )
    rows = by_key(books.cost("rule,team,charge")["rows"])
    assert rows["keep|a|used"] == Decimal("3.5")
    assert rows["keep|b|used"] == rows["keep|-|idle"] == Decimal("1.75")
    assert [rows["spread|a|used"], rows["spread|a|idle"]] == [Decimal("2.5"), Decimal(5)]
    assert sum(rows.values()) == 17


def test_quarters(books: Books) -> None:
    """Four pods with a quarter of a GPU each, for one hour, are one GPU hour."""
    books.bill("bill.csv", [row("4", ResourceId="gpu-1")])
    books.collect("use.csv", [used("gpu-1", f"p{pod}", "900") for pod in range(4)])
    books.allocate([{**RULES[0]}])
    assert by_key(books.cost("team")["rows"]) == {f"p{pod}": 1 for pod in range(4)}


def test_gap(books: Books) -> None:
    """Where nobody measured, a charge is not allocated: a gap is no idle time."""
    books.bill("bill.csv", [row("8", ResourceId="gpu-1")])
    books.collect(
        "use.csv",
        [{**used("gpu-1", "a", "100"), "window_start": "2026-10-03T11:00:00Z", "window_end": "2026-10-03T12:00:00Z"}],
    )
    books.allocate([{"name": "gpu", "match": {"resource": ["gpu-1"]}, "split": {"by": {"gpu_seconds": 1}}}])
    assert bridge_of(books.cost("charge"))["unallocated"] == 8


def known(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines whose amount is known in this basis."""
    return [line for line in lines if line["amount"] is not None]

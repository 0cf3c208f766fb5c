"""The ledger's report: rows and bridges from what an engine answered."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from fairlead.domain.ledger import Charge
from fairlead.kernel.errors import UsageError
from fairlead.kernel.money import added
from fairlead.meter.ledger.closure import closures
from fairlead.meter.ledger.question import CostQuestion, Per, included, restrictions
from fairlead.meter.ledger.report import bridges, ledger_rows
from fairlead.meter.ledger.use import Use, told_twice


def _group(customer: str, amount: str | None, **more: object) -> dict[str, Any]:
    known = None if amount is None else Decimal(amount)
    return {
        "customer": customer,
        "currency": "USD",
        "amount": known,
        "missing": int(amount is None),
        "lines": 1,
        "customers": 1,
        **more,
    }


def test_rows_come_dearest_first_with_their_use() -> None:
    """A group's use is joined by the group's own values."""
    question = CostQuestion(by=("customer",), per=Per.THOUSAND_INFERENCES)
    use = [{"customer": "beta", "measure": "inferences", "quantity": Decimal(4000)}]
    rows = ledger_rows(question, [_group("acme", "1"), _group("beta", "2")], Use(tuple(use)))
    assert [row.key["customer"] for row in rows] == ["beta", "acme"]
    assert [row.unit_cost for row in rows] == [Decimal("0.5"), None]
    assert rows[1].insufficient == "no inferences were measured"


def test_a_cost_that_one_line_does_not_know_is_not_known() -> None:
    """The sum of what is known of it would be too low, and say so nowhere."""
    (row,) = ledger_rows(CostQuestion(by=("customer",)), [_group("acme", "7", missing=1)], Use())
    assert row.amount is None


def test_days_and_months_are_written_as_people_do() -> None:
    """Moments of a group are text, in UTC."""
    question = CostQuestion(by=("day", "month"))
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    group = _group("", "1", day=moment, month=moment)
    assert ledger_rows(question, [group], Use())[0].key == {"day": "2026-11-01", "month": "2026-11"}


def test_the_residual_is_what_is_billed_and_charged_to_nothing() -> None:
    """Refused rows are in the invoice and in no line; the parts then still sum to the invoice, to the last digit."""
    invoices = [{"currency": "USD", "amount": Decimal("10.000000000000000000000001"), "missing": 0}]
    parts = [
        {"currency": "USD", "charge": "idle", "amount": Decimal(4), "lines": 2, "missing": 0},
        {
            "currency": "USD",
            "charge": "used",
            "amount": Decimal("6.000000000000000000000001"),
            "lines": 3,
            "missing": 1,
        },
    ]
    (bridge,) = bridges(invoices, parts, {"USD": Decimal("0.5")})
    assert [part.charge for part in bridge.parts] == [Charge.USED, Charge.IDLE, Charge.RESIDUAL]
    assert bridge.parts[-1].amount == Decimal("0.5")
    assert bridge.unknown == 1
    assert sum(part.amount for part in bridge.parts) == bridge.invoiced == Decimal("10.500000000000000000000001")


def test_each_currency_has_a_bridge_of_its_own() -> None:
    """Currencies are never mixed; one that was only refused is told as well."""
    invoices = [{"currency": each, "amount": Decimal(1), "missing": 0} for each in ("EUR", "USD")]
    parts = [
        {"currency": each, "charge": "used", "amount": Decimal(1), "lines": 1, "missing": 0} for each in ("USD", "EUR")
    ]
    found = bridges(invoices, parts, {"JPY": Decimal(3)})
    assert {each.currency: each.invoiced for each in found} == {"EUR": Decimal(1), "JPY": Decimal(3), "USD": Decimal(1)}
    assert [each.parts[-1].amount for each in found] == [0, 3, 0]


@pytest.mark.parametrize("include", [frozenset(), included(["tax,idle"]), included(["all"])])
def test_rows_and_what_they_leave_out_are_what_was_invoiced(include: frozenset[Charge]) -> None:
    """Whatever is included: to the last digit, with credits, other values and the residual."""
    amounts = {"used": "5.000000000000000000000001", "idle": "2", "tax": "0.5", "credit": "-1", "unallocated": "0.25"}
    parts = [
        {"currency": "USD", "charge": name, "amount": Decimal(each), "lines": 1, "missing": 0}
        for name, each in amounts.items()
    ]
    whole = bridges([{"currency": "USD", "amount": Decimal("6.750000000000000000000001"), "missing": 0}], parts, {})
    question = CostQuestion(by=("customer",), only={"team": "core"}, include=include)
    rows = ledger_rows(question, [_group("acme", "3"), _group("beta", "1.5", missing=1)], Use())
    (closure,) = closures(question, rows, whole)
    assert closure.rows == Decimal("4.5")
    left = {part.charge: part.amount for part in closure.left_out}
    assert set(left) == {Charge.IDLE, Charge.TAX, Charge.CREDIT, Charge.RESIDUAL} - include
    assert added([closure.rows, closure.narrowed, *left.values()]) == closure.invoiced == whole[0].invoiced


def test_what_is_included_and_looked_for_is_checked() -> None:
    """Unknown names are refused with the known ones."""
    assert included(["idle,shared"]) == {Charge.IDLE, Charge.SHARED}
    assert included(["unused"]) == included(["unused-commitment"]) == {Charge.UNUSED}
    assert included(["all"]) == set(Charge) - {Charge.USED, Charge.UNALLOCATED, Charge.RESIDUAL}
    assert restrictions(["service=Amazon S3"]) == {"service": "Amazon S3"}
    for wrong, call in ((["taxes"], included), (["service"], restrictions), (["day=x"], restrictions)):
        with pytest.raises(UsageError):
            call(wrong)


def test_a_period_is_a_span() -> None:
    """December ends with the year."""
    assert CostQuestion(period="2026-12").span == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def test_use_that_names_nobody_leaves_unit_costs_open() -> None:
    """A team's cost over the tokens that happen to name it would be too dear: the rest belongs to somebody."""
    question = CostQuestion(by=("customer",), per=Per.INFERENCE)
    use = Use(
        tuple(
            {"customer": name, "measure": "inferences", "quantity": Decimal(n)} for name, n in (("acme", 10), ("", 90))
        )
    )
    (row,) = ledger_rows(question, [_group("acme", "1")], use)
    assert (row.unit_cost, row.insufficient) == (None, "90 inferences do not say whose they are")
    rows = ledger_rows(question, [_group("acme", "1"), _group("", "9")], use)
    assert [row.unit_cost for row in rows] == [Decimal("0.1"), Decimal("0.1")]


def test_use_from_two_sources_is_not_added_up_unasked() -> None:
    """The gateway and a model server's own counter saw the same requests; half the cost would be no cost."""
    sources = [{"measure": "inferences", "model": "chat", "source": each} for each in ("gateway", "vllm")]
    assert told_twice(sources) == "inferences of chat come from gateway and vllm: choose with --usage"
    assert told_twice(sources[:1]) == ""

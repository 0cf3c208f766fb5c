"""A workload costs what its replicas request, and what cannot be known is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from fairlead.domain.infrastructure import PodResources, Replicas, Workload
from fairlead.domain.plan import total
from fairlead.domain.price_book import PriceBook, PriceRow
from fairlead.kernel.money import Money
from fairlead.plan.infrastructure import price_workload
from fairlead.plan.list_prices import list_price_book

_DAY = date(2026, 7, 1)
_BOOK = PriceBook(
    currency="EUR",
    rows=(
        PriceRow(resource="cpu", price=Decimal("0.04"), source="own", as_of=_DAY),
        PriceRow(resource="memory", price=Decimal("0.005"), source="own", as_of=_DAY),
        PriceRow(resource="gpu", gpu_type="L4", price=Decimal("0.6"), source="own", as_of=_DAY),
    ),
)
_WEB = Workload(
    "web", "Deployment", "", "web.yaml", 1, Replicas(3, 3), PodResources(Decimal("0.5"), 2**30), PodResources()
)


def test_requests_times_replicas_times_hours() -> None:
    """Exact, in the book's currency, with the row that says so."""
    parts = price_workload(_WEB, _BOOK)
    assert [(each.name, each.quantity, each.monthly) for each in parts] == [
        ("cpu", Decimal(1095), Money(Decimal("43.8"), "EUR")),
        ("memory", Decimal(2190), Money(Decimal("10.95"), "EUR")),
    ]
    assert parts[0].source == "own, 2026-07-01"
    assert total(price_workload(_WEB, _BOOK, replicas=6)) == Money(Decimal("109.5"), "EUR")


def test_a_gpu_is_priced_by_its_kind() -> None:
    """No kind, or one without a row: the price is unknown, and so is the sum."""
    known = replace(_WEB, requests=replace(_WEB.requests, gpu=Decimal(1), gpu_type="L4"))
    assert price_workload(known, _BOOK)[-1].monthly == Money(Decimal(1314), "EUR")
    for kind, said in (("", "no node label says which kind"), ("H100", "no row for gpu H100")):
        parts = price_workload(replace(known, requests=replace(known.requests, gpu_type=kind)), _BOOK)
        assert parts[-1].unit_price is None
        assert said in parts[-1].source
        assert total(parts) is None


def test_what_is_not_requested_has_no_price() -> None:
    """Nor is it zero."""
    parts = price_workload(replace(_WEB, requests=PodResources()), _BOOK)
    assert [each.monthly for each in parts] == [None, None]
    assert parts[0].source == "price unknown: web requests no cpu"


def test_hours_that_nobody_knows_have_no_price() -> None:
    """The reason is said, with what one replica around the clock would cost; a number that is given is priced."""
    idle = replace(_WEB, replicas=Replicas(0, 10, "scales between 0 and 10 with use"))
    (cpu, _) = price_workload(idle, _BOOK)
    assert (cpu.unit_price, cpu.monthly) == (None, None)
    assert cpu.source == "price unknown: scales between 0 and 10 with use; one replica for a whole month is 14.6 EUR"
    assert total(price_workload(idle, _BOOK, replicas=10)) == Money(Decimal("182.5"), "EUR")


def test_none_that_run_cost_nothing() -> None:
    """That is known, whatever they would ask for; a template is one of them, and says so."""
    template = replace(_WEB, replicas=Replicas(0, 0, "a template"), requests=PodResources())
    for workload, said in ((template, "a template"), (replace(_WEB, replicas=Replicas(0, 0)), "none of it runs")):
        parts = price_workload(workload, _BOOK)
        assert total(parts) == Money(Decimal(0), "EUR")
        assert [each.source for each in parts] == [said]


def test_without_a_book_nothing_is_priced() -> None:
    """And it says so."""
    assert {each.source for each in price_workload(_WEB, None)} == {"price unknown: no price book is declared"}


def test_a_foreign_repository_is_priced_by_list_prices() -> None:
    """Two L4 replicas, to the last digit of the derived rows."""
    asked = PodResources(Decimal(4), 16 * 2**30, Decimal(1), "L4")
    parts = price_workload(replace(_WEB, requests=asked, replicas=Replicas(2, 2)), list_price_book())
    assert total(parts) == Money(Decimal("1175.00800"), "USD")
    assert all(each.source.startswith("derived: AWS EC2") for each in parts)

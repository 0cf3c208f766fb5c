"""Own hardware's price is exact and names its inputs; discounts come off the right list prices on the right days."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fairlead.domain.price_book import HOURS_PER_YEAR, Commitment, Discount, Hardware, PriceBook
from fairlead.domain.price_list import ListPrice, is_stale
from fairlead.plan.list_prices import SHIPPED
from fairlead.plan.newest_prices import DiscountedPrices, NewestPrices
from fairlead.ports import ListPrices

DAY = date(2026, 11, 1)


def hardware(**other: Any) -> Hardware:  # noqa: ANN401 - fields of the declaration
    """One machine of 8,760 in a year, so that a purchase of 8,760 is 1 an hour; a tenth of a kilowatt at 0.5."""
    plain = {"name": "rack", "purchase": 8760, "years": 1, "cores": 4, "watts": 100, "price_per_kwh": "0.5"}
    return Hardware(**{**plain, "as_of": DAY, **other})


def test_an_hour_is_what_was_bought_and_what_it_draws() -> None:
    """Purchase / hours + kilowatts x pue x price, over the part of the hours that is used."""
    assert hardware().hour() == Fraction(105, 100)
    assert hardware(pue="1.2").hour() == Fraction(106, 100)
    assert hardware(pue="1.2", utilisation="0.5").hour() == Fraction(212, 100)
    (core,) = hardware().rows()
    assert (core.resource, core.price, core.includes, core.as_of) == ("cpu", Decimal("0.2625"), ("memory",), DAY)
    assert core.source == "own hardware rack: 8760 over 1 years, 100 W x 1 at 0.5 per kWh, 4 cores"


def test_gpus_pay_the_share_that_was_said() -> None:
    """Cores pay the rest; a GPU's row names its kind."""
    core, gpu = hardware(gpus=2, gpu_type="L4", gpu_share="0.8").rows()
    assert (gpu.gpu_type, gpu.price) == ("L4", Decimal("0.42"))
    assert core.price == Decimal("0.0525")
    assert "0.8 of it for 2 GPUs" in gpu.source


@pytest.mark.parametrize("wrong", [{"gpus": 1}, {"gpu_share": "0.5"}, {"gpus": 1, "gpu_share": 1}, {"gpu_type": "L4"}])
def test_nobody_guesses_what_gpus_pay(wrong: dict[str, Any]) -> None:
    """GPUs, their kind and their share are said together."""
    with pytest.raises(ValidationError, match="gpuShare"):
        hardware(**wrong)


_MONEY = st.decimals(min_value=0, max_value=10**7, places=6)


@given(_MONEY, st.integers(1, 20), st.integers(1, 512), st.integers(1, 16), st.decimals(0, 1, places=3), _MONEY)
def test_parts_of_a_machine_sum_to_its_hour(
    purchase: Decimal, years: int, cores: int, gpus: int, share: Decimal, power: Decimal
) -> None:
    """Within half a picounit for each core and GPU: each row is rounded once, and nothing else is."""
    own = hardware(
        purchase=purchase, years=years, cores=cores, gpus=gpus, gpu_type="L4", gpu_share=share, price_per_kwh=power
    )
    counts = {"cpu": cores, "gpu": gpus}
    assert len(own.rows()) == (2 if share < 1 else 1)
    whole = sum((Fraction(each.price) * counts[each.resource] for each in own.rows()), Fraction(0))
    assert abs(whole - own.hour()) <= Fraction(cores + gpus, 2 * 10**12)
    assert own.hour() == Fraction(purchase) / (years * HOURS_PER_YEAR) + Fraction(power) / 10


def test_the_book_answers_from_rows_and_hardware() -> None:
    """Rows first; a book that says nothing is refused, and so is a commitment that ends before it begins."""
    book = PriceBook(currency="USD", hardware=(hardware(),))
    row = book.row("cpu")
    assert row is not None
    assert row.price == Decimal("0.2625")
    assert book.row("gpu", "L4") is None
    with pytest.raises(ValidationError, match="hardware"):
        PriceBook(currency="USD")
    with pytest.raises(ValidationError, match="after"):
        Commitment(name="a", what="b", price="1", since=DAY, until=DAY)


def _price(day: date, price: str) -> ListPrice:
    return ListPrice("aws", "eu-west-1", "m7i.large", Decimal(price), "hour", "a list", day)


class _OneList:
    def __init__(self, *prices: ListPrice) -> None:
        self._prices = {(each.provider, each.region, each.name): each for each in prices}

    def instance(self, provider: str, region: str, name: str) -> ListPrice | None:
        return self._prices.get((provider, region, name))

    nearest = service = instance


def test_the_newest_list_answers() -> None:
    """Whatever their order; what only the shipped ones have, they answer."""
    old, new = _OneList(_price(date(2026, 1, 1), "2")), _OneList(_price(date(2026, 10, 1), "3"))
    orders: list[list[ListPrices]] = [[old, new, SHIPPED], [SHIPPED, new, old]]
    for lists in orders:
        found = NewestPrices(lists).instance("aws", "eu-west-1", "m7i.large")
        assert found is not None
        assert found.price == Decimal(3)
        assert NewestPrices(lists).instance("aws", "us-east-1", "g5.xlarge") == SHIPPED.instance(
            "aws", "us-east-1", "g5.xlarge"
        )
    assert NewestPrices([]).instance("aws", "eu-west-1", "m7i.large") is None


@pytest.mark.parametrize(
    ("discount", "price"),
    [
        ({"percent": "12.5"}, "0.875"),
        ({"percent": 10, "instance": "M7I.*"}, "0.9"),
        ({"percent": 10, "instance": "c7i.*"}, "1"),
        ({"percent": 10, "region": "us-*"}, "1"),
        ({"percent": 10, "service": "eks-*"}, "1"),
        ({"percent": 10, "service": "compute"}, "0.9"),
        ({"percent": 10, "provider": "azure"}, "1"),
        ({"percent": 10, "since": DAY, "until": date(2026, 11, 2)}, "0.9"),
        ({"percent": 10, "since": date(2026, 11, 2)}, "1"),
        ({"percent": 10, "until": DAY}, "1"),
    ],
)
def test_a_discount_fits_by_provider_name_region_and_day(discount: dict[str, Any], price: str) -> None:
    """The first day counts, the last named one no longer; what is taken off is said."""
    agreed = Discount(**{"provider": "aws", **discount})
    listed = _OneList(_price(DAY, "1"))
    found = DiscountedPrices(listed, [agreed, agreed], DAY).instance("aws", "eu-west-1", "m7i.large")
    assert found is not None
    assert found.price == Decimal(price)
    assert ("priceBook.discounts[0]" in found.source) == (price != "1")
    assert DiscountedPrices(listed, [agreed], DAY).nearest("aws", "eu-west-1", "m7i.large") == _price(DAY, "1")


def test_a_price_is_stale_after_ninety_days() -> None:
    """The ninetieth day is still fresh."""
    assert not is_stale(date(2026, 8, 25), date(2026, 11, 23))
    assert is_stale(date(2026, 8, 24), date(2026, 11, 23))

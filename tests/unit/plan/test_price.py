"""Expected monthly cost: exact components, and a missing price that is said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from fairlead.domain.model import Resources, Serving
from fairlead.domain.plan import total
from fairlead.domain.price_book import PriceBook, PriceRow
from fairlead.kernel.money import Money
from fairlead.plan.price import components

_ROW = PriceRow(resource="cpu", price=Decimal("0.04463"), source="list", as_of=date(2026, 7, 1), includes=("memory",))
_BOOK = PriceBook(currency="USD", rows=(_ROW,))


def test_a_component_is_quantity_times_price() -> None:
    """Half a core for two replicas and 730 hours, to the last digit."""
    parts = components(Serving(resources=Resources(cpu=Decimal("0.5"))), 2, _BOOK)
    assert parts[0].quantity == Decimal(730)
    assert parts[0].monthly == Money(Decimal("32.5799"), "USD")
    assert parts[0].source == "list, 2026-07-01"
    assert total(parts) == Money(Decimal("32.5799"), "USD")


def test_memory_that_the_core_pays_is_included_and_says_so() -> None:
    """Zero is only said where somebody declared that it is paid elsewhere."""
    memory = components(Serving(), 1, _BOOK)[1]
    assert memory.monthly == Money(Decimal(0), "USD")
    assert memory.source == "included in cpu"


def test_a_missing_price_is_unknown_not_zero() -> None:
    """A GPU without a price row makes the whole sum unknown."""
    parts = components(Serving(resources=Resources(gpu=Decimal(1), gpu_type="L4")), 1, _BOOK)
    assert parts[-1].monthly is None
    assert total(parts) is None
    assert total(components(Serving(), 1, None)) is None

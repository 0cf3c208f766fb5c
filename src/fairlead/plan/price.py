"""What a release is expected to cost in a month: named components from resources and the price book."""

from __future__ import annotations

from decimal import Decimal, localcontext

from fairlead.domain.model import Serving
from fairlead.domain.plan import CostComponent
from fairlead.domain.price_book import PriceBook, PriceRow
from fairlead.kernel.money import Money, from_pico, round_to_pico

__all__ = ["HOURS_PER_MONTH", "cite", "component", "components"]

HOURS_PER_MONTH = 730
"""Hours of an average month, as cloud price lists count (8,760 / 12)."""

_GIB = 2**30


def components(serving: Serving, replicas: int, book: PriceBook | None) -> tuple[CostComponent, ...]:
    """Components for `replicas` servers. A resource without a price row has `unit_price` None, never zero.

    Memory that the CPU's price row includes is said to be included and costs nothing more.
    """
    resources = serving.resources
    with localcontext(prec=60):
        memory = Decimal(resources.memory) / _GIB
    asked = [("cpu", "", resources.cpu, "core-hour"), ("memory", "", memory, "GiB-hour")]
    if resources.gpu:
        asked.append(("gpu", resources.gpu_type, resources.gpu, "GPU-hour"))
    return tuple(component(book, *each, replicas) for each in asked)


def component(
    book: PriceBook | None, resource: str, gpu_type: str, amount: Decimal, unit: str, replicas: int
) -> CostComponent:
    """`amount` of a resource in each of `replicas`, for a month of hours."""
    with localcontext(prec=60):
        quantity = amount * replicas * HOURS_PER_MONTH
    name = f"{resource} {gpu_type}".strip()
    if book is None:
        return CostComponent(name, quantity, unit, None, None, "no price book is declared")
    row = book.row(resource, gpu_type)
    if row is not None:
        monthly = Money(from_pico(round_to_pico(quantity * row.price)), book.currency)
        return CostComponent(name, quantity, unit, row.price, monthly, cite(row), row.as_of)
    host = book.row("cpu")
    if resource == "memory" and host is not None and "memory" in host.includes:
        return CostComponent(name, quantity, unit, Decimal(0), Money(Decimal(0), book.currency), "included in cpu")
    return CostComponent(name, quantity, unit, None, None, f"the price book has no row for {name}")


def cite(row: PriceRow) -> str:
    """The price row and its date, as every cost names them."""
    return f"{row.source}, {row.as_of.isoformat()}"

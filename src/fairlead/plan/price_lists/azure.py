"""Price lists of Azure: pages of the Retail Prices API, and the table of the Karpenter provider.

The API: https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices
Kept are virtual machines with Linux: on demand, spot, and reservations, whose price is of the whole term and is spread
over its hours (1 year: 8,760).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, TextIO

from fairlead.domain.price_book import HOURS_PER_YEAR
from fairlead.domain.price_list import HOUR, Term
from fairlead.kernel.money import from_pico, round_to_pico
from fairlead.plan.price_lists.base import Item, Left, Line, NextPage, Problem, column, day_of, exact_price
from fairlead.plan.price_lists.csv_rows import csv_rows, with_header
from fairlead.plan.price_lists.json_members import json_members

__all__ = ["read_azure"]

_KARPENTER = ("region", "sku", "usd_per_hour", "generated_at")
_YEARS = {"1 Year": (1, Term.RESERVED_1Y), "3 Years": (3, Term.RESERVED_3Y)}
_OTHER = "not a virtual machine's hour with Linux"


def read_azure(head: str, text: TextIO) -> Iterator[Item]:
    """Prices of instances' hours."""
    return _pages(text) if head.lstrip().startswith("{") else _karpenter(text)


def _pages(text: TextIO) -> Iterator[Item]:
    at = 0
    for path, value in json_members(text, ((), ("Items",))):
        if path == ("NextPageLink",) and isinstance(value, str) and value:
            yield NextPage(address=value)
        elif path == ("Items",):
            at += 1
            yield _item(at, value) if isinstance(value, dict) else Problem(at, "an item is no object")
    if not at:
        yield Problem(0, "there is no item in it: `Items` is empty, or this is no answer of the Retail Prices API")


def _item(at: int, item: Mapping[str, Any]) -> Item:
    place, kind = str(item.get("armRegionName") or ""), str(item.get("armSkuName") or "")
    term = _term(item)
    if term is None or not kind or not place or item.get("unitOfMeasure") != "1 Hour":
        return Left(_OTHER)
    if item.get("effectiveEndDate"):
        return Left("no longer in force")
    years = _YEARS.get(str(item.get("reservationTerm")), (0, term))[0] if term in _RESERVED else 0
    try:
        price = exact_price(item.get("retailPrice"))
    except ValueError as error:
        return Problem(at, f"{kind} in {place}: {error}")
    if years:
        price = from_pico(round_to_pico(Fraction(price) / (years * HOURS_PER_YEAR)))
    currency = str(item.get("currencyCode") or "")
    if not currency:
        return Problem(at, f"{kind} in {place}: no currency is said")
    return Line(at, "azure", place, kind, price, currency, HOUR, term) if price else Left("without a price")


_RESERVED = {Term.RESERVED_1Y, Term.RESERVED_3Y}


def _term(item: Mapping[str, Any]) -> Term | None:
    """On which terms the price holds; None for what is not kept."""
    product, sku = str(item.get("productName") or ""), str(item.get("skuName") or "")
    if item.get("serviceName") != "Virtual Machines" or "Windows" in product:
        return None
    if item.get("type") == "Reservation":
        return _YEARS.get(str(item.get("reservationTerm")), (0, None))[1]
    if item.get("type") != "Consumption" or "Low Priority" in sku:
        return None
    return Term.SPOT if "Spot" in sku else Term.ON_DEMAND


def _karpenter(text: TextIO) -> Iterator[Item]:
    for number, found in with_header(csv_rows(text), _KARPENTER):
        place, kind, price, day = (column(found, name) for name in _KARPENTER)
        try:
            amount = exact_price(price)
        except ValueError as error:
            yield Problem(number, str(error))
            continue
        if not (place and kind):
            yield Problem(number, "the row names no region or no size")
        elif not amount:
            yield Left("without a price")
        else:
            yield Line(number, "azure", place, kind, amount, "USD", as_of=day_of(day))

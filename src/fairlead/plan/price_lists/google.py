"""Price lists of Google Cloud: SKUs of the Cloud Billing Catalog API, and the table of Cyclenerd's calculator.

The API: https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list
The catalogue prices cores, memory and accelerators, not machine types: its rows are kept under their description. The
table has machine types, on demand, spot and with commitments, whose price of a month is spread over 730 hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, TextIO

from fairlead.domain.price_list import HOUR, Term
from fairlead.kernel.money import from_pico, round_to_pico
from fairlead.plan.price import HOURS_PER_MONTH
from fairlead.plan.price_lists.base import Item, Left, Line, NextPage, Problem, column, exact_price
from fairlead.plan.price_lists.csv_rows import csv_rows, with_header
from fairlead.plan.price_lists.json_members import json_members

__all__ = ["read_google"]

_PROVIDER = "google"
_TERMS = {
    "OnDemand": Term.ON_DEMAND,
    "Preemptible": Term.SPOT,
    "Commit1Yr": Term.RESERVED_1Y,
    "Commit3Yr": Term.RESERVED_3Y,
}
_UNITS = {"h": HOUR, "GiBy.h": "GiB-hour"}
_NANOS = 9
_COLUMNS = (
    ("usd_hour", Term.ON_DEMAND, 1),
    ("usd_hour_spot", Term.SPOT, 1),
    ("usd_month_1y_cud", Term.RESERVED_1Y, HOURS_PER_MONTH),
    ("usd_month_3y_cud", Term.RESERVED_3Y, HOURS_PER_MONTH),
)
"""Columns of the table, their terms, and the hours that they pay."""


def read_google(head: str, text: TextIO) -> Iterator[Item]:
    """Prices of machine types' hours, or of SKUs."""
    return _catalogue(text) if head.lstrip().startswith("{") else _calculator(text)


def _catalogue(text: TextIO) -> Iterator[Item]:
    at = 0
    for path, value in json_members(text, ((), ("skus",))):
        if path == ("nextPageToken",) and isinstance(value, str) and value:
            yield NextPage(token=value)
        elif path == ("skus",):
            at += 1
            yield from _sku(at, value) if isinstance(value, dict) else [Problem(at, "a SKU is no object")]
    if not at:
        yield Problem(0, "there is no SKU in it: this is no answer of the Cloud Billing Catalog API")


def _sku(at: int, sku: Mapping[str, Any]) -> Iterator[Item]:
    about = sku.get("category")
    category: Mapping[str, Any] = about if isinstance(about, dict) else {}
    rate = _expression(sku)
    name, term = str(sku.get("description") or ""), _TERMS.get(str(category.get("usageType")))
    unit = _UNITS.get(str(rate.get("usageUnit")))
    if category.get("resourceFamily") != "Compute" or term is None or unit is None or not name:
        yield Left("not compute by the hour")
        return
    tiers = rate.get("tieredRates")
    if not isinstance(tiers, list) or len(tiers) != 1 or not isinstance(tiers[0], dict):
        yield Left("in tiers, or without a price")
        return
    try:
        price, currency = _unit_price(tiers[0].get("unitPrice"))
    except ValueError as error:
        yield Problem(at, f"{name[:80]}: {error}")
        return
    for place in sku.get("serviceRegions") or () if price else ():
        yield Line(at, _PROVIDER, str(place), name, price, currency, unit, term)


def _expression(sku: Mapping[str, Any]) -> Mapping[str, Any]:
    """The newest pricing of a SKU, which stands last."""
    infos = sku.get("pricingInfo")
    newest = infos[-1] if isinstance(infos, list) and infos else None
    found = newest.get("pricingExpression") if isinstance(newest, dict) else None
    return found if isinstance(found, dict) else {}


def _unit_price(money: object) -> tuple[Decimal, str]:
    """`google.type.Money`: whole units as text, and nanos."""
    if not isinstance(money, dict) or not isinstance(money.get("nanos", 0), int):
        message = "its price is no money (currencyCode, units, nanos)"
        raise ValueError(message)
    whole, nanos = exact_price(money.get("units") or "0"), int(money.get("nanos", 0))
    if not 0 <= nanos < 10**_NANOS or whole != int(whole):
        message = "its price is no money: units are whole, nanos below 1,000,000,000 and neither negative"
        raise ValueError(message)
    return whole + Decimal(nanos).scaleb(-_NANOS), str(money.get("currencyCode") or "")


def _calculator(text: TextIO) -> Iterator[Item]:
    """0 in a column means that there is no such price."""
    for number, found in with_header(csv_rows(text), ("region", "machine_type", *(name for name, _, _ in _COLUMNS))):
        place, kind = column(found, "region"), column(found, "machine_type")
        if not (place and kind):
            yield Problem(number, "the row names no region or no machine type")
            continue
        for name, term, hours in _COLUMNS:
            cell = column(found, name)
            try:
                price = exact_price(cell or "0")
            except ValueError as error:
                yield Problem(number, f"column {name}: {error}")
                continue
            if not price:
                yield Left("without a price on such terms")
                continue
            # A quotient is rounded once, to 10^-12; a price by the hour stays as it is written.
            exact = price if hours == 1 else from_pico(round_to_pico(Fraction(price) / hours))
            yield Line(number, _PROVIDER, place, kind, exact, "USD", HOUR, term)

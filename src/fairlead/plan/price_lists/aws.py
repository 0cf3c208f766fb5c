"""Price lists of AWS: offer files of EC2 (JSON or CSV, schema v1.0), and the table of the Karpenter provider.

Offer files: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api.html
Kept are on-demand prices of Linux machines with shared tenancy and nothing installed: what a server runs on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, TextIO

from fairlead.domain.price_list import HOUR
from fairlead.plan.price_lists.base import (
    Item,
    Left,
    Line,
    Problem,
    Published,
    UnreadableListError,
    column,
    day_of,
    exact_price,
)
from fairlead.plan.price_lists.csv_rows import csv_rows, with_header
from fairlead.plan.price_lists.json_members import json_members

__all__ = ["read_aws"]

_ENTERED = ((), ("products",), ("terms",), ("terms", "OnDemand"), ("terms", "Reserved"))
_MOST_PRODUCTS = 500_000
_WANTED = {
    "tenancy": ("Tenancy", "Shared"),
    "operatingSystem": ("Operating System", "Linux"),
    "preInstalledSw": ("Pre Installed S/W", "NA"),
    "capacitystatus": ("CapacityStatus", "Used"),
}
"""Attributes of a product in JSON, their columns in CSV, and their values where it is a plain machine."""

_FAMILIES = {"Compute Instance", "Compute Instance (bare metal)"}
_HOURS = {"Hrs", "hours", "Hours"}
_KARPENTER = ("region", "instance_type", "usd_per_hour", "generated_at")
_OTHER = "not an on-demand Linux machine with shared tenancy"


def read_aws(head: str, text: TextIO) -> Iterator[Item]:
    """Prices of instances' hours."""
    start = head.lstrip()
    if start.startswith("{"):
        return _offer_json(text)
    if start.startswith(('"FormatVersion"', "FormatVersion")):
        return _offer_csv(text)
    return _karpenter(text)


def _offer_json(text: TextIO) -> Iterator[Item]:
    machines: dict[str, tuple[str, str]] = {}
    at = 0
    for at, (path, value) in enumerate(json_members(text, _ENTERED), 1):
        if path == ("publicationDate",) and (day := day_of(str(value))):
            yield Published(day)
        elif path[:1] == ("products",) and isinstance(value, dict):
            machine = _machine(value)
            if machine is None:
                yield Left(_OTHER)
            elif len(machines) >= _MOST_PRODUCTS:
                raise UnreadableListError(at, f"there are more than {_MOST_PRODUCTS} machines in it")
            else:
                machines[path[1]] = machine
        elif path[:2] == ("terms", "OnDemand") and isinstance(value, dict) and path[2] in machines:
            yield from _rates(at, machines.pop(path[2]), value)
    if not at or machines:
        where = "no price before its end" if machines else "nothing in it"
        yield Problem(at, f"{len(machines)} machines have {where}" if machines else f"there is {where}")


def _machine(product: Mapping[str, Any]) -> tuple[str, str] | None:
    about = product.get("attributes")
    if product.get("productFamily") not in _FAMILIES or not isinstance(about, dict):
        return None
    plain = all(about.get(name) == value for name, (_, value) in _WANTED.items())
    place, kind = about.get("regionCode"), about.get("instanceType")
    return (str(place), str(kind)) if plain and place and kind else None


def _rates(at: int, machine: tuple[str, str], offers: Mapping[str, Any]) -> Iterator[Item]:
    for offer in offers.values():
        rates = offer.get("priceDimensions") if isinstance(offer, dict) else None
        for rate in rates.values() if isinstance(rates, dict) else ():
            per_unit = rate.get("pricePerUnit") if isinstance(rate, dict) else None
            if not isinstance(per_unit, dict) or not per_unit:
                yield Problem(at, f"{machine[1]} in {machine[0]} has no price for a unit")
                continue
            for currency, price in per_unit.items():
                yield _line(at, machine, price, str(currency), str(rate.get("unit")))


def _line(row: int, machine: tuple[str, str], price: object, currency: str, unit: str, day: str = "") -> Item:
    if unit not in _HOURS:
        return Left("not paid by the hour")
    try:
        amount = exact_price(price)
    except ValueError as error:
        return Problem(row, f"{machine[1]} in {machine[0]}: {error}")
    if not amount:
        return Left("without a price")
    return Line(row, "aws", machine[0], machine[1], amount, currency, HOUR, as_of=day_of(day))


def _offer_csv(text: TextIO) -> Iterator[Item]:
    """Five rows about the file, then the names of the columns, then a row for each rate."""
    rows = csv_rows(text)
    for row, cells in rows:
        if cells[0].strip() == "SKU":
            rows = chain([(row, cells)], rows)
            break
        if cells[0].strip() == "Publication Date" and len(cells) > 1 and (day := day_of(cells[1])):
            yield Published(day)
    needed = ("TermType", "Unit", "PricePerUnit", "Currency", "Product Family", "Region Code", "Instance Type")
    for number, found in with_header(rows, needed):
        plain = all(column(found, name) == value for name, value in _WANTED.values())
        if column(found, "TermType") != "OnDemand" or column(found, "Product Family") not in _FAMILIES or not plain:
            yield Left(_OTHER)
            continue
        machine = (column(found, "Region Code"), column(found, "Instance Type"))
        if not all(machine):
            yield Problem(number, "the row names no region or no instance type")
            continue
        price, currency, unit = (column(found, name) for name in ("PricePerUnit", "Currency", "Unit"))
        yield _line(number, machine, price, currency, unit)


def _karpenter(text: TextIO) -> Iterator[Item]:
    """Prices in USD; those of China, which it calls so, are in its own currency."""
    for number, found in with_header(csv_rows(text), _KARPENTER):
        place, kind, price, day = (column(found, name) for name in _KARPENTER)
        if place.startswith("cn-"):
            yield Left("in another currency than the table says")
        elif not (place and kind):
            yield Problem(number, "the row names no region or no instance type")
        else:
            yield _line(number, (place, kind), price, "USD", "Hrs", day)

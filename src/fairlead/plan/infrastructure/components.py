"""Cost components of cloud resources: machines by the hour, services by use, and the reasons why a price is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from fairlead.domain.infrastructure import Usage
from fairlead.domain.plan import CostComponent
from fairlead.domain.price_list import ListPrice
from fairlead.kernel.money import Money, from_pico, plain, round_to_pico
from fairlead.plan.list_prices import CURRENCY, SHIPPED
from fairlead.plan.price import HOURS_PER_MONTH
from fairlead.ports import ListPrices

__all__ = ["SPOT", "Place", "Subject", "always", "machines", "per_use", "unknown"]


SPOT = "a spot price is not a list price"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource is priced, by which lists, and what is known of its use. `address` is for messages."""

    provider: str
    region: str
    address: str
    usage: Usage | None = None
    prices: ListPrices = SHIPPED


@dataclass(frozen=True, slots=True)
class Subject:
    """What is priced: its place, its attributes, and those of what it is made from, such as a launch template."""

    place: Place
    attributes: Mapping[str, Any]
    linked: Mapping[str, Any]


def machines(
    place: Place,
    instance_type: str,
    count: int | None,
    *,
    most: int | None = None,
    refused: str = "",
    label: str = "instance",
) -> CostComponent:
    """`count` machines of a type for a month, or for the hours that the usage says.

    Where `count` is none, as it may be between two uses, nobody can tell a price without assumed hours; those are taken
    for `most` machines. `refused` says why a list price does not hold.
    """
    name = f"{label} {instance_type}".strip()
    if refused:
        return unknown(name, "hour", refused)
    if not instance_type:
        return unknown(name, "hour", "the instance type is not known before the plan is carried out")
    if count is None:
        return unknown(name, "hour", "the number of machines is not known before the plan is carried out")
    hours, assumed = _hours(place)
    if not count and not assumed:
        return unknown(name, "hour", f"it may scale down to none; {_say(place, 'hoursPerMonth')}")
    with localcontext(prec=60):
        quantity = (count or most or 1) * hours
    price = place.prices.instance(place.provider, place.region, instance_type)
    if price is None:
        return unknown(name, "hour", _no_instance(place, instance_type), quantity)
    return _priced(name, quantity, "hour", price, assumed)


def always(place: Place, service: str, name: str) -> CostComponent:
    """A service that is paid for every hour of a month."""
    price = place.prices.service(place.provider, place.region, service)
    if price is None:
        return _no_service(place, service, name, "hour")
    return _priced(name, Decimal(HOURS_PER_MONTH), price.unit, price, "")


def per_use(place: Place, service: str, name: str, unit: str, amount: Decimal | None, *, needs: str) -> CostComponent:
    """A service that is paid by use: `amount` units in a month, None where the usage does not say, in words `needs`."""
    price = place.prices.service(place.provider, place.region, service)
    if price is None:
        return _no_service(place, service, name, unit)
    if amount is None or place.usage is None:
        rate = f"{plain(price.price)} {CURRENCY} for a {unit} ({price.cited})"
        return unknown(name, unit, f"it depends on use, {rate}; {_say(place, needs)}")
    return _priced(name, amount, unit, price, f"use assumed: {place.usage.source}")


def unknown(name: str, unit: str, why: str, quantity: Decimal = Decimal(0)) -> CostComponent:
    """A component without a price, and why."""
    return CostComponent(name, quantity, unit, None, None, f"price unknown: {why}")


def _priced(name: str, quantity: Decimal, unit: str, price: ListPrice, assumed: str) -> CostComponent:
    monthly = Money(from_pico(round_to_pico(quantity * price.price)), CURRENCY)
    source = f"{price.cited}; {assumed}" if assumed else price.cited
    return CostComponent(name, quantity, unit, price.price, monthly, source, price.as_of)


def _hours(place: Place) -> tuple[Decimal, str]:
    usage = place.usage
    if usage is None or usage.hours is None:
        return Decimal(HOURS_PER_MONTH), ""
    return usage.hours, f"{plain(usage.hours)} hours assumed: {usage.source}"


def _say(place: Place, what: str) -> str:
    return f"say {what} of {place.address} in fairlead-usage.yaml"


def _no_instance(place: Place, instance_type: str) -> str:
    region = place.region or "a region that the plan does not say"
    managed = "ml." if place.provider == "aws" and instance_type.startswith("ml.") else ""
    nearest = place.prices.nearest(place.provider, place.region, instance_type.removeprefix(managed))
    start = f"no list price of {instance_type} in {region}"
    if nearest is None:
        return start
    rate = f"{plain(nearest.price)} {CURRENCY}/h in {nearest.region}"
    if managed:
        return f"{start}; the plain machine {nearest.name} is {rate}, and SageMaker asks more"
    return f"{start}; the nearest that is known is {rate}"


def _no_service(place: Place, service: str, name: str, unit: str) -> CostComponent:
    return unknown(name, unit, f"no list price of {service} in {place.region or 'a region that the plan does not say'}")

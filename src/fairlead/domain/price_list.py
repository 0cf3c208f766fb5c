"""Prices as providers publish them: what one unit of a named thing costs in a region, said by whom, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum

__all__ = ["COMPUTE", "HOUR", "STALE_DAYS", "ListPrice", "PriceList", "Term", "is_stale", "most_alike"]

STALE_DAYS = 90
"""A price that was said longer ago than this is a finding."""

HOUR = "hour"
"""The unit of what runs."""

COMPUTE = "compute"
"""The service that an instance type belongs to, as discounts name it."""


class Term(StrEnum):
    """On which terms a price holds."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"
    RESERVED_1Y = "reserved-1y"
    RESERVED_3Y = "reserved-3y"


@dataclass(frozen=True, slots=True)
class ListPrice:
    """What one unit costs: an instance's hour, or a service's unit. `source` and `as_of` say who says so, and when."""

    provider: str
    region: str
    name: str
    price: Decimal
    unit: str
    source: str
    as_of: date
    currency: str = "USD"
    term: Term = Term.ON_DEMAND

    @property
    def cited(self) -> str:
        """Source and date, as costs name them."""
        return f"{self.source}, {self.name}, {self.region}, {self.as_of.isoformat()}"


@dataclass(frozen=True, slots=True)
class PriceList:
    """One list, as it was imported: never changed again.

    `digest` is the hex sha256 of its rows, `oldest` the day of its oldest row; `source` is the file's name, or its
    address without what is secret in it.
    """

    provider: str
    as_of: date
    currency: str
    source: str
    digest: str
    rows: int
    oldest: date


def is_stale(as_of: date, today: date) -> bool:
    """Whether a price of that day is too old to rely on."""
    return (today - as_of).days > STALE_DAYS


def most_alike(region: str, prices: Iterable[ListPrice]) -> ListPrice | None:
    """The price whose region has the name most like `region`."""
    wanted = region.lower()
    return max(prices, key=lambda each: (_alike(wanted, each.region), each.region), default=None)


def _alike(wanted: str, region: str) -> tuple[bool, float]:
    same_continent = wanted.partition("-")[0][:2] == region.partition("-")[0][:2]
    return same_continent, SequenceMatcher(None, wanted, region).ratio()

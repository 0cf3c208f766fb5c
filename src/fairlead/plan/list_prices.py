"""Public list prices by provider, region and instance type, for repositories that have no price book of their own.

Each table says who published it and when. From the tables come the derived rows of `list_price_book`, and every row of
it says how. Spot, commitments and sustained use are not in here: a list price is what nobody negotiated.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files

from fairlead.domain.workspace import PriceBook, PriceRow

__all__ = ["CURRENCY", "ListPrice", "instance_price", "list_price_book", "nearest_price", "service_price"]

CURRENCY = "USD"

_PACKAGE = "fairlead.plan.prices"
_TABLES = {
    "aws": ("aws.csv", "AWS EC2 on-demand list price, Linux", date(2026, 7, 20)),
    "azure": ("azure.csv", "Azure pay-as-you-go list price, Linux", date(2026, 6, 18)),
    "google": ("google.csv", "Google Compute Engine on-demand list price", date(2026, 7, 1)),
}

_HOME = ("aws", "us-east-1")
_SMALL_MEMORY, _LARGE_MEMORY = ("c7i.large", 2, 4), ("r7i.large", 2, 16)
"""Two machines with the same two vCPUs, and their GiB: the difference is the price of memory."""

_MACHINES = (
    ("T4", "aws", "us-east-1", "g4dn.xlarge", 1, 4, 16),
    ("A10G", "aws", "us-east-1", "g5.xlarge", 1, 4, 16),
    ("L4", "aws", "us-east-1", "g6.xlarge", 1, 4, 16),
    ("L40S", "aws", "us-east-1", "g6e.xlarge", 1, 4, 32),
    ("V100", "aws", "us-east-1", "p3.2xlarge", 1, 8, 61),
    ("A100-40GB", "aws", "us-east-1", "p4d.24xlarge", 8, 96, 1152),
    ("A100-80GB", "aws", "us-east-1", "p4de.24xlarge", 8, 96, 1152),
    ("H100", "aws", "us-east-1", "p5.48xlarge", 8, 192, 2048),
    ("H200", "aws", "us-east-1", "p5en.48xlarge", 8, 192, 2048),
    ("B200", "aws", "us-east-1", "p6-b200.48xlarge", 8, 192, 2048),
    ("Inferentia2", "aws", "us-east-1", "inf2.xlarge", 1, 4, 16),
    ("Trainium1", "aws", "us-east-1", "trn1.2xlarge", 1, 8, 32),
)
"""Kind of accelerator, and a machine that holds it: number of accelerators, vCPUs, GiB (the provider's own pages)."""

_STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class ListPrice:
    """What one unit costs, in USD: an instance's hour, or a service's unit. `source` and `as_of` say who says so."""

    provider: str
    region: str
    name: str
    price: Decimal
    unit: str
    source: str
    as_of: date

    @property
    def cited(self) -> str:
        """Source and date, as costs name them."""
        return f"{self.source}, {self.name}, {self.region}, {self.as_of.isoformat()}"


def instance_price(provider: str, region: str, instance_type: str) -> ListPrice | None:
    """The price of an instance's hour in exactly that region, or None."""
    return _instances(provider).get(instance_type.lower(), {}).get(region.lower())


def nearest_price(provider: str, region: str, instance_type: str) -> ListPrice | None:
    """The same instance type in the known region whose name is most alike: for a message, never for a sum."""
    known = _instances(provider).get(instance_type.lower(), {})
    wanted = region.lower()
    return max(known.values(), key=lambda each: (_alike(wanted, each.region), each.region), default=None)


def _alike(wanted: str, region: str) -> tuple[bool, float]:
    same_continent = wanted.partition("-")[0][:2] == region.partition("-")[0][:2]
    return same_continent, SequenceMatcher(None, wanted, region).ratio()


def service_price(provider: str, region: str, service: str) -> ListPrice | None:
    """The price of one unit of a service (`lambda-request`, `eks-cluster`) in exactly that region, or None."""
    return _services().get((provider, region.lower(), service))


@cache
def list_price_book() -> PriceBook:
    """A price book for clusters of which only requests are known, derived from the list prices of one region.

    GiB-hour and core-hour from two machines that differ in memory only; a GPU-hour is what a machine costs beyond its
    cores and memory, so that the parts of a whole machine sum up to its price. Rounded to 0.000001 USD.
    """
    memory, core, said = _host_prices()
    as_of = _TABLES[_HOME[0]][2]
    rows = [
        PriceRow(resource="cpu", price=core, source=f"derived: {said}", as_of=as_of),
        PriceRow(resource="memory", price=memory, source=f"derived: {said}", as_of=as_of),
    ]
    for kind, provider, region, machine, count, cores, gib in _MACHINES:
        whole = instance_price(provider, region, machine)
        if whole is None:
            continue
        rest = whole.price - core * cores - memory * gib
        source = (
            f"derived: {whole.source}, {machine}, {region}: {whole.price} USD/h less {cores} cores and {gib} GiB "
            f"at this book's prices, by {count}"
        )
        rows.append(PriceRow(resource="gpu", gpu_type=kind, price=_step(rest, count), source=source, as_of=whole.as_of))
    return PriceBook(currency=CURRENCY, rows=tuple(rows))


def _host_prices() -> tuple[Decimal, Decimal, str]:
    """GiB-hour, core-hour, and how they were found."""
    provider, region = _HOME
    (small, cores, few), (large, _, many) = _SMALL_MEMORY, _LARGE_MEMORY
    one, other = instance_price(provider, region, small), instance_price(provider, region, large)
    if one is None or other is None:
        message = f"the price table has no {small} or no {large} in {region}"
        raise LookupError(message)
    memory = _step(other.price - one.price, many - few)
    core = _step(one.price - few * memory, cores)
    return memory, core, f"{one.source}, {small} against {large}, {region}"


def _step(amount: Decimal, count: int) -> Decimal:
    with localcontext(prec=60):
        return (amount / count).quantize(_STEP)


@cache
def _instances(provider: str) -> Mapping[str, Mapping[str, ListPrice]]:
    """Prices by instance type in small letters, then by region. Empty for a provider without a table."""
    table = _TABLES.get(provider)
    if table is None:
        return {}
    name, source, as_of = table
    found: dict[str, dict[str, ListPrice]] = {}
    for row in _rows(name):
        machine = row.pop("instance_type")
        found[machine.lower()] = {
            region: ListPrice(provider, region, machine, Decimal(price), "hour", source, as_of)
            for region, price in row.items()
            if price
        }
    return found


@cache
def _services() -> Mapping[tuple[str, str, str], ListPrice]:
    found = {}
    for row in _rows("services.csv"):
        about = (row["provider"], row["region"], row["service"])
        price, day = Decimal(row["usd"]), date.fromisoformat(row["as_of"])
        found[about] = ListPrice(*about, price, row["unit"], row["source"], day)
    return found


def _rows(name: str) -> Iterator[dict[str, str]]:
    with files(_PACKAGE).joinpath(name).open(encoding="utf-8") as text:
        yield from csv.DictReader(text)

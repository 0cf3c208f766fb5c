"""Public list prices by provider, region and instance type, for repositories that have no price book of their own.

Each table says who published it and when. From the tables come the derived rows of `list_price_book`, and every row of
it says how. Spot, commitments and sustained use are not in here: a list price is what nobody negotiated.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, localcontext
from functools import cache
from importlib.resources import files

from fairlead.domain.price_book import PriceBook, PriceRow
from fairlead.domain.price_list import HOUR, ListPrice, PriceList, most_alike
from fairlead.kernel.digests import sha256_hex
from fairlead.ports import ListPrices

__all__ = ["CURRENCY", "SHIPPED", "ShippedPrices", "list_price_book", "shipped_lists"]

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


class ShippedPrices:
    """The lists that come with the product: dated, small, and there without any network."""

    def instance(self, provider: str, region: str, name: str) -> ListPrice | None:
        """The price of an instance's hour in exactly that region, or None."""
        return _instances(provider).get(name.lower(), {}).get(region.lower())

    def nearest(self, provider: str, region: str, name: str) -> ListPrice | None:
        """The same instance type in the known region whose name is most alike."""
        return most_alike(region, _instances(provider).get(name.lower(), {}).values())

    def service(self, provider: str, region: str, name: str) -> ListPrice | None:
        """The price of one unit of a service in exactly that region, or None."""
        return _services().get((provider, region.lower(), name))


SHIPPED = ShippedPrices()
"""They keep nothing but what the package holds."""


def list_price_book(prices: ListPrices = SHIPPED) -> PriceBook:
    """A price book for clusters of which only requests are known, derived from the list prices of one region.

    GiB-hour and core-hour from two machines that differ in memory only; a GPU-hour is what a machine costs beyond its
    cores and memory, so that the parts of a whole machine sum up to its price. Rounded to 0.000001 USD.
    """
    memory, core, said, as_of = _host_prices(prices)
    rows = [
        PriceRow(resource="cpu", price=core, source=f"derived: {said}", as_of=as_of),
        PriceRow(resource="memory", price=memory, source=f"derived: {said}", as_of=as_of),
    ]
    for kind, provider, region, machine, count, cores, gib in _MACHINES:
        whole = prices.instance(provider, region, machine)
        if whole is None:
            continue
        rest = whole.price - core * cores - memory * gib
        source = (
            f"derived: {whole.source}, {machine}, {region}: {whole.price} USD/h less {cores} cores and {gib} GiB "
            f"at this book's prices, by {count}"
        )
        rows.append(
            PriceRow(
                resource="gpu", gpu_type=kind, price=_step(rest, count), source=source, as_of=min(as_of, whole.as_of)
            )
        )
    return PriceBook(currency=CURRENCY, rows=tuple(rows))


def _host_prices(prices: ListPrices) -> tuple[Decimal, Decimal, str, date]:
    """GiB-hour, core-hour, how they were found, and as of when."""
    provider, region = _HOME
    (small, cores, few), (large, _, many) = _SMALL_MEMORY, _LARGE_MEMORY
    one, other = prices.instance(provider, region, small), prices.instance(provider, region, large)
    if one is None or other is None:
        message = f"the price table has no {small} or no {large} in {region}"
        raise LookupError(message)
    memory = _step(other.price - one.price, many - few)
    core = _step(one.price - few * memory, cores)
    said = f"{one.source}, {small} against {large}, {region}"
    return memory, core, said, min(one.as_of, other.as_of)


def _step(amount: Decimal, count: int) -> Decimal:
    with localcontext(prec=60):
        return (amount / count).quantize(_STEP)


_IMPORTED_AS = {"aws": "aws", "azure": "azure", "google": "gcp"}
"""Providers, by what their lists are called where they are imported."""


def shipped_lists() -> Iterator[PriceList]:
    """What each shipped table is: for a list of all that is known."""
    for provider, (name, source, as_of) in _TABLES.items():
        count = sum(sum(1 for price in row.values() if price) - 1 for row in _rows(name))
        told = f"{source} (comes with fairlead)"
        yield PriceList(_IMPORTED_AS[provider], as_of, CURRENCY, told, _digest(name), count, as_of)
    days = [each.as_of for each in _services().values()]
    source = "services' list prices (come with fairlead)"
    yield PriceList("services", max(days), CURRENCY, source, _digest("services.csv"), len(days), min(days))


def _digest(name: str) -> str:
    return sha256_hex(files(_PACKAGE).joinpath(name).read_bytes())


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
            region: ListPrice(provider, region, machine, Decimal(price), HOUR, source, as_of)
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

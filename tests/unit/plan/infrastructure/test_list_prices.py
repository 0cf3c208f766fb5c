"""List prices are exact, of one region, from somebody, and derived rows say how."""

from __future__ import annotations

import csv
import gzip
import os
from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.plan.list_prices import SHIPPED, list_price_book


@pytest.mark.parametrize(
    ("provider", "region", "instance_type", "price"),
    [
        ("aws", "us-east-1", "g5.xlarge", "1.006"),
        ("azure", "eastus", "Standard_NC24ads_A100_v4", "3.673"),
        ("azure", "eastus", "standard_nc24ads_a100_v4", "3.673"),
        ("google", "us-central1", "a2-highgpu-1g", "3.673385"),
    ],
)
def test_a_price_is_of_exactly_that_region(provider: str, region: str, instance_type: str, price: str) -> None:
    """With who says so and when."""
    found = SHIPPED.instance(provider, region, instance_type)
    assert found is not None
    assert found.price == Decimal(price)
    assert found.as_of.year == 2026
    assert region in found.cited


def test_another_regions_price_is_only_named() -> None:
    """It is never taken for that of the region that was asked for."""
    assert SHIPPED.instance("aws", "eu-west-1", "g5.xlarge") is None
    nearest = SHIPPED.nearest("aws", "eu-west-1", "g5.xlarge")
    assert nearest is not None
    assert nearest.region == "us-east-1"
    europe = SHIPPED.nearest("google", "europe-west99", "n2-standard-4")
    assert europe is not None
    assert europe.region.startswith("europe-west")


def test_what_is_not_listed_has_no_price() -> None:
    """No such provider, type or service."""
    assert SHIPPED.instance("acme", "us-east-1", "g5.xlarge") is None
    assert SHIPPED.instance("aws", "us-east-1", "g99.xlarge") is None
    assert SHIPPED.instance("aws", "cn-north-1", "c3.large") is None
    assert SHIPPED.nearest("aws", "us-east-1", "g99.xlarge") is None
    assert SHIPPED.service("aws", "eu-west-1", "lambda-request") is None


def test_the_book_says_how_its_rows_were_derived() -> None:
    """Core and memory from two machines that differ in memory only."""
    book = list_price_book()
    cpu, memory = book.row("cpu"), book.row("memory")
    assert cpu is not None
    assert memory is not None
    assert (cpu.price, memory.price) == (Decimal("0.037449"), Decimal("0.003588"))
    assert "c7i.large against r7i.large, us-east-1" in cpu.source
    assert all(row.source.startswith("derived: ") for row in book.rows)
    assert all(row.price > 0 for row in book.rows)


@pytest.mark.parametrize(
    ("kind", "machine", "count", "cores", "gib"),
    [("L4", "g6.xlarge", 1, 4, 16), ("H100", "p5.48xlarge", 8, 192, 2048), ("A100-80GB", "p4de.24xlarge", 8, 96, 1152)],
)
def test_the_parts_of_a_machine_sum_up_to_its_price(kind: str, machine: str, count: int, cores: int, gib: int) -> None:
    """To a thousandth of a cent for each GPU's hour: a workload that takes it whole costs what it costs."""
    book = list_price_book()
    gpu, cpu, memory = book.row("gpu", kind), book.row("cpu"), book.row("memory")
    whole = SHIPPED.instance("aws", "us-east-1", machine)
    assert gpu is not None
    assert cpu is not None
    assert memory is not None
    assert whole is not None
    total = gpu.price * count + cpu.price * cores + memory.price * gib
    assert abs(total - whole.price) < Decimal("0.00001")


_SOURCES = Path(os.environ.get("FAIRLEAD_DATA", "/none")) / "prices"


@pytest.mark.skipif(not _SOURCES.is_dir(), reason="the price lists are not here (FAIRLEAD_DATA)")
def test_the_tables_are_the_published_lists() -> None:
    """Every price that both have is the same number."""
    for provider, name, columns in (
        ("azure", "azure_on_demand_hourly.csv.gz", ("region", "sku", "usd_per_hour")),
        ("aws", "aws_on_demand_hourly.csv", ("region", "instance_type", "usd_per_hour")),
    ):
        path = _SOURCES / name
        with gzip.open(path, "rt") if name.endswith("gz") else path.open() as text:
            compared = 0
            for row in csv.DictReader(text):
                region, kind, price = (row[column] for column in columns)
                found = SHIPPED.instance(provider, region, kind)
                if found is not None:
                    assert found.price == Decimal(price)
                    compared += 1
        assert compared > 1000

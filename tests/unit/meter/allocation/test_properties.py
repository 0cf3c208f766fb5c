"""Whatever the rules: the invoice closes in every currency and cost, and each share is the one of the reference."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fairlead.domain.allocation import Allocation
from fairlead.drivers.ledger.duckdb_engine import DuckEngine
from fairlead.kernel.money import split
from tests.unit.meter.allocation.conftest import Lines, allocated
from tests.unit.meter.allocation.reference import CONSUMER, expected, units
from tests.unit.meter.allocation.rows import Row, bill, use
from tests.unit.meter.allocation.strategies import bills, rules, usages

AMOUNTS = {"billed": "BilledCost", "effective": "EffectiveCost", "contracted": "ContractedCost", "listed": "ListCost"}
SLOW = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example takes a second, and shrinking takes hundreds
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SLOW
@given(given_rules=rules(), given_bills=bills(), given_usage=usages(), seed=st.integers())
def test_lines_are_those_of_the_reference_and_close_the_invoice(
    engine: DuckEngine, given_rules: list[dict[str, Any]], given_bills: list[Row], given_usage: list[Row], seed: int
) -> None:
    """Every line to the last digit, in whatever order rows come; no currency gains what another loses."""
    lines = allocated(engine, given_rules, given_bills, given_usage)
    parsed = Allocation.model_validate({"rules": given_rules}).rules
    assert _as_reference(lines) == expected(parsed, given_bills, given_usage)
    assert _sums(lines, "currency", AMOUNTS) == _sums(given_bills, "BillingCurrency", AMOUNTS.values())
    assert len({line["line"] for line in lines}) == len(lines)
    shuffled_bills, shuffled_usage = given_bills[:], given_usage[:]
    random.Random(seed).shuffle(shuffled_bills)
    random.Random(seed).shuffle(shuffled_usage)
    again = allocated(engine, given_rules, shuffled_bills, shuffled_usage)
    assert {line["line"]: line for line in again} == {line["line"]: line for line in lines}


@SLOW
@given(
    total=st.integers(-(10**38) + 1, 10**38 - 1),
    weights=st.lists(st.integers(0, 2 * 10**18), min_size=1, max_size=6).filter(any),
)
def test_a_division_is_that_of_the_kernel(engine: DuckEngine, total: int, weights: list[int]) -> None:
    """All 38 digits of an amount, and weights as large as engines bear."""
    rules = [{"name": "all", "split": {"by": {"storage_bytes": "1"}}}]
    usage = [use(str(weight), f"m{place}", measure="storage_bytes") for place, weight in enumerate(weights)]
    cost = Decimal(f"{total}e-24")
    lines = allocated(engine, rules, [bill(BilledCost=cost)], usage)
    found = {line["model"]: line["billed"] for line in lines}
    parts = split(total, weights)
    assert found == {f"m{place}": Decimal(f"{part}e-24") for place, part in enumerate(parts) if weights[place]}


def _as_reference(lines: Lines) -> dict[tuple[Any, ...], list[int | None]]:
    found: dict[tuple[Any, ...], list[int | None]] = {}
    for line in lines:
        span = (line["charge_start"], line["charge_end"])
        unknown = tuple(line[name] is None for name in AMOUNTS)
        kept = (line["resource"], line["currency"], unknown)
        key = (line["charge"], line["rule"], span, *kept, *(line[name] for name in CONSUMER))
        found[key] = [units(line[name]) for name in AMOUNTS]
    return found


def _sums(rows: Iterable[Mapping[str, Any]], currency: str, names: Iterable[str]) -> dict[str, list[int]]:
    """Sums by currency in the smallest unit; what a bill does not tell is in no sum."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * 4)
    for row in rows:
        for place, name in enumerate(names):
            sums[row[currency]][place] += units(row[name]) or 0
    return dict(sums)

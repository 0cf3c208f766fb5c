"""Unit costs, quantiles, margins, and whether a release is dearer than the one before."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fairlead.domain.model import PlanPrice
from fairlead.domain.usage import BUCKETS_MS
from fairlead.meter.margin import margins
from fairlead.meter.report import CostRow
from fairlead.meter.unit_change import MIN_REQUESTS, unit_cost_change
from fairlead.meter.unit_costs import LatencyBound, latency_bound, per_units
from tests.unit.meter.access_lines import at

PLANS = {
    "digits": (PlanPrice(segment="gold", per_1k_inferences=Decimal("0.5")),),
    "tiny": (PlanPrice(segment="gold", per_1m_output_tokens=Decimal(3)),),
}


def row(key: dict[str, object], amount: str | None = "0.10", **changes: int) -> CostRow:
    """A row; a test states only what differs."""
    counts = {"requests": 1000, "errors": 0, "unmetered": 0, "input_tokens": 0, "output_tokens": 0,
              "tokens_unknown": 0, "cpu_us": 5} | changes  # fmt: skip
    counts.setdefault("inferences", counts["requests"] - counts["errors"])
    exact = None if amount is None else Decimal(amount)
    currency = "" if amount is None else "USD"
    return CostRow(key, exact, currency, **counts, per_1k=None, per_1m_output=None, p50=None, p99=None)  # type: ignore[arg-type]


def used(model: str = "digits", customer: str = "acme", **changes: int) -> CostRow:
    """What a customer used of a model."""
    return row({"model": model, "customer": customer}, "0.10", **changes)


def window(release: str, second: int, amount: str | None, requests: int = 500) -> CostRow:
    """A release in a window."""
    key = {"model": "digits", "release": release, "name": f"digits@{release}", "window_start": at(second)}
    return row(key, amount, requests=requests)


def test_quotient_is_rounded_half_to_even_to_twelve_digits() -> None:
    """The stated rounding, and no float on the way."""
    assert per_units(Decimal("0.000000000005"), 2, 1) == Decimal("0.000000000002")
    assert per_units(Decimal("0.000000000015"), 2, 1) == Decimal("0.000000000008")
    assert per_units(Decimal(10) ** 20 / 3, 7, 1000) is not None


def test_nothing_per_no_inferences() -> None:
    """No inference has no unit cost; it is not zero and not an error."""
    assert per_units(Decimal(1), 0, 1000) is None
    assert per_units(Decimal(1), -1, 1000) is None


def test_quantile_is_the_bound_of_its_bucket() -> None:
    """The request of rank ceil(n x q) decides; above the last bound there is none."""
    histogram = [0] * (len(BUCKETS_MS) + 1)
    assert latency_bound(histogram, 500) is None
    histogram[2], histogram[5] = 99, 1
    assert latency_bound(histogram, 500) == LatencyBound(5)
    assert latency_bound(histogram, 990) == LatencyBound(5)
    assert latency_bound(histogram, 991) == LatencyBound(50)
    histogram[-1] = 100
    assert str(latency_bound(histogram, 990)) == "> 60000 ms"


def test_margin_is_revenue_less_cost() -> None:
    """Plans are exact; only what was answered is paid for."""
    rows = [used(requests=1100, errors=100), used("tiny", output_tokens=2_000_000)]
    (margin,) = margins(rows, PLANS, {"acme": "gold"})
    assert (margin.revenue, margin.cost, margin.margin) == (Decimal("6.5"), Decimal("0.2"), Decimal("6.3"))
    assert (margin.insufficient, margin.currency) == ("", "USD")


def test_customer_who_loses_money_comes_first() -> None:
    """Lowest margin first; what is not known comes last."""
    rows = [used(customer="cheap"), used(customer="dear", requests=10), used(customer="who")]
    told = margins(rows, PLANS, {"cheap": "gold", "dear": "gold"})
    assert [(each.customer, each.margin) for each in told] == [
        ("dear", Decimal("-0.095")),
        ("cheap", Decimal("0.4")),
        ("who", None),
    ]


@pytest.mark.parametrize(
    ("rows", "segments", "why"),
    [
        ([used()], {}, "no segment"),
        ([used()], {"acme": "silver"}, "no plan for segment 'silver'"),
        ([used(), used("unplanned")], {"acme": "gold"}, "unplanned has no plan"),
        ([used("tiny", tokens_unknown=3)], {"acme": "gold"}, "3 answers of tiny did not state their tokens"),
    ],
)
def test_unknown_revenue_is_insufficient_and_not_zero(rows: list[CostRow], segments: dict[str, str], why: str) -> None:
    """A missing plan or missing tokens leave revenue and margin open, with the reason."""
    (margin,) = margins(rows, PLANS, segments)
    assert (margin.revenue, margin.margin) == (None, None)
    assert why in margin.insufficient


def test_without_a_price_the_cost_is_open() -> None:
    """Revenue is known then; cost and margin are not."""
    key: dict[str, object] = {"model": "digits", "customer": "acme"}
    (margin,) = margins([row(key, None)], PLANS, {"acme": "gold"})
    assert (margin.revenue, margin.cost, margin.margin) == (Decimal("0.5"), None, None)
    assert "no price" in margin.insufficient


def test_dearer_release_is_named_with_both_figures() -> None:
    """The start of a release is left out where enough follows."""
    rows = [window("a", 0, "9"), window("a", 60, "0.5"), window("b", 120, "7"), window("b", 180, "0.8")]
    change = unit_cost_change("digits", "prod", rows)
    assert (change.ratio, change.insufficient) == (Decimal("1.6"), "")
    assert change.new is not None
    assert change.old is not None
    assert (change.new.name, change.new.per_1k, change.new.requests) == ("digits@b", Decimal("1.6"), 500)
    assert (change.old.name, change.old.per_1k) == ("digits@a", Decimal(1))


def test_newest_release_stays_the_newest_after_a_revert() -> None:
    """The earlier release answers again; the comparison still names the dear one."""
    rows = [window("a", 0, "0.5"), window("a", 60, "0.5"), window("b", 120, "0.8"), window("b", 180, "0.8")]
    change = unit_cost_change("digits", "prod", [*rows, window("a", 240, "0.5")])
    assert change.new is not None
    assert (change.new.release, change.ratio) == ("b", Decimal("1.6"))


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "not two releases"),
        ([window("a", 0, "1")], "not two releases"),
        ([window("a", 0, None), window("b", 1, None)], "not two releases"),
        ([window("a", 0, "1"), window("b", 1, "1", MIN_REQUESTS - 1)], f"fewer than {MIN_REQUESTS}"),
        ([window("a", 0, "0"), window("b", 1, "1")], "cost nothing"),
    ],
)
def test_too_little_is_insufficient(rows: list[CostRow], why: str) -> None:
    """No ratio is made up from a handful of requests, from one release, or without a price."""
    change = unit_cost_change("digits", "prod", rows)
    assert change.ratio is None
    assert why in change.insufficient

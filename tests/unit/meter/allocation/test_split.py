"""A shared resource is divided by measured use: exactly, in its own hour, and what nobody used stays apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from fairlead.kernel.errors import UsageError
from tests.unit.meter.allocation.conftest import Allocate
from tests.unit.meter.allocation.rows import NINE, bill, hours, use

HOUR = {"name": "gpu", "match": {"resource": ["gpu-*"]}, "split": {"by": {"gpu_seconds": "1"}}}


def split(**more: object) -> list[Mapping[str, Any]]:
    """The one rule, with other ways to divide."""
    return [{**HOUR, "split": {"by": {"gpu_seconds": "1"}, **more}}]


def by(lines: Iterable[Mapping[str, Any]], *names: str) -> dict[tuple[str, ...], Decimal]:
    """Effective amounts by columns."""
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[tuple(str(line[name]) for name in names)] += line["effective"]
    return dict(sums)


def test_four_quarters_of_a_gpu_for_an_hour_are_one_gpu_hour(allocate: Allocate) -> None:
    """Each pod that held 25 % of it pays a quarter; nothing is idle, nothing is charged twice."""
    pods = [use("75", f"m{pod}", minute, pod=f"p{pod}") for pod in range(4) for minute in range(0, 60, 5)]
    lines = allocate([HOUR], [bill("3.20")], [*pods, use("3600", role="capacity")])
    assert by(lines, "charge", "model") == {("used", f"m{pod}"): Decimal("0.8") for pod in range(4)}


def test_what_nobody_used_is_idle(allocate: Allocate) -> None:
    """Three quarters of the hour that the resource was there for nobody."""
    usage = [use("900", "a"), use("3600", role="capacity")]
    assert by(allocate([HOUR], [bill("4")], usage), "charge", "model") == {("used", "a"): 1, ("idle", ""): 3}


def test_the_last_unit_goes_to_the_largest_remainder(allocate: Allocate) -> None:
    """A third each, and the unit that is left to the first by name; a credit is the mirror image."""
    usage = [use("1", model) for model in "abc"]
    ones = allocate([HOUR], [bill("1"), bill("0")], usage)
    third = Decimal("0.333333333333333333333333")
    assert by(ones, "model") == {("a",): third + Decimal("1e-24"), ("b",): third, ("c",): third}
    owed = allocate([HOUR], [bill("-1")], usage)
    assert by(owed, "model") == {("a",): -third - Decimal("1e-24"), ("b",): -third, ("c",): -third}


def test_a_gap_is_a_gap(allocate: Allocate) -> None:
    """An hour without any usage row is nobody's, and says so; one measured as zero is idle."""
    rules = split(capacity="3600")
    (line,) = allocate(rules, [bill()], [use("10", "a", resource="gpu-2")])
    assert (line["charge"], line["method"]) == ("unallocated", "split by 1 gpu_seconds per hour; no use was measured")
    assert by(allocate(split(), [bill()], [use("0", "a")]), "charge", "model") == {("idle", ""): 1}


def test_a_declared_capacity_counts_where_usage_tells_none(allocate: Allocate) -> None:
    """3,600 GPU seconds an hour by the rule; a row of usage that says two GPUs goes before it."""
    rules = split(capacity="3600")
    assert by(allocate(rules, [bill("4")], [use("900", "a")]), "charge") == {("used",): 1, ("idle",): 3}
    told = [use("900", "a"), use("7200", role="capacity")]
    assert by(allocate(rules, [bill("4")], told), "charge") == {("used",): Decimal("0.5"), ("idle",): Decimal("3.5")}


def test_idle_cost_is_spread_over_those_who_used_the_rest(allocate: Allocate) -> None:
    """By what each used; it stays told apart as idle, and stays nobody's where nobody used anything."""
    usage = [use("600", "a"), use("300", "b"), use("3600", role="capacity")]
    assert by(allocate(split(idle="spread"), [bill("4")], usage), "charge", "model") == {
        ("used", "a"): Decimal("0.666666666666666666666667"),
        ("used", "b"): Decimal("0.333333333333333333333333"),
        ("idle", "a"): 2,
        ("idle", "b"): 1,
    }
    alone = allocate(split(idle="spread"), [bill("4")], [use("3600", role="capacity")])
    assert by(alone, "charge", "model") == {("idle", ""): 4}


def test_who_reserved_more_than_they_used_pays_for_it(allocate: Allocate) -> None:
    """max(reserved, used) of each pod in each window, not of the sums."""
    usage = [
        use("100", "a", 0, role="reserved"), use("50", "a", 0), use("150", "a", 5), use("100", "a", 5, role="reserved"),
        use("10", "a", 0, pod="other"), use("240", "b", 0),
    ]  # fmt: skip
    lines = allocate([HOUR], [bill("5")], usage)
    assert by(lines, "model") == {("a",): Decimal("2.6"), ("b",): Decimal("2.4")}


def test_measures_weigh_as_the_rule_says(allocate: Allocate) -> None:
    """Output tokens four times an input token; a second of a measure with decimals keeps them."""
    usage = [
        use("1000", "a", measure="input_tokens"), use("250", "a", measure="output_tokens"),
        use("500", "b", measure="output_tokens"),
    ]  # fmt: skip
    rules = split(by={"input_tokens": "0.5", "output_tokens": "2"})
    assert by(allocate(rules, [bill("2")], usage), "model") == {("a",): 1, ("b",): 1}
    fine = [use("0.000001", "a"), use("0.000003", "b"), use("0.0000009", "c")]
    assert by(allocate([HOUR], [bill("4")], fine), "model") == {("a",): 1, ("b",): 3}


def test_each_hour_is_divided_by_its_own_use(allocate: Allocate) -> None:
    """Prices differ by the hour, and so does use; the day's line holds the sum."""
    second = hours(1, NINE.replace(hour=10))
    usage = [use("1", "a"), use("1", "a", 60), use("3", "b", 60)]
    lines = allocate([HOUR], [bill("1"), bill("8", **second)], usage)
    assert by(lines, "model") == {("a",): 3, ("b",): 6}
    assert {line["charge_start"] for line in lines} == {NINE.replace(hour=0)}


@pytest.mark.parametrize(
    ("per", "span"), [("day", 1), ("month", 1), ("hour", 24), ("hour", 31 * 24), ("hour", 5), ("day", 31 * 24)]
)
def test_a_longer_charge_is_divided_by_the_use_of_its_own_span(allocate: Allocate, per: str, span: int) -> None:
    """An hour's charge by the day's use where the rule says so; a day, a month, or five hours by all use in them."""
    start = NINE.replace(hour=0, day=1) if span > 24 else NINE.replace(hour=0) if span == 24 else NINE
    usage = [use("100", "a"), use("300", "b", 130), use("7", "far", -60 * 24 * 40)]
    lines = allocate(split(per=per), [bill("4", **hours(span, start))], usage)
    assert by(lines, "model") == {("a",): 1, ("b",): 3}


def test_a_pool_is_divided_by_all_use_of_its_sources(allocate: Allocate) -> None:
    """Whatever the resource; use of other sources does not count."""
    usage = [use("1", "a"), use("2", "b", resource="gpu-2"), use("1", "c", resource=""), use("99", "d", source="x")]
    lines = allocate(split(scope="pool", usage=["clus*"]), [bill("4"), bill("8", ResourceId="gpu-9")], usage)
    assert by(lines, "resource", "model") == {
        ("gpu-1", "a"): 1, ("gpu-1", "b"): 2, ("gpu-1", "c"): 1, ("gpu-9", "a"): 2, ("gpu-9", "b"): 4, ("gpu-9", "c"): 2
    }  # fmt: skip


def test_the_rule_says_what_use_does_not(allocate: Allocate) -> None:
    """Environment and team of the rule; a model's declared owner where neither names a team."""
    rules = [{**HOUR, "assign": {"environment": "prod", "stage": "{column:ServiceName}"}}]
    usage = [use("1", "a", team="core"), use("1", "b", environment="dev")]
    lines = allocate(rules, [bill("2")], usage, owners={"a": "x", "b": "search"})
    assert {(line["model"], line["environment"], line["owner"], line["stage"]) for line in lines} == {
        ("a", "prod", "core", "GPU"),
        ("b", "dev", "search", "GPU"),
    }


def test_unused_commitment_is_not_split_unless_named(allocate: Allocate) -> None:
    """Nobody used it: it stays apart; a rule that names the status divides it."""
    unused = bill("2", CommitmentDiscountStatus="Unused")
    (line,) = allocate([HOUR], [unused], [use("1", "a")])
    assert (line["charge"], line["rule"]) == ("unused-commitment", "")
    named = {**HOUR, "match": {"columns": {"CommitmentDiscountStatus": ["Unused"]}}}
    assert by(allocate([named], [unused], [use("1", "a")]), "charge", "model") == {("used", "a"): 2}


def test_weights_beyond_exact_division_are_refused(allocate: Allocate) -> None:
    """No silent overflow: the error says how much it is, and where."""
    usage = [use("9000000000000000000", "a", measure="storage_bytes"), use("9e18", "b", measure="storage_bytes")]
    with pytest.raises(UsageError, match=r"weights sum to 18000000000000000000, of 13000000000000000000"):
        allocate(split(by={"storage_bytes": "1"}), [bill()], usage)


def test_usage_coarser_than_the_division_is_refused(allocate: Allocate) -> None:
    """A day of use cannot say who used which hour."""
    daily = use("1", "a", window_end=NINE.replace(day=6))
    with pytest.raises(UsageError, match="per: day"):
        allocate([HOUR], [bill()], [daily])
    whole_day = bill("3", **hours(24, NINE.replace(hour=0)))
    assert by(allocate(split(per="day"), [whole_day], [daily]), "model") == {("a",): 3}

"""A line by windows: its money is all there, to the last digit, and it is where the use or the charge was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fairlead.domain.allocation import Allocation
from fairlead.domain.ledger import Part
from fairlead.drivers.ledger.duckdb_engine import DuckEngine
from fairlead.meter.allocation.allocator import Allocator
from fairlead.meter.allocation.classify import classified
from fairlead.meter.ledger.pieces import hours as charged_hours
from fairlead.meter.ledger.pieces import pieces
from fairlead.meter.ledger.windows import windowed
from tests.unit.meter.allocation.conftest import Lines
from tests.unit.meter.allocation.reference import units
from tests.unit.meter.allocation.rows import NINE, Row, bill, bills_table, hours, usage_table, use
from tests.unit.meter.allocation.strategies import bills, rules, usages

AMOUNTS = ("billed", "effective", "contracted", "listed")
PART = Part("cloud", "2026-01-01")
DAY = NINE.replace(hour=0)
SPLIT = {"name": "gpu", "match": {"resource": ["gpu-1"]}, "split": {"by": {"gpu_seconds": "1"}}}
TAGGED = {"name": "tagged", "match": {"tags": {"team": ["*"]}}, "assign": {"team": "{tag:team}"}}
SUPPORT = {"name": "support", "match": {"service": ["Support"]}, "overhead": {"over": "model", "how": "even"}}
SLOW = settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example takes a second, and shrinking takes hundreds
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def by_window(
    engine: DuckEngine,
    given_rules: Sequence[Mapping[str, Any]],
    given_bills: Sequence[Row],
    given_usage: Sequence[Row] = (),
    now: Sequence[Mapping[str, Any]] | None = None,
) -> tuple[Lines, Lines]:
    """Lines by these rules, and the same by window where `now` are the rules (the same, where none are given)."""
    used, rows = usage_table(given_usage), bills_table(given_bills)
    allocator = _allocator(engine, given_rules)
    made = allocator.part_lines(PART, rows, used)
    lines = _union(engine, made.questions)
    lines = _union(engine, [lines, *map(engine.hold, allocator.overhead_lines(made, lines))])
    asking = _allocator(engine, given_rules if now is None else now)
    told = classified(rows, asking.rules)
    found = windowed(engine, lines, pieces(asking, PART, told, used), engine.hold(charged_hours(told)))
    return engine.rows(lines), engine.rows(found)


def _allocator(engine: DuckEngine, given_rules: Sequence[Mapping[str, Any]]) -> Allocator:
    return Allocator(engine, Allocation.model_validate({"rules": list(given_rules)}).rules)


def _union(engine: DuckEngine, tables: Sequence[Any]) -> Any:  # noqa: ANN401 - a table of Ibis
    import ibis

    return engine.hold(ibis.union(*tables))


def _shown(found: Lines, **only: str) -> dict[tuple[datetime, int], Decimal]:
    """Billed amount by the window's start and its minutes."""
    kept = [row for row in found if all(row[name] == value for name, value in only.items())]
    return {
        (row["window_start"], (row["window_end"] - row["window_start"]) // timedelta(minutes=1)): row["billed"]
        for row in kept
    }


@pytest.mark.timeout(600)
@SLOW
@given(given_rules=rules(), given_bills=bills(), given_usage=usages(), now=st.one_of(st.none(), rules()))
def test_windows_of_a_line_sum_to_it_whatever_the_rules(
    engine: DuckEngine,
    given_rules: list[dict[str, Any]],
    given_bills: list[Row],
    given_usage: list[Row],
    now: list[dict[str, Any]] | None,
) -> None:
    """In all four costs, no line lost, each window in its line's own span; also by other rules than made the lines."""
    lines, found = by_window(engine, given_rules, given_bills, given_usage, now)
    whole = {line["line"]: line for line in lines}
    assert {row["line"] for row in found} == set(whole)
    for name in AMOUNTS:
        sums: dict[str, int] = dict.fromkeys(whole, 0)
        for row in found:
            assert (row[name] is None) == (whole[row["line"]][name] is None)
            sums[row["line"]] += units(row[name]) or 0
        assert sums == {line: units(row[name]) or 0 for line, row in whole.items()}
    for row in found:
        line = whole[row["line"]]
        assert line["charge_start"] - timedelta(minutes=5) < row["window_start"] <= line["charge_end"]


def test_a_burst_is_in_the_windows_that_it_was_in(engine: DuckEngine) -> None:
    """An hour for 12 of which 10, 10 and 100 seconds were used: a window has its part of that hour, not of the day."""
    given_bills = [bill("12"), bill("12", **hours(1, NINE + timedelta(hours=1)))]
    usage = [use("10", "chat"), use("10", "chat", 5), use("100", "chat", 55), use("1", "chat", 60)]
    _, found = by_window(engine, [SPLIT], given_bills, usage)
    assert _shown(found, model="chat") == {
        (NINE, 5): Decimal(1),
        (NINE + timedelta(minutes=5), 5): Decimal(1),
        (NINE + timedelta(minutes=55), 5): Decimal(10),
        (NINE + timedelta(minutes=60), 5): Decimal(12),
    }
    assert {row["spread"] for row in found} == {"use"}


def test_what_does_not_divide_is_divided_by_largest_remainder(engine: DuckEngine) -> None:
    """One unit of the last digit over three equal windows: the first has it, and no other amount appears."""
    usage = [use("7", "chat", minute) for minute in (0, 5, 10)]
    _, found = by_window(engine, [SPLIT], [bill("1e-24")], usage)
    assert sorted(row["billed"] for row in found) == [Decimal(0), Decimal(0), Decimal("1e-24")]
    assert _shown(found)[NINE, 5] == Decimal("1e-24")


def test_without_use_a_charge_is_at_the_hour_that_it_was_charged_for(engine: DuckEngine) -> None:
    """What is assigned by its tag has no use: each hour keeps what the bill says of it, and a day its day."""
    tags = {"Tags": [("team", "core")]}
    given_bills = [
        bill("1", **tags),
        bill("4", **tags, **hours(1, NINE + timedelta(hours=1))),
        bill("24", **tags, **hours(24, DAY), ResourceId="disk"),
    ]
    _, found = by_window(engine, [TAGGED], given_bills)
    assert _shown(found) == {
        (NINE, 60): Decimal(1),
        (NINE + timedelta(hours=1), 60): Decimal(4),
        (DAY, 24 * 60): Decimal(24),
    }
    assert {row["spread"] for row in found if row["resource"] == "disk"} == {"whole"}
    assert {row["spread"] for row in found if row["resource"] == "gpu-1"} == {"charge"}


def test_idle_time_is_at_the_hour_that_was_paid_for(engine: DuckEngine) -> None:
    """Nobody used it, so no use says in which of its minutes."""
    rule = {**SPLIT, "split": {"by": {"gpu_seconds": "1"}, "capacity": "3600"}}
    _, found = by_window(engine, [rule], [bill("36")], [use("300", "chat", 5)])
    assert _shown(found, charge="used") == {(NINE + timedelta(minutes=5), 5): Decimal(3)}
    assert _shown(found, charge="idle") == {(NINE, 60): Decimal(33)}


def test_idle_time_that_is_spread_is_where_its_bearers_used_the_rest(engine: DuckEngine) -> None:
    """Who bears it bears it by use, so in the windows of that use."""
    rule = {**SPLIT, "split": {"by": {"gpu_seconds": "1"}, "capacity": "3600", "idle": "spread"}}
    _, found = by_window(engine, [rule], [bill("36")], [use("100", "chat"), use("200", "chat", 5)])
    assert _shown(found, charge="idle") == {(NINE, 5): Decimal(11), (NINE + timedelta(minutes=5), 5): Decimal(22)}


def test_an_overhead_is_spread_evenly_over_the_hours_that_were_charged(engine: DuckEngine) -> None:
    """Each party's share over both hours of the support; it is not known which used it when."""
    support = {"ServiceName": "Support", "ResourceId": "desk"}
    given_bills = [
        bill("2"),
        bill("3", **support),
        bill("1", **support, **hours(1, NINE + timedelta(hours=1))),
    ]
    _, found = by_window(engine, [SPLIT, SUPPORT], given_bills, [use("1", "chat")])
    assert _shown(found, model="chat", rule="support") == {
        (NINE, 60): Decimal(2),
        (NINE + timedelta(hours=1), 60): Decimal(2),
    }
    assert {row["spread"] for row in found if row["rule"] == "support"} == {"evenly"}


def test_use_that_is_measured_by_the_minute_is_shown_by_five(engine: DuckEngine) -> None:
    """And use of a longer window keeps its own: nothing is made finer than it was measured."""
    minutes = [use("1", "chat", minute, window_end=NINE + timedelta(minutes=minute + 1)) for minute in (0, 4)]
    long = use("2", "chat", 20, window_end=NINE + timedelta(minutes=40))
    _, found = by_window(engine, [SPLIT], [bill("4")], [*minutes, long])
    shown = [(row["window_start"], row["window_end"], row["billed"]) for row in found]
    assert sorted(shown) == [
        (NINE, NINE + timedelta(minutes=5), Decimal(1)),
        (NINE, NINE + timedelta(minutes=5), Decimal(1)),
        (NINE + timedelta(minutes=20), NINE + timedelta(minutes=40), Decimal(2)),
    ]

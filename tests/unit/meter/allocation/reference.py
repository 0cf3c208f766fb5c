"""The same allocation once more, a row at a time in plain Python: slow, and easy to believe."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import Any

from fairlead.domain.allocation import AllocationRule, Split
from fairlead.domain.measures import MEASURES
from fairlead.kernel.money import split
from fairlead.kernel.path_patterns import name_fits

__all__ = ["CONSUMER", "expected", "units"]

Row = Mapping[str, Any]
Key = tuple[Any, ...]
CONSUMER = ("environment", "model", "release", "customer", "team", "stage")
COSTS = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost")
_WIDE = Context(prec=60)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def expected(
    rules: Sequence[AllocationRule], bills: Sequence[Row], usage: Sequence[Row]
) -> dict[Key, list[int | None]]:
    """(charge, rule, line span, resource, currency, unknown, *consumer) -> the four amounts in units of 1e-24."""
    pools: dict[Key, list[int | None]] = {}
    for row in bills:
        rule, charge = _classified(rules, row)
        bucket = _bucket(row, rule.split) if rule and rule.split and charge == "used" else None
        consumer = _consumer(rule, row) if rule else ("",) * 6
        unknown = tuple(row[cost] is None for cost in COSTS)
        kept = (row["ResourceId"] or "", row["BillingCurrency"], unknown)
        key = (rules.index(rule) if rule else -1, charge, _line_span(row), *kept, consumer, bucket)
        _add(pools, key, [units(row[cost]) for cost in COSTS])
    lines: dict[Key, list[int | None]] = {}
    shared = []
    for key, amounts in pools.items():
        rule = rules[key[0]] if key[0] >= 0 else None
        if rule and key[-1]:
            for charge, consumer, parts in _divided(rule, key, amounts, usage):
                named = consumer if charge == "unallocated" else _filled(consumer, key[6])
                _add(lines, (charge, rule.name, *key[2:6], *named), parts)
        elif rule and rule.overhead:
            shared.append((rule, key, amounts))
        else:
            _add(lines, (key[1], rule.name if rule else "", *key[2:6], *key[6]), amounts)
    own = dict(lines)
    for rule, key, amounts in shared:
        for consumer, parts in _shared(rule, key, amounts, own):
            _add(lines, ("shared", rule.name, *key[2:6], *consumer), parts)
    return lines


def units(amount: Decimal | None) -> int | None:
    """The amount in units of 1e-24, all of its digits."""
    return None if amount is None else int(_WIDE.scaleb(amount, 24))


def _classified(rules: Sequence[AllocationRule], row: Row) -> tuple[AllocationRule | None, str]:
    unused = row["CommitmentDiscountStatus"] == "Unused"
    for rule in rules:
        if _matches(rule, row) and not (unused and (rule.split or rule.overhead)):
            return rule, "unused-commitment" if unused else "shared" if rule.overhead else "used"
    category = row["ChargeCategory"]
    if unused:
        return None, "unused-commitment"
    if category == "Purchase" and row["CommitmentDiscountId"]:
        return None, "commitment"
    return None, {"Tax": "tax", "Credit": "credit"}.get(category, "unallocated")


def _matches(rule: AllocationRule, row: Row) -> bool:
    match = rule.match
    tags = dict(row["Tags"] or [])
    asked = [(row["ResourceId"], match.resource), (row["ServiceName"], match.service)]
    asked += [(tags.get(key), patterns) for key, patterns in match.tags.items()]
    return row["ChargeCategory"] in match.charge and all(
        any(name_fits(pattern, text or "") and bool(text) == bool(pattern) for pattern in patterns)
        for text, patterns in asked
        if patterns
    )


def _consumer(rule: AllocationRule, row: Row) -> Key:
    tags = dict(row["Tags"] or [])
    texts = (getattr(rule.assign, name) for name in CONSUMER)
    return tuple(tags.get("team") or "" if text == "{tag:team}" else text for text in texts)


def _line_span(row: Row) -> tuple[datetime, datetime]:
    start, end = row["ChargePeriodStart"], row["ChargePeriodEnd"]
    day: datetime = start.replace(hour=0, minute=0)
    return (day, day + _DAY) if end <= day + _DAY else (start, end)


def _bucket(row: Row, rule: Split) -> tuple[datetime, datetime]:
    start, end = row["ChargePeriodStart"], row["ChargePeriodEnd"]
    day = start.replace(hour=0, minute=0)
    first = {"hour": start.replace(minute=0), "day": day, "month": day.replace(day=1)}[rule.per]
    length = {"hour": _HOUR, "day": _DAY, "month": _DAY * monthrange(first.year, first.month)[1]}[rule.per]
    return (first, first + length) if end <= first + length else (start, end)


def _divided(
    rule: AllocationRule, key: Key, amounts: list[int | None], usage: Sequence[Row]
) -> Iterator[tuple[str, Key, list[int | None]]]:
    assert rule.split
    users, idle = _weights(rule.split, key[3], key[-1], usage)
    if not users and idle is None:
        yield "unallocated", ("",) * 6, amounts
        return
    names = sorted(name for name, weight in users.items() if weight)
    weights = [*(users[name] for name in names), idle or 0]
    if not any(weights):
        weights[-1] = 1
    columns = [[None] * len(weights) if each is None else split(each, weights) for each in amounts]
    rows = list(zip(*columns, strict=True))
    for name, parts in zip(names, rows[:-1], strict=True):
        yield "used", name, list(parts)
    rest = list(rows[-1])
    if rule.split.idle == "spread" and names:
        again = [[None] * len(names) if each is None else split(each, weights[:-1]) for each in rest]
        for name, parts in zip(names, zip(*again, strict=True), strict=True):
            if weights[-1]:
                yield "idle", name, list(parts)
    elif weights[-1]:
        yield "idle", ("",) * 6, rest


def _weights(rule: Split, resource: str, bucket: tuple[datetime, datetime], usage: Sequence[Row]) -> tuple[Any, Any]:
    """Weight by consumer, and of what nobody used; None where nothing was measured."""
    digits = max(MEASURES[name].decimals - min(0, _exponent(weight)) for name, weight in rule.by.items())
    mine = [
        row
        for row in usage
        if row["measure"] in rule.by
        and any(name_fits(pattern, row["source"]) for pattern in rule.usage)
        and (rule.scope == "pool" or row["resource"] == resource)
        and bucket[0] <= row["window_start"] < bucket[1]
    ]
    if not mine:
        return {}, None
    sums: dict[Key, Decimal] = defaultdict(Decimal)
    for row in mine:
        pod = (row["namespace"], row["pod"], row["window_start"], row["window_end"])
        sums[(row["measure"], row["role"], tuple(row[name] for name in CONSUMER), pod)] += row["quantity"]
    larger: dict[Key, Decimal] = defaultdict(Decimal)
    for measure, consumer, pod in {(key[0], key[2], key[3]) for key in sums if key[1] != "capacity"}:
        larger[(measure, consumer)] += max(
            sums.get((measure, role, consumer, pod), Decimal(0)) for role in ("used", "reserved")
        )
    users: dict[Key, int] = defaultdict(int)
    idle, told = 0, False
    for measure, weight in rule.by.items():
        factor = int(weight.scaleb(digits - MEASURES[measure].decimals))
        used = {
            key[1]: int(value.scaleb(MEASURES[measure].decimals)) for key, value in larger.items() if key[0] == measure
        }
        for consumer, units in used.items():
            users[consumer] += units * factor
        there = [row["quantity"] for row in mine if row["measure"] == measure and row["role"] == "capacity"]
        if there:
            told = True
            idle += max(0, int(sum(there).scaleb(MEASURES[measure].decimals)) - sum(used.values())) * factor
    if not told and rule.capacity is not None:
        span = (bucket[1] - bucket[0]) // timedelta(seconds=1)
        idle = max(0, int(rule.capacity.scaleb(digits)) * span // 3600 - sum(users.values()))
    return dict(users), idle


def _exponent(weight: Decimal) -> int:
    return int(weight.normalize().as_tuple().exponent)


def _shared(
    rule: AllocationRule, key: Key, amounts: list[int | None], own: Mapping[Key, list[int | None]]
) -> Iterator[tuple[Key, list[int | None]]]:
    assert rule.overhead
    place = CONSUMER.index(rule.overhead.over)
    costs: dict[str, int] = defaultdict(int)
    for line, parts in own.items():
        if line[4] == key[4] and line[6 + place]:
            costs[line[6 + place]] += parts[1] or 0
    if rule.overhead.how == "fixed":
        digits = max(0, *(-_exponent(each) for each in rule.overhead.shares.values()))
        weights = {name: int(share.scaleb(digits)) for name, share in rule.overhead.shares.items()}
    else:
        even = rule.overhead.how == "even"
        weights = {name: 1 if even else max(0, cost) // 10**18 for name, cost in costs.items()}
    names = sorted(name for name, weight in weights.items() if weight)
    if not names:
        yield key[6], amounts
        return
    shares = [weights[name] for name in names]
    columns = [[None] * len(names) if each is None else split(each, shares) for each in amounts]
    for name, row in zip(names, zip(*columns, strict=True), strict=True):
        yield (*key[6][:place], name, *key[6][place + 1 :]), list(row)


def _filled(consumer: Key, named: Key) -> Key:
    return tuple(own or other for own, other in zip(consumer, named, strict=True))


def _add(table: dict[Key, list[int | None]], key: Key, amounts: Sequence[int | None]) -> None:
    there = table.setdefault(key, [None if each is None else 0 for each in amounts])
    table[key] = [
        None if left is None or right is None else left + right for left, right in zip(there, amounts, strict=True)
    ]

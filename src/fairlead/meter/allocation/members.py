"""Step 3: who used what of a shared resource in a span, as whole weights, and what of it nobody used."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from fairlead.domain.measures import MEASURES
from fairlead.meter.allocation.columns import CONSUMER, HOUR
from fairlead.meter.allocation.pools import BUCKET
from fairlead.meter.allocation.spans import Grain, begin, seconds
from fairlead.meter.allocation.weighing import Weighing
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["IDLE", "members", "placed", "window_weights"]

IDLE = "idle"
"""Whether a member is what nobody used."""

_WHOLE = "decimal(38,0)"
_QUANTITY, _DIGITS = "decimal(38,9)", 9
"""Type of a quantity in usage, and its digits after the point."""

_POD = ("namespace", "pod", "window_start", "window_end")


def members(
    engine: LedgerEngine,
    usage: ir.Table,
    weighing: Weighing,
    place: int,
    grain: Grain,
    roles: Collection[str],
    buckets: ir.Table | None = None,
) -> ir.Table:
    """One row per bucket and consumer, and one for what nobody used: BUCKET, consumer, `idle`, `weight`, `whole`.

    `usage` are the rows that are weighed. Only buckets with one are there: for the others nothing was measured.
    `roles` are those that the rows have; `buckets` (of, bucket_from, bucket_until) are the spans asked for where the
    grain is OWN. A use is max(used, reserved) of each pod in each window; sums are cut to the measure's smallest unit.
    """
    rows = _bucketed(usage, weighing, place, grain, buckets)
    used = _used(rows, weighing, roles)
    weighed = used.select(*BUCKET, *CONSUMER, weight=_weight(engine, used, weighing))
    wholes = _wholes(engine, rows, used, weighing, roles)
    users = weighed.join(wholes, list(BUCKET)).filter(lambda table: table.weight > 0)
    idle = wholes.filter(wholes.rest > 0)
    return _member(users, users.weight, users).union(_member(idle, idle.rest, None))


def window_weights(
    engine: LedgerEngine, usage: ir.Table, weighing: Weighing, place: int, roles: Collection[str]
) -> ir.Table:
    """What each consumer used in each window of use: BUCKET, whose span is the window, consumer, `weight`."""
    own = _weighed_of(usage, weighing, place)
    rows = own.mutate(bucket_from=seconds(own.window_start), bucket_until=seconds(own.window_end))
    used = _used(rows, weighing, roles)
    return used.select(*BUCKET, *CONSUMER, weight=_weight(engine, used, weighing)).filter(lambda each: each.weight > 0)


def placed(table: ir.Table) -> ir.Table:
    """Members with their `place` in the bucket: consumers in the order of their names, what nobody used last."""
    import ibis

    order = [table[IDLE], *(table[name] for name in CONSUMER)]
    return table.mutate(place=ibis.row_number().over(ibis.window(group_by=list(BUCKET), order_by=order)))


def _bucketed(usage: ir.Table, weighing: Weighing, place: int, grain: Grain, buckets: ir.Table | None) -> ir.Table:
    """Rows of use with the columns of BUCKET. A window belongs to the span that it begins in."""
    own = _weighed_of(usage, weighing, place)
    if grain is not Grain.OWN:
        first, after = begin(own.window_start, grain)
        return own.mutate(bucket_from=first, bucket_until=after)
    if buckets is None:
        message = "spans of their own must be given"
        raise ValueError(message)
    began = own.mutate(began=seconds(own.window_start))
    at = [began.of == buckets.of, began.began >= buckets.bucket_from, began.began < buckets.bucket_until]
    return began.join(buckets, at).drop("of_right", "began")


def _weighed_of(usage: ir.Table, weighing: Weighing, place: int) -> ir.Table:
    """Rows of use with the first columns of BUCKET: how they are weighed, and of which resource."""
    import ibis

    of = usage.resource if weighing.scope == "resource" else ibis.literal("")
    return usage.mutate(weighing=ibis.literal(place, "int8"), of=of)


def _used(rows: ir.Table, weighing: Weighing, roles: Collection[str]) -> ir.Table:
    """Quantity of each measure by bucket and consumer."""
    keys = [*BUCKET, *CONSUMER]
    if "reserved" not in roles:
        return _sums(rows.filter(rows.role == "used"), keys, weighing.measures)
    kept = rows.filter(rows.role.isin(["used", "reserved"]))
    windows = _larger(kept, [*keys, *_POD], weighing.measures)
    return windows.group_by(keys).agg(**{name: windows[name].sum() for name in weighing.measures})


def _larger(rows: ir.Table, keys: Sequence[str], measures: Sequence[str]) -> ir.Table:
    """max(used, reserved) of each measure by `keys`."""
    import ibis

    sides = {
        f"{name}_{role}": rows.quantity.sum(where=(rows.measure == name) & (rows.role == role))
        for name in measures
        for role in ("used", "reserved")
    }
    both = rows.group_by(list(keys)).agg(**sides)
    larger = {
        name: ibis.greatest(both[f"{name}_used"].fill_null(0), both[f"{name}_reserved"].fill_null(0))
        for name in measures
    }
    return both.select(*keys, **larger)


def _sums(rows: ir.Table, keys: Sequence[str], measures: Sequence[str]) -> ir.Table:
    if len(measures) == 1:
        return rows.group_by(list(keys)).agg(**{measures[0]: rows.quantity.sum()})
    sums = {name: rows.quantity.sum(where=rows.measure == name) for name in measures}
    return rows.group_by(list(keys)).agg(**sums)


def _smallest(engine: LedgerEngine, quantity: ir.DecimalValue, measure: str) -> ir.DecimalValue:
    """The quantity in the measure's smallest unit; the rest is cut, from its text: a whole number is made but once."""
    text = quantity.cast(_QUANTITY).cast("string")
    decimals = MEASURES[measure].decimals
    finer = _DIGITS - decimals if decimals else _DIGITS + 1
    return engine.units(text[: text.length() - finer])


def _weight(engine: LedgerEngine, table: ir.Table, weighing: Weighing) -> ir.DecimalValue:
    parts = [
        _times(_smallest(engine, table[name], name).fill_null(0), factor) for name, factor in weighing.factors.items()
    ]
    return reduce(add, parts).cast(_WHOLE)


def _times(value: ir.DecimalValue, factor: int) -> ir.DecimalValue:
    import ibis

    return value if factor == 1 else (value * ibis.literal(factor, _WHOLE)).cast(_WHOLE)


def _wholes(
    engine: LedgerEngine, rows: ir.Table, used: ir.Table, weighing: Weighing, roles: Collection[str]
) -> ir.Table:
    """Per bucket: `whole`, all that a charge is divided by, and `rest`, the weight of what nobody used.

    Where something was measured and all of it is zero, all of the charge is for what nobody used.
    """
    import ibis

    totals = _totals(engine, rows, used, weighing, roles)
    terms = [_times(totals[name].fill_null(0), factor) for name, factor in weighing.factors.items()]
    sized = totals.mutate(used=reduce(add, terms).cast(_WHOLE))
    rest = _rest(engine, sized, weighing)
    whole_rest = ((sized.used == 0) & (rest == 0)).ifelse(ibis.literal(1, _WHOLE), rest).cast(_WHOLE)
    return sized.select(*BUCKET, rest=whole_rest, whole=(sized.used + whole_rest).cast(_WHOLE))


def _totals(
    engine: LedgerEngine, rows: ir.Table, used: ir.Table, weighing: Weighing, roles: Collection[str]
) -> ir.Table:
    """Per bucket and measure: what was used, and `<measure>_there`, what there was to use, null where nothing says."""
    import ibis

    none = ibis.null(_WHOLE)
    sums = {name: _smallest(engine, used[name], name).sum().cast(_WHOLE) for name in weighing.measures}
    totals = used.group_by(list(BUCKET)).agg(**sums, **{f"{name}_there": none for name in weighing.measures})
    if "capacity" not in roles:
        return totals
    there = _sums(rows.filter(rows.role == "capacity"), BUCKET, weighing.measures)
    known = {f"{name}_there": _smallest(engine, there[name], name) for name in weighing.measures}
    both = totals.union(there.select(*BUCKET, **dict.fromkeys(weighing.measures, none), **known))
    columns = [*weighing.measures, *known]
    return both.group_by(list(BUCKET)).agg(**{name: both[name].sum().cast(_WHOLE) for name in columns})


def _rest(engine: LedgerEngine, totals: ir.Table, weighing: Weighing) -> ir.DecimalValue:
    """What there was to use less what was used, measure by measure; else by the rule's capacity; else nothing."""
    import ibis

    nothing = ibis.literal(0, _WHOLE)
    there = {name: totals[f"{name}_there"] for name in weighing.measures}
    left = [
        _times(ibis.greatest(there[name] - totals[name].fill_null(0), nothing).cast(_WHOLE).fill_null(0), factor)
        for name, factor in weighing.factors.items()
    ]
    measured = reduce(add, left).cast(_WHOLE)
    if weighing.hourly is None:
        return measured
    length = (totals.bucket_until - totals.bucket_from).cast(_WHOLE)
    declared = engine.part(_times(length, weighing.hourly), ibis.literal(1, _WHOLE), ibis.literal(HOUR, _WHOLE))
    spare = ibis.greatest(declared - totals.used, nothing).cast(_WHOLE)
    return ibis.coalesce(*there.values()).isnull().ifelse(spare, measured)


def _member(rows: ir.Table, weight: ir.DecimalValue, consumers: ir.Table | None) -> ir.Table:
    import ibis

    names = {name: consumers[name] if consumers is not None else ibis.literal("") for name in CONSUMER}
    is_idle = ibis.literal(consumers is None)
    return rows.select(*BUCKET, **names, **{IDLE: is_idle}, weight=weight, whole=rows.whole)

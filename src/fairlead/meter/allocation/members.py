"""Step 3: who used what of a shared resource in a span, as whole weights, and what of it nobody used."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from fairlead.domain.measures import MEASURES
from fairlead.meter.allocation.columns import CONSUMER, HOUR
from fairlead.meter.allocation.pools import BUCKET, SPAN
from fairlead.meter.allocation.spans import Grain, begin, seconds
from fairlead.meter.allocation.units import sum_of
from fairlead.meter.allocation.weighing import Weighing
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["IDLE", "Use", "consumers", "members", "used", "window_weights"]

IDLE = "idle"
"""Whether a member is what nobody used."""

_LAST = 2**62
"""Place of what nobody used: after all consumers."""

_QUANTITY, _DIGITS = "decimal(38,9)", 9
"""Type of a quantity in usage, and its digits after the point."""

_TIME = BUCKET[1:]
"""What buckets of one weighing are told apart by."""

_POD = ("namespace", "pod", "window_start", "window_end")


@dataclass(frozen=True, slots=True)
class Use:
    """Rows of use that are weighed alike, the roles that they have, and the buckets of one grain that are asked for."""

    rows: ir.Table
    weighing: Weighing
    roles: Collection[str]
    grain: Grain
    buckets: ir.Table


def used(engine: LedgerEngine, use: Use) -> ir.Table:
    """What each consumer used in each bucket: SPAN, consumer, and each measure.

    A use is max(used, reserved) of each pod in each window; a sum is a whole number of the measure's smallest unit,
    the rest is cut.
    """
    sums = _used(_bucketed(use), (*_TIME, *CONSUMER), use.weighing, use.roles)
    return _numbered(engine, sums, use, CONSUMER)


def consumers(found: Sequence[ir.Table]) -> ir.Table:
    """All consumers with their `place` in the order of their names: the first of equals gets a unit that is left."""
    import ibis

    names = reduce(lambda one, more: one.union(more, distinct=True), (each.select(*CONSUMER) for each in found))
    told = names.distinct()
    order = [told[name] for name in CONSUMER]
    return told.mutate(place=ibis.row_number().over(ibis.window(order_by=order)))


def members(engine: LedgerEngine, use: Use, found: ir.Table, places: ir.Table) -> ir.Table:
    """One row per bucket and consumer, and one for what nobody used: SPAN, `place`, `idle`, `weight`, `whole`.

    `found` is what was `used`, `places` are those of `consumers`. Only buckets with a row of use are there: for the
    others nothing was measured.
    """
    import ibis

    wholes = _wholes(engine, use, found)
    weighed = found.select(SPAN, *CONSUMER, weight=_weight(found, use.weighing))
    users = weighed.filter(weighed.weight > 0).join(places, list(CONSUMER)).join(wholes, SPAN)
    own = users.select(SPAN, "weight", "whole", place=users.place.cast("int64")).mutate(
        **{IDLE: ibis.literal(value=False)}
    )
    idle = wholes.filter(wholes.rest > 0)
    rest = idle.select(SPAN, weight=idle.rest, whole=idle.whole, place=ibis.literal(_LAST, "int64"))
    return own.union(rest.mutate(**{IDLE: ibis.literal(value=True)}))


def window_weights(
    engine: LedgerEngine, usage: ir.Table, weighing: Weighing, place: int, roles: Collection[str]
) -> ir.Table:
    """What each consumer used in each window of use: BUCKET, whose span is the window, consumer, `weight`."""
    import ibis

    rows = _of(usage, weighing).mutate(weighing=ibis.literal(place, "int8"))
    at = rows.mutate(bucket_from=seconds(rows.window_start), bucket_until=seconds(rows.window_end))
    sums = _used(at, (*BUCKET, *CONSUMER), weighing, roles)
    units = sums.mutate(**_units(engine, sums, weighing))
    return units.select(*BUCKET, *CONSUMER, weight=_weight(units, weighing)).filter(lambda each: each.weight > 0)


def _of(usage: ir.Table, weighing: Weighing) -> ir.Table:
    import ibis

    return usage.mutate(of=usage.resource if weighing.scope == "resource" else ibis.literal(""))


def _bucketed(use: Use) -> ir.Table:
    """Rows of use with their bucket. A window belongs to the span that it begins in."""
    own = _of(use.rows, use.weighing)
    if use.grain is not Grain.OWN:
        first, after = begin(own.window_start, use.grain)
        return own.mutate(bucket_from=first, bucket_until=after)
    began = own.mutate(began=seconds(own.window_start))
    spans = use.buckets.select(*_TIME)
    at = [began.of == spans.of, began.began >= spans.bucket_from, began.began < spans.bucket_until]
    return began.join(spans, at).drop("of_right", "began")


def _numbered(engine: LedgerEngine, sums: ir.Table, use: Use, kept: Sequence[str]) -> ir.Table:
    """Sums of measures in their smallest units, with the number of their bucket; none of other buckets."""
    found = sums.join(use.buckets.select(*_TIME, SPAN), list(_TIME))
    return found.select(SPAN, *kept, **_units(engine, found, use.weighing))


def _used(rows: ir.Table, keys: Sequence[str], weighing: Weighing, roles: Collection[str]) -> ir.Table:
    """Quantity of each measure by columns."""
    if "reserved" not in roles:
        return _sums(rows.filter(rows.role == "used"), keys, weighing.measures)
    kept = rows.filter(rows.role.isin(["used", "reserved"]))
    windows = _larger(kept, [*dict.fromkeys([*keys, *_POD])], weighing.measures)
    return windows.group_by(list(keys)).agg(**{name: windows[name].sum() for name in weighing.measures})


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


def _units(engine: LedgerEngine, table: ir.Table, weighing: Weighing) -> dict[str, ir.DecimalValue]:
    """Each measure in its smallest unit; the rest is cut, from its text: a whole number is made but once."""
    units = {}
    for name in weighing.measures:
        text = table[name].cast(_QUANTITY).cast("string")
        decimals = MEASURES[name].decimals
        finer = _DIGITS - decimals if decimals else _DIGITS + 1
        units[name] = engine.units(text[: text.length() - finer])
    return units


def _weight(table: ir.Table, weighing: Weighing) -> ir.DecimalValue:
    return reduce(add, (table[name].fill_null(0) * factor for name, factor in weighing.factors.items()))


def _wholes(engine: LedgerEngine, use: Use, found: ir.Table) -> ir.Table:
    """Per bucket: `whole`, all that a charge is divided by, and `rest`, the weight of what nobody used.

    Where something was measured and all of it is zero, all of the charge is for what nobody used.
    """
    totals = _totals(engine, use, found)
    sized = totals.mutate(used=_weight(totals, use.weighing))
    rested = sized.select(SPAN, "used", rest=_rest(engine, sized, use))
    rest = ((rested.used == 0) & (rested.rest == 0)).ifelse(1, rested.rest)
    return rested.select(SPAN, rest=rest, whole=rested.used + rest)


def _totals(engine: LedgerEngine, use: Use, found: ir.Table) -> ir.Table:
    """Per bucket and measure: what was used, and `<measure>_there`, what there was to use, null where nothing says."""
    import ibis

    measures = use.weighing.measures
    known = [f"{name}_there" for name in measures]
    sums = found.group_by(SPAN).agg(**{name: sum_of(found[name]) for name in measures})
    none = ibis.null("decimal(38,0)")
    if "capacity" in use.roles:
        rows = _bucketed(replace(use, rows=use.rows.filter(use.rows.role == "capacity")))
        there = _numbered(engine, _sums(rows, _TIME, measures), use, ())
        both = sums.mutate(**dict.fromkeys(known, none)).union(
            there.select(SPAN, **dict.fromkeys(measures, none), **{f"{name}_there": there[name] for name in measures})
        )
        sums = both.group_by(SPAN).agg(**{name: sum_of(both[name]) for name in (*measures, *known)})
    else:
        sums = sums.mutate(**dict.fromkeys(known, none))
    return sums.join(use.buckets.select(SPAN, *_TIME[1:]), SPAN)


def _rest(engine: LedgerEngine, totals: ir.Table, use: Use) -> ir.DecimalValue:
    """What there was to use less what was used, measure by measure; else by the rule's capacity; else nothing."""
    import ibis

    there = {name: totals[f"{name}_there"] for name in use.weighing.measures}
    left = (
        ibis.greatest((there[name] - totals[name].fill_null(0)).fill_null(0), 0) * factor
        for name, factor in use.weighing.factors.items()
    )
    measured = reduce(add, left)
    hourly = use.weighing.hourly
    if hourly is None:
        return measured
    length = (totals.bucket_until - totals.bucket_from).cast("decimal(38,0)")
    declared = engine.ratio(length * hourly, ibis.literal(HOUR, "decimal(38,0)"))
    spare = ibis.greatest(declared - totals.used, 0)
    return ibis.coalesce(*there.values()).isnull().ifelse(spare, measured)

"""Step 2: bill rows added up as far as they are charged alike, so that a division is done once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairlead.domain.allocation import AllocationRule
from fairlead.domain.ledger import Charge
from fairlead.meter.allocation.columns import AMOUNTS, CONSUMER, KEPT
from fairlead.meter.allocation.spans import Grain, within
from fairlead.meter.allocation.weighing import weighing_places

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "BUCKET",
    "LINE",
    "LINE_NUMBER",
    "NUMBER",
    "POOL",
    "SPAN",
    "buckets",
    "direct",
    "line_numbers",
    "numbered",
    "pooled",
    "spanned",
    "summed",
]

LINE = ("rule", "charge", "line_from", "line_until", *CONSUMER, *KEPT, "unknown")
"""What a line is told apart by, before names and moments are put in."""

BUCKET = ("weighing", "of", "bucket_from", "bucket_until")
"""What use a pool is divided by: how it is weighed, of which resource ('' for all), in which span."""

POOL = (*LINE, *BUCKET)

SPAN = "bucket"
"""Number of a BUCKET."""

NUMBER, LINE_NUMBER = "pool", "line_number"
"""Numbers of a pool and of its LINE: engines sort and join one number faster than the twenty columns that it is for."""


def spanned(rows: ir.Table) -> ir.Table:
    """Classified rows with the span of their line: the UTC day of the charge, or its own span where it is longer."""
    import ibis

    start = rows.charged_from
    end = ibis.greatest(rows.charged_until, start)
    first, after = within(start, end, Grain.DAY)
    return rows.mutate(line_from=first, line_until=after)


def direct(rows: ir.Table, rules: Sequence[AllocationRule], apart: Sequence[str] = ()) -> ir.Table:
    """Rows that no split is about, added up: columns of LINE, those that are kept `apart`, and amounts."""
    places = [place for place, rule in enumerate(rules, 1) if rule.split]
    mine = rows.filter(~_split(rows, places)) if places else rows
    return summed(spanned(mine), (*LINE, *apart))


def pooled(rows: ir.Table, rules: Sequence[AllocationRule]) -> ir.Table:
    """Rows that are split by use, added up: columns of POOL and amounts."""
    places = [place for place, rule in enumerate(rules, 1) if rule.split]
    mine = spanned(rows.filter(_split(rows, places)))
    return summed(_bucketed(mine, rules), POOL)


def numbered(pools: ir.Table) -> ir.Table:
    """Pools with a number each, which holds as long as the engine holds the answer."""
    import ibis

    return pools.mutate(**{NUMBER: ibis.row_number().over(ibis.window(order_by=pools.line_from))})


def buckets(pools: ir.Table) -> ir.Table:
    """BUCKETs of pools, with the number of each."""
    import ibis

    asked = pools.select(*BUCKET).distinct()
    return asked.mutate(**{SPAN: ibis.row_number().over(ibis.window(order_by=[asked.bucket_from, asked.of]))})


def line_numbers(pools: ir.Table) -> ir.Table:
    """LINEs of numbered pools, each with the number of one of its pools."""
    return pools.group_by(list(LINE)).agg(**{LINE_NUMBER: pools[NUMBER].min()})


def _split(rows: ir.Table, places: Sequence[int]) -> ir.BooleanValue:
    return rows.rule.isin(places) & (rows.charge == Charge.USED.value)


def _bucketed(rows: ir.Table, rules: Sequence[AllocationRule]) -> ir.Table:
    import ibis

    splits = {place: rule.split for place, rule in enumerate(rules, 1) if rule.split}
    weighing = weighing_places(rules)
    end = ibis.greatest(rows.charged_until, rows.charged_from)
    spans = {per: within(rows.charged_from, end, Grain(per)) for per in {split.per for split in splits.values()}}
    own = [place for place, split in splits.items() if split.scope == "resource"]
    return rows.mutate(
        weighing=rows.rule.cases(*((place, weighing[place]) for place in splits), else_=-1),
        of=(rows.rule.isin(own)).ifelse(rows.resource, "") if own else ibis.literal(""),
        bucket_from=rows.rule.cases(*((place, spans[split.per][0]) for place, split in splits.items())),
        bucket_until=rows.rule.cases(*((place, spans[split.per][1]) for place, split in splits.items())),
    )


def summed(rows: ir.Table, keys: Sequence[str]) -> ir.Table:
    """Amounts of rows added up by columns."""
    return rows.group_by(list(keys)).agg(**{name: rows[name].sum() for name in AMOUNTS})

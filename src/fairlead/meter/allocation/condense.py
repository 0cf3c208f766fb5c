"""Before step 1: bill rows added up as far as nothing that is asked of them tells them apart, so that rules meet few.

A bill has one row for each hour; a line covers a day. Only rows that a split may be about keep their own span.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from fairlead.domain.allocation import AllocationRule
from fairlead.domain.ledger import Part
from fairlead.meter.allocation.classify import (
    charged_span,
    columns_read,
    matches,
    tag_column,
    tag_of,
    tags_read,
    unknown,
)
from fairlead.meter.allocation.columns import AMOUNTS, DAY
from fairlead.meter.allocation.spans import moment, seconds

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["condensed"]

_SPAN = ("ChargePeriodStart", "ChargePeriodEnd")


def condensed(bills: ir.Table, rules: Sequence[AllocationRule], part: Part) -> ir.Table:
    """Rows of a part that rules and lines cannot tell apart as one, costs added up: what `classified` reads, no more.

    Rows stay as they are where a rule reads a cost or a moment.
    """
    import ibis

    read = [name for name in columns_read(rules) if name in bills.columns]
    costs = [name for name in AMOUNTS.values() if name in bills.columns]
    if {*read} & {*costs, *_SPAN}:
        return bills
    start, end = charged_span(bills)
    whole = {"source": ibis.literal(part.source), "period": ibis.literal(part.period)}
    rows = bills.mutate(since=seconds(start), until=seconds(end), own=_may_be_split(bills, rules))
    day = rows.since - rows.since % DAY
    short = ~rows.own & (rows.until <= day + DAY)
    keys = {
        **{name: rows[name] for name in read if name not in whole},
        **{tag_column(key): tag_of(rows, key) for key in tags_read(rules)},
        "since": short.ifelse(day, rows.since),
        "until": short.ifelse(day + DAY, rows.until),
        "unknown": unknown(rows[name] for name in costs),
    }
    sums = rows.group_by(**keys).agg(**{name: rows[name].sum() for name in costs})
    spans = {name: moment(sums[at]) for name, at in zip(_SPAN, ("since", "until"), strict=True)}
    return sums.mutate(**spans, **whole).drop("since", "until", "unknown")


def _may_be_split(rows: ir.Table, rules: Sequence[AllocationRule]) -> ir.BooleanValue:
    import ibis

    splits: Iterator[ir.BooleanValue] = (matches(rows, rule) for rule in rules if rule.split)
    return reduce(or_, splits, ibis.literal(value=False))

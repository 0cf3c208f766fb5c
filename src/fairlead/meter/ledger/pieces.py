"""A part's lines once more, in pieces of the time that their money is for: what `windows` puts in a line's place.

Allocation adds a day up to one line. Here the same bill rows, rules and use are asked again, without the last addition:
a row that is charged for an hour stays at its hour; what was divided by use goes to the windows of that use, in
proportion to it within the span that it was divided by.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairlead.domain.ledger import Part
from fairlead.meter.allocation.allocator import Allocator, Pools
from fairlead.meter.allocation.columns import AMOUNTS, CONSUMER, HOUR, KEPT
from fairlead.meter.allocation.divide import divided
from fairlead.meter.allocation.lines import lines_of, summed_shares
from fairlead.meter.allocation.members import IDLE, window_weights
from fairlead.meter.allocation.pools import LINE, NUMBER, direct, numbered, spanned
from fairlead.meter.allocation.spans import Grain, within
from fairlead.meter.allocation.split import unmeasured
from fairlead.meter.allocation.use import between, counted, windows
from fairlead.meter.allocation.weighing import weighings

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["LIKE", "PIECE", "SPREAD", "hours", "pieces"]

SPREAD = "spread"
PIECE = ("since", "until", SPREAD)
"""Seconds that a piece is for, and how it is known: `use`, `charge` or `whole`."""

LIKE = ("line_from", "line_until", *KEPT)
"""What a line and its bill rows have alike, whatever the rules."""

_WHOLE = "decimal(38,0)"


def pieces(allocator: Allocator, part: Part, rows: ir.Table, usage: ir.Table) -> ir.Table:
    """Pieces of the part's lines: `line`, PIECE and amounts. `rows` are its classified bill rows, or some of them.

    What shares of an overhead are of is in no piece: they need the other lines of the period first.
    """
    import ibis

    engine, rules = allocator.engine, allocator.rules
    sums = [direct(_hourly(rows), rules, PIECE)]
    pools = allocator.pools(rows, usage)
    if pools:
        sums.append(summed_shares(_shared(allocator, pools, usage), PIECE))
        sums.append(_at_bucket(unmeasured(pools.pools, pools.members)))
    named = (lines_of(each, part, rules, allocator.owners, PIECE) for each in sums)
    return engine.hold(ibis.union(*(each.select("line", *PIECE, *AMOUNTS) for each in named)))


def hours(rows: ir.Table) -> ir.Table:
    """LIKE with each hour (`since`, `until`) that classified rows are charged for, where all alike are of an hour."""
    told = _hourly(rows)
    alike = told.group_by(list(LIKE)).agg(days=(told[SPREAD] == "whole").sum())
    hourly = alike.filter(alike.days == 0).drop("days")
    return told.select(*LIKE, "since", "until").distinct().semi_join(hourly, list(LIKE))


def _hourly(rows: ir.Table) -> ir.Table:
    """Rows with PIECE: the hour that they are charged for, or all of the line where it is longer or has no length."""
    spans = spanned(rows)
    first, after = within(spans.charged_from, spans.charged_until, Grain.HOUR)
    short = (after - first <= HOUR) & (spans.charged_until > spans.charged_from)
    return _placed(spans, short, first, after)


def _at_bucket(parts: ir.Table) -> ir.Table:
    """Parts of pools with PIECE: the hour that they were divided by, or all of the line."""
    return _placed(parts, parts.bucket_until - parts.bucket_from <= HOUR, parts.bucket_from, parts.bucket_until)


def _placed(table: ir.Table, short: ir.BooleanValue, first: ir.IntegerValue, after: ir.IntegerValue) -> ir.Table:
    return table.mutate(
        since=short.ifelse(first, table.line_from),
        until=short.ifelse(after, table.line_until),
        spread=short.ifelse("charge", "whole"),
    )


def _shared(allocator: Allocator, pools: Pools, usage: ir.Table) -> ir.Table:
    """Shares of pools, each over the windows of the use that it was divided by; the rest at the span of its division.

    Where windows of that use lie beyond the line's own days they do not count: a day's windows sum to its lines.
    """
    import ibis

    engine = allocator.engine
    shares = engine.hold(numbered(allocator.shares(pools)))
    weights = engine.hold(ibis.union(*_weights(allocator, pools, usage)))
    spread = [place for place, rule in enumerate(allocator.rules, 1) if rule.split and rule.split.idle == "spread"]
    used = shares.filter(~shares[IDLE] | shares.rule.isin(spread)).drop("weight", "whole", "place")
    at = [used[name] == weights[name] for name in ("weighing", "of", *_USER)]
    at += [weights.since >= ibis.greatest(used.bucket_from, used.line_from)]
    at += [weights.since < ibis.least(used.bucket_until, used.line_until)]
    joined = used.join(weights, at, rname="{name}_right")
    joined = joined.select(*used.columns, "since", "until", "weight").mutate(spread=ibis.literal("use"))
    left = _at_bucket(shares.anti_join(joined, NUMBER))
    found = _divided(allocator, joined)
    columns = (*LINE, *PIECE, *AMOUNTS)
    return found.select(*columns).union(left.select(*columns))


def _divided(allocator: Allocator, joined: ir.Table) -> ir.Table:
    import ibis

    group = ibis.window(group_by=NUMBER)
    order = ibis.window(group_by=NUMBER, order_by=["since", "until"])
    sized = joined.mutate(whole=joined.weight.sum().over(group).cast(_WHOLE), place=ibis.row_number().over(order))
    return divided(allocator.engine, sized, NUMBER, tuple(AMOUNTS))


_USER = tuple(f"used_{name}" for name in CONSUMER)


def _weights(allocator: Allocator, pools: Pools, usage: ir.Table) -> Iterator[ir.Table]:
    """Of each weighing: `weighing`, `of`, the member's consumer, and `weight` by window (`since`, `until`)."""
    engine = allocator.engine
    for place, weighing in enumerate(weighings(allocator.rules)):
        use = between(counted(usage, weighing), pools.since, pools.until)
        roles = {str(row["role"]) for row in engine.rows(windows(use))}
        found = window_weights(engine, use, weighing, place, roles)
        named = {f"used_{name}": name for name in CONSUMER}
        yield found.rename(since="bucket_from", until="bucket_until", **named)

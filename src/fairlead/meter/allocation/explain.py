"""A line the other way round: the bill rows that it is a share of, the shares, and the use that they were made by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fairlead.domain.ledger import Charge
from fairlead.meter.allocation.allocator import Allocator, Pools
from fairlead.meter.allocation.classify import classified
from fairlead.meter.allocation.columns import AMOUNTS, CONSUMER, KEPT
from fairlead.meter.allocation.lines import named_consumer
from fairlead.meter.allocation.overhead import overhead_shares, parties
from fairlead.meter.allocation.pools import LINE, NUMBER, numbered, spanned, summed
from fairlead.meter.allocation.spans import moment
from fairlead.meter.allocation.units import amount_of
from fairlead.meter.allocation.use import between, counted
from fairlead.meter.allocation.weighing import Weighing

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["Explained", "explained"]


@dataclass(frozen=True, slots=True)
class Explained:
    """Questions about one line. `shares` and `usage` are None where the line has its bill rows whole.

    `bills`: source_file, source_row, charged_from, charged_until and amounts of each row. `shares`: for each division
    its span (bucket_from, bucket_until; none for an overhead), weight and whole, amounts of the line's part, and of all
    that was divided as `all_<amount>`; the parts sum to the line. `usage`: the rows of use that the line's weights were
    made of, all of the resource where nobody used it.
    """

    bills: ir.Table
    shares: ir.Table | None = None
    usage: ir.Table | None = None


def explained(
    allocator: Allocator, line: Mapping[str, Any], bills: ir.Table, usage: ir.Table, lines: ir.Table
) -> Explained:
    """Questions about `line` (a row of `lines`) of the part whose rows are `bills`; `lines` are of its whole period."""
    rows = spanned(classified(bills, allocator.rules)).filter(lambda table: _same(allocator, table, line))
    rule = next((rule for rule in allocator.rules if rule.name == line["rule"]), None)
    columns = ("source_file", "source_row", "charged_from", "charged_until", *AMOUNTS)
    if rule and rule.split and line["charge"] in {Charge.USED, Charge.IDLE}:
        pools = allocator.pools(rows, usage)
        if pools:
            use = _use(Weighing.of(rule.split), line, pools, usage)
            return Explained(rows.select(*columns), _shares(allocator, allocator.shares(pools), pools.pools, line), use)
    if rule and rule.overhead and any(line[name] for name in CONSUMER):
        pool = allocator.engine.hold(numbered(summed(rows, LINE)))
        direct = allocator.without_overheads(lines)
        sharing = allocator.engine.hold(parties(allocator.engine, pool, direct, allocator.rules))
        parts = overhead_shares(allocator.engine, pool, sharing, allocator.rules)
        return Explained(rows.select(*columns), _shares(allocator, parts, pool, line))
    named = named_consumer(rows, allocator.rules, allocator.owners)
    return Explained(named.filter(*_consumers(named, line)).select(*columns))


def _same(allocator: Allocator, rows: ir.Table, line: Mapping[str, Any]) -> ir.BooleanValue:
    """Rows of the line's rule, day, and of all that a line keeps of its bill."""
    import ibis

    place = next((place for place, rule in enumerate(allocator.rules, 1) if rule.name == line["rule"]), 0)
    unknown = sum(2**place for place, name in enumerate(AMOUNTS) if line[name] is None)
    conditions = [rows.rule == place, rows.line_from == int(line["charge_start"].timestamp()), rows.unknown == unknown]
    conditions += [rows.line_until == int(line["charge_end"].timestamp())]
    conditions += [rows[name] == line[name] for name in KEPT]
    rule = allocator.rules[place - 1] if place else None
    if rule is None or rule.split is None:
        conditions.append(rows.charge == line["charge"])
    return ibis.and_(*conditions)


def _shares(allocator: Allocator, parts: ir.Table, pools: ir.Table, line: Mapping[str, Any]) -> ir.Table:
    named = named_consumer(parts, allocator.rules, allocator.owners)
    mine = named.filter(named.charge == line["charge"], *_consumers(named, line))
    all_of = pools.select(NUMBER, **{f"all_{name}": pools[name] for name in AMOUNTS})
    spans = {name: moment(mine[name]) for name in ("bucket_from", "bucket_until") if name in mine.columns}
    amounts = {name: amount_of(mine[name]) for name in AMOUNTS}
    weights = {name: mine[name] for name in ("weight", "whole")}
    return mine.select(NUMBER, **spans, **weights, **amounts).join(all_of, NUMBER).drop(NUMBER)


def _consumers(table: ir.Table, line: Mapping[str, Any]) -> list[ir.BooleanValue]:
    return [table[name] == line[name] for name in CONSUMER]


def _use(weighing: Weighing, line: Mapping[str, Any], pools: Pools, usage: ir.Table) -> ir.Table:
    rows = between(counted(usage, weighing), pools.since, pools.until)
    if weighing.scope == "resource":
        rows = rows.filter(rows.resource == line["resource"])
    if line["charge"] == Charge.USED:
        rows = rows.filter(rows.role != "capacity", *(rows[name].isin(["", line[name]]) for name in CONSUMER))
    columns = ("source", "source_file", "source_row", "window_start", "window_end", "resource", *CONSUMER)
    return rows.select(*columns, "measure", "role", "quantity")

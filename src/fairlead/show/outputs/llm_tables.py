"""Priced usage bodies: as JSON that is written while they are read, and as tables of what they come to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from fairlead.kernel.money import Money
from fairlead.meter.llm.pricing import PricedBody
from fairlead.meter.llm.totals import RowTotal, UsageTotals
from fairlead.show.outputs.figures import count_text, money_text
from fairlead.show.outputs.json import SCHEMA_VERSION, encode
from fairlead.show.outputs.table import Cell, Column, Table

__all__ = ["reason_table", "usage_table", "write_usage"]

_ROWS = (
    Column("provider"),
    Column("price row"),
    Column("bodies", right=True, priority=1),
    Column("input", right=True, priority=2),
    Column("cached", right=True, priority=5),
    Column("cache writes", right=True, priority=6),
    Column("output", right=True, priority=2),
    Column("reasoning", right=True, priority=5),
    Column("input price", right=True, priority=3),
    Column("output price", right=True, priority=3),
    Column("other price", right=True, priority=6),
    Column("total", right=True),
)
_REASONS = (Column("bodies", right=True), Column("no price, because", wrap=30))


def write_usage(priced: Iterable[PricedBody], totals: UsageTotals, write: Callable[[str], None]) -> None:
    """One JSON document, line by line: the results as they come, then what they come to."""
    begin = f'{{\n"schema_version": {SCHEMA_VERSION},\n"results": [\n'
    for body in priced:
        totals.add(body)
        write(begin + json.dumps(encode(body), allow_nan=False))
        begin = ","
    rows = json.dumps(encode(list(totals.rows.values())), allow_nan=False)
    write(f'],\n"totals": {rows},\n"bodies": {totals.bodies},\n"unknown": {totals.unknown}\n}}')


def usage_table(totals: UsageTotals) -> Table:
    """One row per price row, the dearest first."""
    rows = sorted(totals.rows.values(), key=lambda row: (-row.total_price, row.provider, row.row))
    return Table(_ROWS, [list(_cells(row)) for row in rows], empty="No body has a price.")


def reason_table(totals: UsageTotals) -> Table:
    """Why bodies have no price, the most frequent reason first."""
    rows = sorted(totals.reasons.items(), key=lambda each: (-each[1], each[0]))
    return Table(_REASONS, [[count_text(count), Cell(reason, "warn")] for reason, count in rows])


def _cells(row: RowTotal) -> Iterator[Cell | str | None]:
    yield row.provider
    yield row.row.partition("/")[2]
    yield count_text(row.bodies)
    for count in (row.input_tokens, row.cached_tokens, row.cache_write_tokens, row.output_tokens, row.reasoning_tokens):
        yield count_text(count)
    for price in (row.input_price, row.output_price, row.other_price, row.total_price):
        yield money_text(Money(price, row.currency))

"""What is divided, narrow: numbers in the place of a pool's columns, and equal amounts of a bucket divided but once.

Most bills have the same figure in two or more of the four costs. Divisions and their shares are numbered; a share is
added up to lines under the numbers of its line and its consumer, and names come back when few rows are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairlead.meter.allocation.columns import AMOUNTS
from fairlead.meter.allocation.pools import SPAN
from fairlead.meter.allocation.units import sum_of
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["AGAIN", "DIVISION", "SIZE", "as_amounts", "divisions", "sizes"]

DIVISION = "division"
"""Number of an amount that is divided by the use of a bucket."""

SIZE = "units"
"""An amount in the ledger's smallest unit, without its sign."""

AGAIN = "again"
"""Whether the part that nobody used is divided again."""

_KEY = (SPAN, AGAIN, SIZE)


def sizes(engine: LedgerEngine, pools: ir.Table, kept: Sequence[str]) -> ir.Table:
    """Amounts of pools one below the other, those that are told: `kept`, SPAN, AGAIN, SIZE, `amount` and `owed`.

    `amount` is the place in AMOUNTS. An amount that is `owed` is below zero, and divided as its mirror image.
    """
    import ibis

    found = []
    for place, name in enumerate(AMOUNTS):
        told = pools.filter(pools[name].notnull())
        found.append(told.select(*kept, SPAN, AGAIN, amount=ibis.literal(place, "int8"), all=engine.units(told[name])))
    rows = ibis.union(*found)
    return rows.select(*kept, SPAN, AGAIN, "amount", owed=rows["all"] < 0, **{SIZE: rows["all"].abs()})


def divisions(told: ir.Table) -> ir.Table:
    """The different divisions of `sizes`: SPAN, AGAIN, SIZE, DIVISION."""
    import ibis

    rows = told.select(*_KEY).distinct()
    order = [rows[name] for name in _KEY]
    return rows.mutate(**{DIVISION: ibis.row_number().over(ibis.window(order_by=order))})


def as_amounts(told: ir.Table, asked: ir.Table, shares: ir.Table, kept: Sequence[str], own: Sequence[str]) -> ir.Table:
    """Shares of all sizes added up: `kept` of `sizes`, `own` of shares, and amounts beside one another, in units.

    `asked` are the divisions, `shares` are theirs: DIVISION, `own`, and SIZE, the share.
    """
    numbered = told.join(asked, list(_KEY)).select(*kept, "amount", "owed", DIVISION)
    rows = numbered.join(shares.select(DIVISION, *own, SIZE), DIVISION)
    signed = rows.select(*kept, *own, "amount", share=rows.owed.ifelse(-rows[SIZE], rows[SIZE]))
    sums = signed.group_by([*kept, *own, "amount"]).agg(share=sum_of(signed.share))
    amounts = {name: sum_of(sums.share, where=sums.amount == place) for place, name in enumerate(AMOUNTS)}
    return sums.group_by([*kept, *own]).agg(**amounts)

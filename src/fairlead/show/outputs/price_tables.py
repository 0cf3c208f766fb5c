"""Price lists for people: what is kept, how old it is, and what became of an import."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.domain.price_list import STALE_DAYS
from fairlead.flows.prices import KnownLists, PriceImport
from fairlead.show.outputs.console import Block
from fairlead.show.outputs.figures import count_text
from fairlead.show.outputs.findings import render_findings
from fairlead.show.outputs.table import Cell, Column, Table

__all__ = ["import_text", "lists_view"]

_LISTS = (
    Column("provider"),
    Column("as of"),
    Column("days old", right=True),
    Column("prices", right=True, priority=2),
    Column("currency", priority=3),
    Column("source", priority=4, wrap=30),
)


def lists_view(known: KnownLists, *, colour: bool) -> Iterator[Block]:
    """The lists, and what is too old."""
    rows = [
        [
            each.list.provider,
            each.list.as_of.isoformat(),
            Cell(str(each.days), "warn" if each.days > STALE_DAYS else ""),
            count_text(each.list.rows),
            each.list.currency,
            each.list.source,
        ]
        for each in known.lists
    ]
    yield Table(_LISTS, rows)
    yield render_findings(known.findings, colour=colour)


def import_text(done: PriceImport) -> str:
    """What was kept, and how many rows were not, and why."""
    left = [f"{count_text(count) or 0} left out: {why}" for why, count in sorted(done.left.items())]
    if done.refused:
        left.append(f"{count_text(done.refused)} could not be read")
    kept = done.stored
    if kept is None:
        first = f"nothing was kept of {done.source}"
    elif not done.is_new:
        first = f"{kept.provider} of {kept.as_of} is known already, with the same prices: nothing has changed"
    else:
        first = f"kept {count_text(kept.rows)} prices of {kept.provider} as of {kept.as_of}, in {kept.currency}"
    return "\n".join([first, *(f"  {each}" for each in left)])

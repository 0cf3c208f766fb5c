"""A late statement of a closed month: what it changes is booked in the next open month, and the closed one stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from fairlead.domain.ledger import BILLS, Part, Statement, TablePart
from fairlead.drivers.ledger.adjustment import write_adjustment
from fairlead.drivers.ledger.bill_staging import BillStaging
from fairlead.flows.ledger.closing import Closing, is_closed, open_after
from fairlead.flows.ledger.countable import bounded
from fairlead.flows.ledger.import_difference import summed
from fairlead.flows.world import World
from fairlead.meter.bills.statements import statement_of

__all__ = ["adjusted", "known"]


def known(world: World, closed: Mapping[str, Closing], part: Part) -> Statement | None:
    """The statement that a part's newest bill is: for a closed one that of its last adjustment, where there is one."""
    parts = world.ledger.parts(BILLS)
    if is_closed(closed, part):
        late = [each for each in parts if _adjusts(each, part)]
        if late:
            return statement_of(max(late, key=lambda each: each.written))
    return next((statement_of(each) for each in parts if each.part == part), None)


def adjusted(
    world: World, engine: BillStaging, closed: Mapping[str, Closing], statement: Statement, parquet: Sequence[Path]
) -> tuple[Statement, tuple[Path, ...]]:
    """What a later statement of a closed part comes to: reversals and additions, in the next month that is open.

    They are told against what is booked for good: the bill as it was closed, and adjustments in months that are closed
    as well. One that stands in the open month is replaced. Where nothing changed but rows were refused, it has no rows,
    and its statement still tells of them.
    """
    part = statement.part
    late = Part(part.source, open_after(closed, part.period), part.period)
    parts = world.ledger.parts(BILLS)
    booked = [each for each in parts if each.part == part or (_adjusts(each, part) and each.part != late)]
    out = engine.place()
    files = [file for each in booked for file in each.files]
    rows = write_adjustment(files, [str(path) for path in parquet], out, world.settings.state / "spill")
    if not rows and not any(file.rows_refused for file in statement.files):
        out.unlink()
        return replace(statement, part=late, rows=0, sums={}, most={}), ()
    # The later bill's rows and the reversals of those booked: no more than both without their signs.
    most = bounded([statement.most, *(told.most for told in map(statement_of, booked) if told)])
    return replace(statement, part=late, rows=rows, sums=summed(engine, [str(out)]), most=most), (out,)


def _adjusts(each: TablePart, part: Part) -> bool:
    return each.part.source == part.source and each.part.adjusts == part.period

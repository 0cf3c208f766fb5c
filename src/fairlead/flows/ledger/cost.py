"""`fairlead cost` over the ledger: bills, and this machine's own time, by anything and per anything."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.domain.ledger import BILLS, TablePart
from fairlead.flows.ledger.charged import charged_lines, counted_use, machine_is_billed
from fairlead.flows.ledger.closing import closings, is_closed
from fairlead.flows.ledger.refused import refused
from fairlead.flows.ledger.timing import spreads, timed_lines
from fairlead.flows.world import World
from fairlead.kernel.errors import BrokenWorldError, UsageError
from fairlead.meter.ledger.closure import closures
from fairlead.meter.ledger.expressions import bridge, grouped, invoiced, measured, told_by
from fairlead.meter.ledger.question import WINDOW, CostQuestion
from fairlead.meter.ledger.report import Bridge, LedgerReport, LedgerRow, SourceState, bridges, ledger_rows
from fairlead.meter.ledger.units import MEASURES_OF
from fairlead.meter.ledger.use import Use, told_twice
from fairlead.meter.ledger.value import earned, with_value
from fairlead.meter.queries import query_text
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["ValueSource", "charged_rows", "cost_bridges", "cost_rows", "has_bills", "ledger_report", "source_states"]


@dataclass(frozen=True, slots=True)
class ValueSource:
    """Where business value comes from: a CSV file, or a query to a database by its SQLAlchemy address."""

    address: str
    query: str = ""


def has_bills(world: World) -> bool:
    """Whether anything was imported: without, this machine's own meter has the whole answer."""
    return bool(world.ledger.parts(BILLS))


def ledger_report(
    world: World,
    question: CostQuestion,
    engine: LedgerEngine,
    *,
    as_of: datetime | None = None,
    value: ValueSource | None = None,
) -> LedgerReport:
    """The report. `as_of`: from the bills as they were known then. UsageError for a value that cannot be joined."""
    statements = world.ledger.parts(BILLS, as_of)
    if statements and any(moment.astimezone(UTC).time() != time() for moment in (question.since, question.until)):
        raise UsageError("lines of bills are of whole days", mend="name days for --from and --to, as 2026-11-01")
    lines = charged_lines(world, engine, as_of)
    timed = timed_lines(world, engine, lines, question, as_of) if WINDOW in question.by else None
    rows = cost_rows(world, engine, lines if timed is None else timed, question)
    if value is not None:
        rows = with_value(rows, earned(_value_rows(value), question, value.address))
    to_invoice = cost_bridges(world, engine, lines, question, statements)
    return LedgerReport(
        by=question.by,
        basis=question.basis,
        per=question.per or "",
        include=tuple(sorted(each.value for each in question.include)),
        since=question.since,
        until=question.until,
        as_of=as_of,
        rows=rows,
        bridges=to_invoice,
        sources=tuple(source_states(world, statements, question)),
        closures=closures(question, rows, to_invoice),
        windows=() if timed is None else spreads(engine, timed, question),
    )


def charged_rows(world: World, question: CostQuestion, *, most: int) -> tuple[LedgerRow, ...]:
    """Groups of the question alone, the `most` dearest; no use is asked for."""
    engine = world.engine
    asked = grouped(charged_lines(world, engine), question)
    dearest = asked.order_by(asked.amount.desc()).limit(most)
    return ledger_rows(question, engine.rows(dearest), Use())


def cost_rows(world: World, engine: LedgerEngine, lines: ir.Table, question: CostQuestion) -> tuple[LedgerRow, ...]:
    """Groups of the question with their use, dearest first."""
    return ledger_rows(question, engine.rows(grouped(lines, question)), _use(world, engine, question))


def cost_bridges(
    world: World,
    engine: LedgerEngine,
    lines: ir.Table,
    question: CostQuestion,
    statements: Sequence[TablePart],
) -> tuple[Bridge, ...]:
    """Per currency, from what was invoiced to what it paid for."""
    bills = engine.rows(invoiced(engine.table(BILLS, statements), question))
    charged = engine.rows(bridge(lines, question))
    return bridges([*bills, *_machine(world, question)], charged, refused(statements, question))


def _use(world: World, engine: LedgerEngine, question: CostQuestion) -> Use:
    """Use of the question's groups; none where usage does not tell them, and the unit costs then say so."""
    measures = MEASURES_OF[question.per]
    if question.beyond_usage or not measures:
        return Use()
    usage = counted_use(world, engine)
    if question.usage:
        usage = usage.filter(usage.source.isin(question.usage))
    sources = engine.rows(told_by(usage, question, measures)) if question.per else []
    return Use(tuple(engine.rows(measured(usage, question, measures))), told_twice(sources))


def _machine(world: World, question: CostQuestion) -> list[dict[str, object]]:
    """This machine's own bill in the span, as the meter published it beside the lines; none where a bill has it."""
    if machine_is_billed(world):
        return []
    totals = world.lake.query(query_text("totals"), question.span)
    return [
        {"currency": each["currency"], "amount": each["amount"], "missing": 0}
        for each in totals
        if each["kind"] == "billed"
    ]


def source_states(world: World, statements: Sequence[TablePart], question: CostQuestion) -> Iterator[SourceState]:
    """The statements of the question's period, and whether they are closed."""
    closed = closings(world.state)
    for each in statements:
        part = each.part
        if part.period.startswith(question.period):
            yield SourceState(part.source, part.period, part.adjusts, each.written, each.rows, is_closed(closed, part))


_MOST_ROWS = 1_000_000


def _value_rows(value: ValueSource) -> Iterable[Mapping[str, str | None]]:
    rows = _queried(value) if value.query else _read(Path(value.address))
    for number, row in enumerate(rows):
        if number >= _MOST_ROWS:
            raise UsageError(f"more than {_MOST_ROWS:,} rows of value", where=value.address, mend="sum them up first")
        yield row


def _read(path: Path) -> Iterator[dict[str, str | None]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file, restval="")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"cannot be read: {error}", where=str(path)) from error


def _queried(value: ValueSource) -> Iterator[dict[str, str | None]]:
    """Rows of a query. The address may hold a password, so an error names neither."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_engine(value.address).connect() as connection:
            for row in connection.execute(text(value.query)).mappings():
                yield {str(name): None if cell is None else str(cell) for name, cell in row.items()}
    except (SQLAlchemyError, ImportError) as error:
        raise BrokenWorldError(f"the query for value failed: {type(error).__name__}") from error

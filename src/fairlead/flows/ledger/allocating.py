"""Lines kept in step with what they are made of: bills, usage, the rules of the followed branch, and owners of models.

A part is allocated again when one of these has changed since, and not otherwise; a closed month keeps its lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fairlead.domain.ledger import BILLS, LINES, USAGE, Part, TablePart
from fairlead.domain.ledger_tables import LINE_COLUMNS, PART_COLUMNS, USAGE_COLUMNS
from fairlead.flows.ledger.allocation_inputs import Inputs, allocator_of, note_of
from fairlead.flows.ledger.countable import require_countable
from fairlead.flows.world import World
from fairlead.meter.allocation.allocator import Allocator, PartLines
from fairlead.ports import LedgerEngine, Progress

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["Refreshed", "allocate_at", "refresh"]


class _Keeper(Protocol):
    """Where lines go as they are made, and where those of a period are read again."""

    def keep(self, part: Part, question: ir.Table) -> None:
        """Keep lines of a part."""

    def period(self, period: str) -> ir.Table:
        """All lines of a period that are there by now."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did: parts allocated, parts whose bill is gone, and lines written."""

    allocated: tuple[Part, ...]
    emptied: tuple[Part, ...]
    lines: int


def refresh(world: World, parts: Iterable[Part] | None = None, progress: Progress | None = None) -> Refreshed:
    """Allocate all parts, or these, whose inputs changed; what is in step stays. One atomic act.

    UsageError where usage cannot be divided by as a rule says, or all bills are too much to be added up; ConflictError
    where another writes the ledger.
    """
    require_countable(world.engine, world.ledger.parts(BILLS))
    allocator = allocator_of(world, world.engine)
    chosen = None if parts is None else frozenset(parts)
    if not any(Inputs(world, allocator).stale(chosen)):
        return Refreshed((), (), 0)
    with world.ledger.writing():
        inputs = Inputs(world, allocator)
        stale, gone = inputs.stale(chosen)
        staging = _Staging(world, inputs.standing(stale))
        made = _allocate(allocator, stale, used(world.engine, world.ledger.parts(USAGE)), staging, progress)
        files: dict[Part, Sequence[Path]] = {part: staging.files.get(part, ()) for part in made}
        world.ledger.replace(LINES, {**files, **dict.fromkeys(gone, ())}, note_of(inputs, made.values()))
        return Refreshed(tuple(made), tuple(gone), staging.lines)


def allocate_at(world: World, as_of: datetime, engine: LedgerEngine | None = None) -> ir.Table:
    """Lines of the bills and the usage as they were known at a moment, by the rules of now; nothing is stored."""
    asked = engine or world.engine
    bills = world.ledger.parts(BILLS, as_of)
    held = _Held(asked)
    _allocate(allocator_of(world, asked), bills, used(asked, world.ledger.parts(USAGE, as_of), as_of), held, None)
    return held.all()


def used(engine: LedgerEngine, parts: Sequence[TablePart], as_of: datetime | None = None) -> ir.Table:
    """All use: what was imported and collected, and what the meter published (until a moment)."""
    import ibis

    columns = ["source", *USAGE_COLUMNS]
    metered = engine.table("metered_usage")
    if as_of is not None:
        metered = metered.filter(metered.window_end <= ibis.literal(as_of))
    return engine.table(USAGE, parts).select(*columns).union(metered.select(*columns))


@dataclass(slots=True)
class _Staging:
    """Lines as Parquet files of the ledger that no table names yet, beside those that stand."""

    world: World
    standing: Sequence[TablePart]
    files: dict[Part, list[Path]] = field(default_factory=dict)
    lines: int = 0

    def keep(self, part: Part, question: ir.Table) -> None:
        path = self.world.ledger.stage(LINES)
        self.lines += self.world.engine.write(question, path)
        self.files.setdefault(part, []).append(path)

    def period(self, period: str) -> ir.Table:
        now = self.world.clock.now()
        staged = [TablePart(part, tuple(map(str, paths)), 0, now, 0, {}) for part, paths in self.files.items()]
        there = [each for each in (*self.standing, *staged) if each.part.period == period]
        return self.world.engine.table(LINES, there)


@dataclass(slots=True)
class _Held:
    """Lines as answers that the engine holds."""

    engine: LedgerEngine
    tables: dict[Part, list[ir.Table]] = field(default_factory=dict)

    def keep(self, part: Part, question: ir.Table) -> None:
        self.tables.setdefault(part, []).append(self.engine.hold(question))

    def period(self, period: str) -> ir.Table:
        return self._united(part for part in self.tables if part.period == period)

    def all(self) -> ir.Table:
        return self._united(self.tables)

    def _united(self, parts: Iterable[Part]) -> ir.Table:
        columns = [*LINE_COLUMNS, *PART_COLUMNS]
        found = self.engine.table(LINES, []).select(*columns)
        for part in parts:
            for table in self.tables[part]:
                found = found.union(_in_part(table, part).select(*columns))
        return found


def _allocate(
    allocator: Allocator, bills: Sequence[TablePart], usage: ir.Table, keeper: _Keeper, progress: Progress | None
) -> dict[Part, PartLines]:
    """Make the lines of these parts of the bills."""
    made: dict[Part, PartLines] = {}
    for period, group in groupby(sorted(bills, key=lambda each: each.part.period), lambda each: each.part.period):
        own = []
        for each in group:
            if progress:
                progress(len(made), len(bills), f"{each.part.source} {period}")
            lines = allocator.part_lines(each.part, allocator.engine.table(BILLS, [each]), usage)
            for question in lines.questions:
                keeper.keep(each.part, question)
            own.append(lines)
            made[each.part] = replace(lines, questions=(), overheads=None)
        for lines in own:
            for question in allocator.overhead_lines(lines, keeper.period(period)):
                keeper.keep(lines.part, question)
    if progress:
        progress(len(made), len(bills), "allocated")
    return made


def _in_part(lines: ir.Table, part: Part) -> ir.Table:
    import ibis

    return lines.mutate(**{name: ibis.literal(getattr(part, name)) for name in PART_COLUMNS})

"""What the lines of a part were made of, as a digest in their note: who asks whether they are in step compares it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from fairlead.declare.reader import WORKSPACE_FILE
from fairlead.domain.allocation import Allocation
from fairlead.domain.ledger import BILLS, LINES, USAGE, Part, TablePart
from fairlead.flows.declared import declared_now
from fairlead.flows.ledger.closing import closings, is_closed
from fairlead.flows.world import World
from fairlead.kernel.digests import canonical_json, digest_of
from fairlead.kernel.errors import UsageError
from fairlead.meter.allocation.allocator import Allocator, PartLines
from fairlead.ports import LedgerEngine

__all__ = ["Inputs", "allocation_of", "allocator_of", "note_of"]

NOTE = "allocation"
"""Key of the note of `lines`: for each part that the act wrote, what it was made of."""

_VERSION = 2
"""Counted up when the same inputs give other lines."""


def allocation_of(world: World) -> Allocation:
    """The rules of the followed branch. UsageError where its declaration cannot be read."""
    declared = declared_now(world)
    if declared is None:
        return Allocation()
    if declared.workspace is None:
        raise UsageError(
            "the declaration cannot be read, so nothing is allocated", where=WORKSPACE_FILE, mend="run `fairlead check`"
        )
    return declared.workspace.allocation


def allocator_of(world: World, engine: LedgerEngine) -> Allocator:
    """An allocator by the rules and the owners that the followed branch declares."""
    declared = declared_now(world)
    models = declared.models if declared else {}
    owners = {name: model.spec.owner for name, model in models.items() if model.spec}
    return Allocator(engine, allocation_of(world).rules, owners)


class Inputs:
    """What there is to allocate now, and what the lines that stand were made of."""

    def __init__(self, world: World, allocator: Allocator) -> None:
        """Read the tables' parts once; one moment's answer."""
        self._allocator = allocator
        self._engine = world.engine
        self._bills = {each.part: each for each in world.ledger.parts(BILLS)}
        self._lines = {each.part: each for each in world.ledger.parts(LINES)}
        self._usage = world.ledger.parts(USAGE)
        closed = closings(world.state)
        self._frozen = {part for part in self._lines if is_closed(closed, part)}

    def stale(self, parts: frozenset[Part] | None) -> tuple[Sequence[TablePart], Sequence[Part]]:
        """Parts of the bills whose lines are missing or out of step, and parts of lines whose bill is gone."""
        asked = [each for each in self._bills.values() if parts is None or each.part in parts]
        stale = [each for each in asked if each.part not in self._frozen and not self._in_step(each.part)]
        gone = [part for part in self._lines if part not in self._bills and (parts is None or part in parts)]
        return stale, gone

    def standing(self, stale: Iterable[TablePart]) -> list[TablePart]:
        """Lines that stay as they are."""
        made_anew = {each.part for each in stale}
        return [each for part, each in self._lines.items() if part in self._bills and part not in made_anew]

    def key(self, part: Part, since: int | None, until: int | None) -> str:
        """Digest of all that the part's lines are made of, where its use is of these seconds."""
        overheads = any(rule.overhead for rule in self._allocator.rules)
        same = [each for each in self._bills if each == part or (overheads and each.period == part.period)]
        return digest_of(
            {
                "version": _VERSION,
                "bills": [[*asdict(each).values(), self._bills[each].version] for each in sorted(same)],
                "rules": [rule.model_dump(mode="json") for rule in self._allocator.rules],
                "owners": dict(self._allocator.owners),
                "usage": self._used(since, until),
            }
        )

    def _in_step(self, part: Part) -> bool:
        """Lines of another refresh have their own note; a part that has none was never allocated."""
        lines = self._lines.get(part)
        made = _entries(lines.note).get(_name(part)) if lines else None
        return made is not None and made["key"] == self.key(part, made["since"], made["until"])

    def _used(self, since: int | None, until: int | None) -> list[Any]:
        """Which use there is of these seconds: versions of the parts of usage, and how much the meter counted."""
        if since is None or until is None:
            return []
        first, after = (datetime.fromtimestamp(at, UTC) for at in (since, until))
        parts = [
            each for each in self._usage if _month(each.part, first) and each.part.period < after.date().isoformat()
        ]
        metered = self._engine.table("metered_usage")
        within = metered.filter(metered.window_start >= first, metered.window_start < after)
        counted = self._engine.rows(within.agg(rows=within.count(), quantity=within.quantity.sum()))
        return [[*asdict(each.part).values(), each.version] for each in parts] + [str(row) for row in counted]


def note_of(inputs: Inputs, made: Iterable[PartLines]) -> dict[str, str]:
    """The note of an act that wrote these parts."""
    entries = {
        _name(each.part): {
            "key": inputs.key(each.part, each.since, each.until),
            "since": each.since,
            "until": each.until,
        }
        for each in made
    }
    return {NOTE: canonical_json(entries).decode()}


def _entries(note: Mapping[str, str]) -> Mapping[str, Any]:
    entries: Mapping[str, Any] = json.loads(note.get(NOTE, "{}"))
    return entries


def _name(part: Part) -> str:
    return f"{part.source}/{part.period}/{part.adjusts}"


def _month(part: Part, first: datetime) -> bool:
    """Whether usage of the part's month may reach the moment or go beyond."""
    begun = date.fromisoformat(part.period)
    return (begun.year, begun.month) >= (first.year, first.month)

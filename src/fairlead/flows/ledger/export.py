"""`fairlead ledger export`: what was charged, as FOCUS: lines with their bills' facts, staged, written and summed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from fairlead.domain.ledger import BILLS, COSTS, LINES, Basis
from fairlead.drivers.ledger.focus_files import export_form, staging, sums_of, write_rows
from fairlead.drivers.ledger.whole_file import whole_file
from fairlead.flows.ledger.allocating import refresh
from fairlead.flows.world import World
from fairlead.kernel.errors import IntegrityError, UsageError
from fairlead.meter.focus_export import ExportSpan, exported_lines, line_sums
from fairlead.meter.focus_forms import EXPORTED, FORMS, MOMENTS
from fairlead.ports import LedgerEngine, Progress

__all__ = ["Exported", "export_lines"]

_AMOUNTS: Mapping[str, str] = {
    COSTS[Basis.BILLED]: "billed",
    COSTS[Basis.EFFECTIVE]: "effective",
    COSTS[Basis.CONTRACTED]: "contracted",
    COSTS[Basis.LIST]: "listed",
}

_STEPS = 3


@dataclass(frozen=True, slots=True)
class Exported:
    """A written export: its rows, and their sums by currency and cost, which are those of the lines."""

    path: str
    focus_version: str
    rows: int
    sums: Mapping[str, Mapping[str, Decimal | None]]


def export_lines(
    world: World,
    version: str,
    out: Path,
    span: ExportSpan,
    progress: Progress,
    *,
    force: bool = False,
) -> Exported:
    """Write the allocated lines of a span as FOCUS. UsageError where `out` is there already, or a name is unknown.

    The file appears whole or not at all, and only if its sums are the lines' sums to the last digit (IntegrityError).
    """
    form = _checked(world, version, out, span, force=force)
    refresh(world)
    engine = world.engine
    progress(1, _STEPS, "lines and their bills")
    expected = _sums(engine, span)
    with staging(world.settings.state / "spill") as folder, whole_file(out) as beside:
        staged = folder / "lines.parquet"
        rows = engine.write(exported_lines(engine.table(LINES), engine.table(BILLS), span), staged)
        progress(2, _STEPS, f"{rows:,} lines as FOCUS {version}")
        write_rows(staged, beside, form, FORMS[version], MOMENTS)
        found = sums_of(beside, form, list(_AMOUNTS), folder)
        if found != expected:
            raise IntegrityError(f"the export sums to {found}, the lines to {expected}", where=str(out))
        progress(_STEPS, _STEPS, out.name)
    return Exported(str(out), version, rows, found)


def _checked(world: World, version: str, out: Path, span: ExportSpan, *, force: bool) -> str:
    """How the file is to be written, after everything that can be refused was looked at."""
    form = export_form(out)
    if version not in FORMS:
        raise UsageError(f"no export to FOCUS {version}", mend=f"use one of: {', '.join(EXPORTED)}")
    known = sorted({part.part.source for part in world.ledger.parts(BILLS)})
    if span.source and span.source not in known:
        raise UsageError(f"no bill of a source {span.source!r} was imported", mend=f"known are: {', '.join(known)}")
    if out.exists() and not force:
        raise UsageError("the file is there already", where=str(out), mend="give another name, or --force")
    return form


def _sums(engine: LedgerEngine, span: ExportSpan) -> dict[str, dict[str, Decimal | None]]:
    rows: list[dict[str, Any]] = engine.rows(line_sums(engine.table(LINES), span))
    return {row["currency"]: {cost: row[name] for cost, name in _AMOUNTS.items()} for row in rows}

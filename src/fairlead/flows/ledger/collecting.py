"""`fairlead ledger collect`: usage of one source into the ledger, month by month, each replaced at once.

What was collected before stays, but for the span that is collected anew: the same collection twice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from fairlead.domain.ledger import USAGE, BillFinding, Part
from fairlead.drivers.ledger.usage_staging import Keeping, UsageStaging
from fairlead.drivers.ledger.workplace import workplace
from fairlead.flows.ledger.closing import closings, is_closed
from fairlead.flows.ledger.sources import require_source
from fairlead.flows.ledger.usage_files import take_files
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError
from fairlead.kernel.windows import iso
from fairlead.meter.collectors.outcome import Collected, CollectedMonth
from fairlead.ports import Progress

__all__ = ["Span", "collect_files", "staging", "write_months"]


@dataclass(frozen=True, slots=True)
class Span:
    """Windows that begin in [since, until); None: as far as the source reaches."""

    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        """UsageError where it ends before it has begun."""
        if self.since and self.until and self.since >= self.until:
            raise UsageError("--to lies before --from", mend="give a span that has begun before it ends")


def collect_files(world: World, source: str, paths: Sequence[Path], span: Span, progress: Progress) -> Collected:
    """Files of usage into the ledger. What is wrong in them is told as findings; the rest is in the ledger then."""
    require_source(source)
    with staging(world) as stage:
        files, findings = take_files(stage, paths, progress)
        reach = stage.span() if any(file.rows_accepted for file in files) else None
        if reach is None:
            return Collected(source, span.since, span.until, files, (), (), findings)
        keeping = Keeping(span.since or reach[0], span.until or reach[1])
        written = write_months(world, stage, source, keeping, [each.path for each in files])
        return replace(written, files=files, findings=(*findings, *written.findings))


@contextmanager
def staging(world: World) -> Iterator[UsageStaging]:
    """A stage on the disk of the ledger, and nothing left of it after."""
    with workplace(world.settings.state / "ledger" / "collecting") as place:
        stage = UsageStaging(place)
        try:
            yield stage
        finally:
            stage.close()


def write_months(world: World, stage: UsageStaging, source: str, keeping: Keeping, origins: Sequence[str]) -> Collected:
    """Write what is staged into the ledger, all months in one commit; closed ones stay as they are."""
    new: dict[Part, list[Path]] = {}
    months: list[CollectedMonth] = []
    findings: list[BillFinding] = []
    with world.ledger.writing():
        closed = closings(world.state)
        before = {each.part: each for each in world.ledger.parts(USAGE) if each.part.source == source}
        for month, collected in stage.months(keeping.since, keeping.until).items():
            part = Part(source, month)
            if is_closed(closed, part):
                findings.append(_closed(source, month, collected))
                continue
            held = before.get(part)
            path = world.ledger.stage(USAGE)
            rows, replaced, changed = stage.write_month(month, held.files if held else (), keeping, path)
            if changed:
                new[part] = [path]
            else:
                path.unlink()
            months.append(CollectedMonth(month, rows, collected, changed, replaced))
        version = world.ledger.replace(USAGE, new, _note(keeping, origins)) if new else None
    return Collected(source, keeping.since, keeping.until, (), (), tuple(months), tuple(findings), version=version)


def _note(keeping: Keeping, origins: Sequence[str]) -> dict[str, str]:
    return {"what": "usage", "since": iso(keeping.since), "until": iso(keeping.until), "of": json.dumps(list(origins))}


def _closed(source: str, month: str, rows: int) -> BillFinding:
    return BillFinding(
        path=source,
        row=0,
        column="window_start",
        value=month,
        rule="usage/closed",
        message=f"{month[:7]} is closed, and {rows} rows of usage came too late for it",
        mend="what is charged for a closed month stays as it is; collect before `fairlead ledger close`",
        refused=True,
        count=rows,
    )

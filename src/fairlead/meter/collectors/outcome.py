"""What became of one collection: the answer of `fairlead ledger collect`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from fairlead.domain.ledger import BillFinding
from fairlead.meter.collectors.base import Gap

__all__ = ["Collected", "CollectedFile", "CollectedMonth", "QueryReport"]


@dataclass(frozen=True, slots=True)
class CollectedFile:
    """One file. A row of it is one measure: a wide line counts as many rows as it has measures."""

    path: str
    rows_read: int
    rows_accepted: int
    rows_refused: int


@dataclass(frozen=True, slots=True)
class QueryReport:
    """One query of a Prometheus server.

    `answer` is `data`, or `none`: the server has nothing under that name in the span. `resets` are falls of a counter,
    `gaps` spans longer than the lookback without a sample (`Collected.gaps` has the first ones). `begun` series were
    first seen within the span; what their counters stood at by then, `uncounted`, was used nobody knows when.
    `over` windows of a GPU had shares of more than all of it; they were cut in their proportion.
    """

    name: str
    metric: str
    answer: str
    series: int = 0
    samples: int = 0
    windows: int = 0
    gaps: int = 0
    resets: int = 0
    begun: int = 0
    uncounted: Decimal = Decimal(0)
    over: int = 0


@dataclass(frozen=True, slots=True)
class CollectedMonth:
    """One month of the source in the ledger: its rows now, of which `collected` came from this collection.

    `replaced` rows of earlier collections gave way to them; 0 where the same was collected again.
    """

    period: str
    rows: int
    collected: int
    changed: bool
    replaced: int = 0


@dataclass(frozen=True, slots=True)
class Collected:
    """What was read of [since, until), and what of the ledger it changed: `version` is then the table's."""

    source: str
    since: datetime | None
    until: datetime | None
    files: tuple[CollectedFile, ...]
    queries: tuple[QueryReport, ...]
    months: tuple[CollectedMonth, ...]
    findings: tuple[BillFinding, ...]
    gaps: tuple[Gap, ...] = ()
    version: int | None = None

    @property
    def refused(self) -> bool:
        """Whether anything that was asked for is not in the ledger."""
        return not self.months or any(finding.refused for finding in self.findings)

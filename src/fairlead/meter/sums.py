"""Pure: exact sums of usage and charges per group, from the lake's rows and from windows not published yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fairlead.domain.usage import BUCKETS_MS, CostLine, LineKind, UsageRecord
from fairlead.kernel.money import round_to_pico
from fairlead.meter.window import MeteredWindow

__all__ = ["COUNTS", "Filter", "GroupSums", "Sums"]

COUNTS = ("requests", "inferences", "errors", "unmetered", "input_tokens", "output_tokens", "tokens_unknown", "cpu_us")
_LATENCY = (*(f"latency_le_{bound}ms" for bound in BUCKETS_MS), "latency_above")

Row = Mapping[str, Any]
"""A row as the lake answers it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked at; an empty field matches all."""

    model: str = ""
    environment: str = ""

    def takes(self, record: UsageRecord | CostLine) -> bool:
        """Whether a record is of it."""
        return self.model in {"", record.model} and self.environment in {"", record.environment}


@dataclass(slots=True)
class GroupSums:
    """Sums of one group. `pico` (picounits) is None where no window of the group has a price."""

    pico: int | None = None
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    latency: list[int] = field(default_factory=lambda: [0] * len(_LATENCY))

    def charge(self, amount: Decimal) -> None:
        """Add an amount, exactly."""
        self.pico = (self.pico or 0) + round_to_pico(amount)

    def use(self, counts: Sequence[int], latency: Sequence[int]) -> None:
        """Add usage: one number per name of COUNTS, and the histogram."""
        for name, count in zip(COUNTS, counts, strict=True):
            self.counts[name] += count
        self.latency = [have + more for have, more in zip(self.latency, latency, strict=True)]


class Sums:
    """Groups by their columns' values and currency ('' without a price); the machine's totals; unrouted requests.

    `names` are the releases' names: a window that was closed after its servers were gone may not know them.
    """

    def __init__(self, columns: tuple[str, ...], only: Filter) -> None:
        self.columns = columns
        self.groups: dict[tuple[tuple[object, ...], str], GroupSums] = defaultdict(GroupSums)
        self.totals: dict[tuple[str, str], int] = defaultdict(int)
        self.unrouted: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self.names: dict[str, str] = {}
        self._only = only

    def add_usage(self, row: Row) -> None:
        """A row of `usage_by`."""
        if row["name"] and "release" in self.columns:
            self.names[row["release"]] = row["name"]
        group = self.groups[tuple(row[column] for column in self.columns), row["currency"]]
        group.use([row[name] for name in COUNTS], [row[name] for name in _LATENCY])

    def add_cost(self, row: Row) -> None:
        """A row of `cost_by`."""
        self.groups[tuple(row[column] for column in self.columns), row["currency"]].charge(row["amount"])

    def add_total(self, row: Row) -> None:
        """A row of `totals`."""
        self.totals[row["currency"], row["kind"]] += round_to_pico(row["amount"])

    def add_unrouted(self, row: Row) -> None:
        """A row of `unrouted`."""
        self._unrouted(row["environment"], row["model"], row["requests"], row["errors"])

    def add_window(self, metered: MeteredWindow) -> None:
        """A window that is not published yet, as the queries would have answered it."""
        currency = metered.bill.currency if metered.bill else ""
        for record in metered.usage:
            if not record.release:
                self._unrouted(record.environment, record.model, record.requests, record.errors)
            elif self._only.takes(record):
                if record.name:
                    self.names.setdefault(record.release, record.name)
                counts = [getattr(record, name) for name in COUNTS]
                self.groups[self._group(record), currency].use(counts, record.latency)
        for line in metered.lines:
            self.totals[currency, line.kind] += round_to_pico(line.amount)
            if line.kind == LineKind.RELEASE and self._only.takes(line):
                self.groups[self._group(line), currency].charge(line.amount)
        if metered.bill:
            self.totals[currency, "billed"] += round_to_pico(metered.bill.amount)

    def _group(self, record: UsageRecord | CostLine) -> tuple[object, ...]:
        moments = {"window_start": record.window.start, "window_end": record.window.end}
        return tuple(moments.get(column) or getattr(record, column) for column in self.columns)

    def _unrouted(self, environment: str, model: str, requests: int, errors: int) -> None:
        counts = self.unrouted[environment, model]
        counts[0] += requests
        counts[1] += errors

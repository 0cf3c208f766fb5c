"""Cost: what each model, release, customer and environment cost, whether it closes, and who earns what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from fairlead.domain.model import PlanPrice
from fairlead.kernel.errors import BrokenWorldError
from fairlead.meter.margin import Margin, margins
from fairlead.meter.queries import columns_of, query_text
from fairlead.meter.report import CostReport, CostRow, cost_report
from fairlead.meter.sums import Filter, Sums
from fairlead.meter.unit_change import UnitCostChange, unit_cost_change
from fairlead.meter.window import MeteredWindow
from fairlead.ports import Lake

__all__ = ["FOREVER", "CostFlow", "Period", "SourceRows"]

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Period:
    """Windows that begin in `[since, until)`; without an end, those not published yet are wanted as well."""

    since: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    until: datetime = datetime(9999, 1, 1, tzinfo=UTC)
    include_provisional: bool = True


FOREVER = Period()


@dataclass(frozen=True, slots=True)
class SourceRows:
    """The published rows behind a figure, as the lake holds them."""

    usage: tuple[Mapping[str, object], ...]
    cost_lines: tuple[Mapping[str, object], ...]


class CostFlow:
    """Questions to the lake and to the open window. `provisional` is the meter's, see `MeterFlow.provisional`."""

    def __init__(self, lake: Lake, provisional: Callable[[], Sequence[MeteredWindow]]) -> None:
        self._lake = lake
        self._provisional = provisional

    def cost(
        self, by: Sequence[str] = ("model",), period: Period = FOREVER, *, model: str = "", environment: str = ""
    ) -> CostReport:
        """Usage and charges per group. `by` names dimensions; UsageError lists the known ones."""
        only = Filter(model, environment)
        sums = Sums(columns_of(by), only)
        ahead = self._gather(sums, by, period, only)
        until = max((window.window.end for window in ahead), default=None)
        return cost_report(tuple(by), period.since, period.until, sums, until)

    def margins(
        self, plans: Mapping[str, tuple[PlanPrice, ...]], segments: Mapping[str, str], period: Period = FOREVER
    ) -> list[Margin]:
        """Revenue on the stated plans less cost, per customer, lowest margin first."""
        return margins(self.cost(("customer", "model"), period).rows, plans, segments)

    def series(self, model: str, environment: str, period: Period = FOREVER) -> list[CostRow]:
        """Rows by release and window, oldest first: `per_1k` of each is a point of the sparkline."""
        rows = self.cost(("release", "window"), period, model=model, environment=environment).rows
        return sorted(rows, key=lambda row: (str(row.key["window_start"]), str(row.key["release"])))

    def unit_cost_change(self, model: str, environment: str, period: Period = FOREVER) -> UnitCostChange:
        """The newest release's cost per inference against the one before it."""
        return unit_cost_change(model, environment, self.series(model, environment, period))

    def sources(
        self,
        period: Period = FOREVER,
        *,
        model: str = "",
        environment: str = "",
        release: str = "",
        customer: str = "",
        limit: int = 1_000,
    ) -> SourceRows:
        """The published usage records and cost lines that a figure of these dimensions was added up from."""
        parameters = (period.since, period.until, model, environment, release, customer, limit)
        with self._lake.session():
            usage, lines = (
                self._lake.query(query_text(name), parameters) for name in ("source_usage", "source_cost_lines")
            )
        return SourceRows(tuple(usage), tuple(lines))

    @contextmanager
    def at_once(self) -> Iterator[CostFlow]:
        """A flow whose answers are all of one moment: published and provisional windows of the same checkpoint."""
        for _ in range(_ATTEMPTS):
            checkpoint = self._lake.checkpoint()
            ahead = self._provisional()
            with self._lake.session():
                if self._lake.checkpoint() == checkpoint:
                    yield CostFlow(self._lake, partial(tuple, ahead))
                    return
        raise BrokenWorldError("windows are published faster than they can be read", mend="try again")

    def _gather(self, sums: Sums, by: Sequence[str], period: Period, only: Filter) -> list[MeteredWindow]:
        """Add published and provisional windows, each once."""
        with self.at_once() as flow:
            ahead = flow._ahead(period)  # noqa: SLF001 - the same class, at one moment
            self._add_published(sums, by, period, only)
        for window in ahead:
            sums.add_window(window)
        return ahead

    def _ahead(self, period: Period) -> list[MeteredWindow]:
        if not period.include_provisional:
            return []
        return [each for each in self._provisional() if period.since <= each.window.start < period.until]

    def _add_published(self, sums: Sums, by: Sequence[str], period: Period, only: Filter) -> None:
        span: tuple[Any, ...] = (period.since, period.until)
        chosen = (*span, only.model, only.environment)
        for row in self._lake.query(query_text("usage_by", by), chosen):
            sums.add_usage(row)
        for row in self._lake.query(query_text("cost_by", by), chosen):
            sums.add_cost(row)
        for row in self._lake.query(query_text("totals"), span):
            sums.add_total(row)
        for row in self._lake.query(query_text("unrouted"), span):
            sums.add_unrouted(row)

"""Usage out of a Prometheus server: raw samples of one query, piece by piece, into rows of windows, and gaps.

Raw samples and not PromQL's `increase()`, which stretches what it sees to the window's edges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

from fairlead.kernel.windows import Window
from fairlead.meter.collectors.base import Gap, UsageRow, measured
from fairlead.meter.collectors.gpu_series import gpu_of, gpu_use
from fairlead.meter.collectors.labelling import Consumer, Labelling
from fairlead.meter.collectors.outcome import QueryReport
from fairlead.meter.collectors.pieces import Ask, Piece, pieces
from fairlead.meter.collectors.prometheus_metrics import Query
from fairlead.meter.collectors.series import EXACT, LOOKBACK, Sample, Series, holds, rises, usual_distance

__all__ = ["QueryCollector"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_Use = dict[tuple[int, str, Consumer], Decimal]
"""Quantities by the window's start, role and consumer: exact, rounded only where they become rows."""


@dataclass(slots=True)
class _Met:
    samples: int = 0
    windows: int = 0
    gaps: int = 0
    resets: int = 0
    begun: int = 0
    over: int = 0
    uncounted: Decimal = Decimal(0)
    first: int | None = None
    """Start of the first window that there was a row of."""
    last: int = 0


@dataclass(slots=True)
class QueryCollector:
    """A Collector of one query. `told` are the GPUs that a better query told of already; this one adds its own."""

    query: Query
    ask: Ask
    step: timedelta
    labelling: Labelling
    told: set[str] = field(default_factory=set)
    _last: dict[tuple[tuple[str, str], ...], Sample] = field(default_factory=dict)
    _met: _Met = field(default_factory=_Met)

    def collect(self, span: Window) -> Iterator[UsageRow | Gap]:
        """Rows of the windows of `span`, which begins and ends with one, piece by piece; a piece's gaps come first."""
        start, end = _millis(span.start), _millis(span.end)
        gpus: set[str] = set()
        for piece in pieces(self.ask, self.query.selector, start, end, _span_millis(self.step)):
            series = [self._continued(each) for each in piece.series]
            yield from self._gaps(piece, series, start)
            yield from self._rows(self._use(piece, series))
            gpus |= {gpu_of(each.labels) for each in series}
            self._remember(piece)
        if self.query.kind == "gpu":
            self.told |= gpus
        yield from self._unseen(end)

    def report(self) -> QueryReport:
        """What was met so far."""
        met = self._met
        return QueryReport(
            name=self.query.name,
            metric=self.query.metric,
            answer="data" if self._last else "none",
            series=len(self._last),
            samples=met.samples,
            windows=met.windows,
            gaps=met.gaps,
            resets=met.resets,
            begun=met.begun,
            uncounted=measured(met.uncounted),
            over=met.over,
        )

    @property
    def origin(self) -> str:
        """What rows of the query have as their file."""
        return f"prometheus:{self.query.name}"

    @property
    def told_of(self) -> Window | None:
        """From the first to the last window that there was a row of: outside it the server may have forgotten."""
        met = self._met
        return None if met.first is None else Window(_moment(met.first), _moment(met.last) + self.step)

    def _continued(self, series: Series) -> Series:
        """The series from the last sample that was seen of it, which may be longer ago than the piece reaches."""
        last = self._last.get(series.key)
        if last is None or not series.samples or series.samples[0][0] <= last[0]:
            return series
        return Series(series.labels, [last, *series.samples])

    def _remember(self, piece: Piece) -> None:
        for each in piece.series:
            inside = [sample for sample in each.samples if sample[0] <= piece.upto]
            if inside:
                self._last[each.key] = inside[-1]
            self._met.samples += sum(sample[0] > piece.after for sample in inside)

    def _use(self, piece: Piece, series: Sequence[Series]) -> _Use:
        if self.query.kind == "gpu":
            new = [each for each in series if not (self.query.unless and gpu_of(each.labels) in self.told)]
            found = gpu_use(piece, new, self.query.scale, self.labelling)
            self._met.over += len(found.over)
            return found.seconds
        use: _Use = {}
        usual = usual_distance(series)
        with localcontext(EXACT):
            for each in series:
                consumer = self.labelling.consumer(each.labels)
                for window, amount in self._amounts(piece, each.samples, usual):
                    key = (window, self.query.role, consumer)
                    use[key] = use.get(key, Decimal(0)) + amount
        return {key: self._scaled(amount) for key, amount in use.items()}

    def _amounts(self, piece: Piece, samples: Sequence[Sample], usual: int) -> Iterator[tuple[int, Decimal]]:
        """A counter's rises, in the window that ends with or after the later sample; a gauge's integral over time."""
        if self.query.kind == "counter":
            for rise in rises(samples):
                if piece.after < rise.end <= piece.upto and not rise.gap:
                    self._met.resets += rise.reset
                    yield piece.window(rise.end - 1), rise.amount
        else:
            for hold in holds(samples, usual):
                for window, length in piece.parts(hold.start, hold.end):
                    yield window, hold.value * length

    def _scaled(self, amount: Decimal) -> Decimal:
        """In the measure's unit; a gauge was summed over milliseconds."""
        scale = self.query.scale / (1000 if self.query.kind == "gauge" else 1)
        return EXACT.divide(EXACT.multiply(amount, Decimal(scale.numerator)), Decimal(scale.denominator))

    def _gaps(self, piece: Piece, series: Sequence[Series], begin: int) -> Iterator[Gap]:
        """Spans in which a series that goes on was not measured. Series that begin are counted."""
        for each in series:
            for rise in rises(each.samples):
                if rise.gap and piece.after < rise.end <= piece.upto:
                    self._met.gaps += 1
                    missed = self._scaled(rise.amount) if self.query.kind == "counter" else Decimal(0)
                    yield Gap(self.query.name, _shown(each), _moment(rise.start), _moment(rise.end), measured(missed))
            first = each.samples[0] if each.samples else None
            if first and max(piece.after, begin) < first[0] <= piece.upto and each.key not in self._last:
                self._met.begun += 1
                self._met.uncounted += self._scaled(first[1]) if self.query.kind == "counter" else 0

    def _unseen(self, end: int) -> Iterator[Gap]:
        """The rest of the span, in which nothing at all of the query is known any more."""
        last = max((at for at, _ in self._last.values()), default=end)
        if end - last > LOOKBACK:
            self._met.gaps += 1
            yield Gap(self.query.name, "every series", _moment(last), _moment(end))

    def _rows(self, use: Mapping[tuple[int, str, Consumer], Decimal]) -> Iterator[UsageRow]:
        windows = {window for window, _, _ in use}
        self._met.windows += len(windows)
        if windows:
            self._met.first = min(windows) if self._met.first is None else self._met.first
            self._met.last = max(windows)
        for (window, role, consumer), amount in use.items():
            start = _moment(window)
            columns: dict[str, Any] = dict(consumer.columns)
            yield UsageRow(
                window_start=start,
                window_end=start + self.step,
                measure=self.query.measure,
                quantity=measured(amount),
                role=role,
                labels=dict(consumer.labels),
                source_file=self.origin,
                **columns,
            )


def _shown(series: Series) -> str:
    return ", ".join(f"{name}={value}" for name, value in series.key if name != "__name__")


def _moment(millis: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=millis)


def _millis(moment: datetime) -> int:
    return _span_millis(moment - _EPOCH)


def _span_millis(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)

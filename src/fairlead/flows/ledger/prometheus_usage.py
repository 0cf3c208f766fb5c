"""`fairlead ledger collect http://...`: usage out of a Prometheus server, query by query, into the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fairlead.domain.ledger import BillFinding
from fairlead.domain.model import SecretRef
from fairlead.drivers.ledger.usage_staging import Keeping, UsageStaging
from fairlead.drivers.prometheus import Prometheus
from fairlead.flows.ledger.collecting import Span, staging, write_months
from fairlead.flows.ledger.sources import require_source
from fairlead.flows.world import World
from fairlead.kernel.errors import UsageError
from fairlead.kernel.windows import Window, window_at
from fairlead.meter.collectors.base import Gap, UsageRow
from fairlead.meter.collectors.joining import NODES, PODS, Joined, joined
from fairlead.meter.collectors.labelling import Labelling, chosen_labels
from fairlead.meter.collectors.outcome import Collected, QueryReport
from fairlead.meter.collectors.prometheus import QueryCollector
from fairlead.meter.collectors.prometheus_metrics import Query, queries_of
from fairlead.meter.collectors.series import LOOKBACK, Series
from fairlead.ports import Progress

if TYPE_CHECKING:
    import httpx2

__all__ = ["PrometheusRequest", "collect_prometheus"]

_DAY = timedelta(days=1)
_SETTLED = timedelta(milliseconds=LOOKBACK)
"""How old a window is before it is collected: what is held until the next sample is known by then."""

_MOST_GAPS = 100


@dataclass(frozen=True, slots=True)
class PrometheusRequest:
    """A server, which of its exporters (all, where none is named), how labels are read, and the windows' length."""

    address: str
    exporters: Sequence[str] = ()
    labels: Sequence[str] = ()
    step: timedelta = timedelta(minutes=5)
    token: SecretRef | None = None


def collect_prometheus(
    world: World, source: str, request: PrometheusRequest, span: Span, progress: Progress
) -> Collected:
    """What the server has of the span (the last day, where none is given), into the ledger.

    A query replaces what it told before, from the first to the last window that it now tells of: what the server has
    forgotten stays in the ledger.
    """
    import httpx2

    require_source(source)
    queries, labelling = queries_of(request.exporters), chosen_labels(request.labels)
    window = _windows(span, request.step, world.clock.now())
    with httpx2.Client(trust_env=False) as client, staging(world) as stage:
        server = _server(world, client, request)
        known = _known(server, window, labelling)
        run = _Run(stage, server, window, request.step, replace(labelling, known=known))
        reports = run.every(queries, progress)
        findings = [*_findings(request, reports, server.warnings), *_reused(request, known)]
        answer = Collected(
            source, window.start, window.end, (), tuple(reports), (), tuple(findings), tuple(run.gaps[:_MOST_GAPS])
        )
        if not run.told_of:
            return answer
        written = write_months(world, stage, source, Keeping(window.start, window.end, run.told_of), [request.address])
        return replace(
            answer, months=written.months, version=written.version, findings=(*answer.findings, *written.findings)
        )


@dataclass(slots=True)
class _Run:
    """One collection: every query's rows go to the stage as they come, and its gaps are kept."""

    stage: UsageStaging
    server: Prometheus
    window: Window
    step: timedelta
    labelling: Labelling
    gaps: list[Gap] = field(default_factory=list)
    told_of: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    """The span of each query that it told of."""

    def every(self, queries: Sequence[Query], progress: Progress) -> list[QueryReport]:
        """Ask for what the server has; what it has not is a report too."""
        there = self.server.metrics(
            [query.metric for query in queries], _millis(self.window.start), _millis(self.window.end)
        )
        told: set[str] = set()
        reports = []
        for number, query in enumerate(queries):
            progress(number, len(queries), query.name)
            labelling = replace(self.labelling, keep=(*self.labelling.keep, *query.keep))
            collector = QueryCollector(query, self._ask, self.step, labelling, told)
            if query.metric in there:
                self.stage.take_rows(query.name, self._rows(collector))
            if collector.told_of:
                self.told_of[collector.origin] = (collector.told_of.start, collector.told_of.end)
            reports.append(collector.report())
        return reports

    def _rows(self, collector: QueryCollector) -> Iterator[UsageRow]:
        for each in collector.collect(self.window):
            if isinstance(each, UsageRow):
                yield each
            elif len(self.gaps) < _MOST_GAPS:
                self.gaps.append(each)

    def _ask(self, selector: str, after: int, upto: int) -> Sequence[Series] | None:
        found = self.server.samples(selector, after, upto)
        return None if found is None else [Series(labels, samples) for labels, samples in found]


def _known(server: Prometheus, window: Window, labelling: Labelling) -> Joined:
    """What kube-state-metrics says of nodes; of pods only where that is asked for, since they may be many."""
    start, end = _millis(window.start), _millis(window.end)
    return joined(server.labels(NODES, start, end), server.labels(PODS, start, end) if labelling.of_pods else ())


def _reused(request: PrometheusRequest, known: Joined) -> Iterator[BillFinding]:
    for node in known.ambiguous:
        message = "the name stood for two machines in the span; its use is kept under the name, not under a bill's id"
        mend = "collect each machine's time by itself, with --from and --to"
        yield BillFinding(request.address, 0, "node", node, "usage/node", message, mend)


def _server(world: World, client: httpx2.Client, request: PrometheusRequest) -> Prometheus:
    authorization = f"Bearer {world.secrets.resolve(request.token)}" if request.token else ""
    return Prometheus(client, request.address, authorization)


def _windows(span: Span, step: timedelta, now: datetime) -> Window:
    """Whole windows within the span, none of them younger than it must be. UsageError where there is none."""
    if step < timedelta(minutes=1) or _DAY % step:
        raise UsageError("--step must divide a day, and be 1m or longer", mend="give 5m, 15m, 1h or 1d")
    latest = window_at(now - _SETTLED, step).start
    end = min(window_at(span.until, step).start, latest) if span.until else latest
    begin = span.since or end - _DAY
    start = window_at(begin, step)
    first = start.start if start.start == begin else start.end
    if first >= end:
        raise UsageError(
            f"there is no whole window of {step} in the span that is {_SETTLED} old", mend="give a longer or older span"
        )
    return Window(first, end)


def _findings(request: PrometheusRequest, reports: Sequence[QueryReport], warnings: set[str]) -> Iterator[BillFinding]:
    for said in sorted(warnings):
        mend = "collect the span again when the server has all of it"
        yield _finding(request, "", "usage/partial", f"an answer was not whole: {said}", mend)
    nothing = not any(report.windows for report in reports)
    for report in reports:
        if report.over:
            mend = "look at the MIG profiles that the exporter names: an unknown one counts as a whole GPU"
            message = "shares of a GPU were more than all of it, and were cut in their proportion"
            yield BillFinding(request.address, 0, report.name, "", "usage/gpu-over", message, mend, count=report.over)
        if report.windows or not (request.exporters or nothing):
            continue
        what = "has no series" if report.answer == "none" else "has samples, but none that a window could be made of,"
        mend = "check that the exporter is scraped, and that the server still holds the span"
        message = f"insufficient: {report.metric} {what} in the span"
        yield _finding(request, report.name, "usage/no-data", message, mend)


def _finding(request: PrometheusRequest, query: str, rule: str, message: str, mend: str) -> BillFinding:
    return BillFinding(request.address, 0, query, "", rule, message, mend, refused=True)


def _millis(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

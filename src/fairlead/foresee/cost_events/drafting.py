"""A diagnosis becomes an event: since when, from where, with which commit, for how much money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from math import exp

import numpy as np

from fairlead.domain.anomaly import CostCause, CostEvent, CostKind, Deployed
from fairlead.foresee.anomalies.change_start import change_start
from fairlead.foresee.attribution import Cause
from fairlead.foresee.cost_events.diagnosis import Diagnosis
from fairlead.foresee.cost_events.gauges import Gauges
from fairlead.foresee.cost_events.origin import origin_of
from fairlead.foresee.cost_events.signals import SIGNALS
from fairlead.foresee.cost_events.splits import Splits
from fairlead.foresee.cost_events.window import SERVING, CostWindow, StageUse
from fairlead.foresee.cost_events.wording import sentence
from fairlead.kernel.digests import sha256_hex
from fairlead.kernel.money import Money, from_pico, round_to_pico

__all__ = ["draft"]

_ID = 12
_IDLE = 0.3
"""A stage that uses less than this part of what it holds does not run away: it idles."""

_HOUR = 3600
_NOT_BY = {CostKind.PRICE_CHANGE: ("customer",), CostKind.IDLE_GPU: ("customer",)}
"""What cannot be the cause, however much of the change it shows: customers set no prices and hold no machines."""


def draft(
    window: CostWindow, found: Diagnosis, gauges: Gauges, splits: Splits, deployed: Sequence[Deployed]
) -> CostEvent:
    """The event that a diagnosis of the newest window is."""
    first, filled = _first_window(gauges, found)
    began = datetime.fromtimestamp(round((first + 1 - filled) * window.seconds), UTC)
    stage = found.gauge.partition(":")[2] or SERVING
    cause = _cause(window, found, gauges, splits, first)
    kind = _job_kind(window.stages[stage]) if stage != SERVING else found.kind
    # A watch that catches up knows deployments that came after what it sees: none of them brought it about.
    origin = origin_of(kind, stage, cause, began, [each for each in deployed if each.at <= window.end])
    if kind is CostKind.IDLE_GPU and stage == SERVING and origin is not None:
        kind = CostKind.SERVING_CONFIGURATION  # a commit that asks for more machines is no forgotten machine
    actual, expected = _money(window, found, gauges, stage)
    named = f"{window.environment}/{window.model}/{window.end.isoformat()}/{kind}"
    event = CostEvent(
        id=sha256_hex(named.encode())[:_ID],
        environment=window.environment,
        model=window.model,
        kind=kind,
        began=began,
        found=window.end,
        actual=Money(actual, window.currency),
        expected=Money(expected, window.currency),
        cause=CostCause(cause.dimension, cause.values, Decimal(f"{cause.share:.2f}")) if cause else None,
        origin=origin,
        series=tuple(dict.fromkeys(_series(window, name) for name in (found.gauge, *found.moved))),
        sentence="",
    )
    return replace(event, sentence=sentence(event, found))


def _first_window(gauges: Gauges, found: Diagnosis) -> tuple[int, float]:
    """Number of the first window that the change touches, and which part of it the change fills."""
    kept = list(gauges.tracks[found.gauge].surprises)
    values = np.array([surprise for _, surprise in kept])
    row = change_start(values, max(len(values) - 2 * found.span - 1, 0), len(values) - 1)
    later = values[row + 1 :]
    if not len(later):
        return kept[row][0], 1.0
    filled = (exp(float(values[row])) - 1) / max(exp(float(np.median(later))) - 1, 1e-9)
    return kept[row][0], min(max(filled, 0.0), 1.0)


def _cause(window: CostWindow, found: Diagnosis, gauges: Gauges, splits: Splits, first: int) -> Cause | None:
    if gauges.is_job(found.gauge):
        return Cause("stage", (found.gauge.partition(":")[2],), 1.0, 1.0)
    season = gauges.tracks["cost"].season
    hour = window.start.timestamp() / _HOUR % 168
    now, before = season.expected(hour), season.expected((hour - 0.5) % 168)
    growth = exp(now - before) if now is not None and before is not None else 1.0
    apart = _NOT_BY.get(found.kind, ())
    return splits.cause(first, growth, apart)


def _job_kind(use: StageUse) -> CostKind:
    return CostKind.IDLE_GPU if use.held_s and use.used_s < _IDLE * use.held_s else CostKind.RUNAWAY_JOB


def _money(window: CostWindow, found: Diagnosis, gauges: Gauges, stage: str) -> tuple[Decimal, Decimal]:
    """Money per hour of that stage as it is now, and as it would have been."""
    per_hour = Decimal(_HOUR) / window.seconds
    actual = window.stages[stage].cost * per_hour
    if stage != SERVING:
        excess = Decimal(repr(max(gauges.tracks[found.gauge].surprises[-1][1] * gauges.usual_cost, 0.0))) * per_hour
        return actual, max(actual - _rounded(excess), Decimal(0))
    rise = found.rise
    if SIGNALS[found.gauge].needs_cost:
        paid = max(gauges.tracks[name].mean(1) for name in ("cost", "unit") if name in gauges.tracks)
        rise = min(max(rise, 0.0), max(paid, 0.0))
    return actual, _rounded(actual * Decimal(repr(exp(-rise))))


def _rounded(amount: Decimal) -> Decimal:
    return from_pico(round_to_pico(amount))


def _series(window: CostWindow, gauge: str) -> str:
    """The ledger's name of what a gauge shows."""
    stage = gauge.partition(":")[2]
    where: Mapping[str, str] = {"environment": window.environment, "model": window.model}
    if stage:
        where = {**where, "stage": stage}
    measure = SIGNALS[gauge].measure if gauge in SIGNALS else "cost"
    return f"{measure}[{','.join(f'{name}={value}' for name, value in where.items())}]"

"""A cost event in one plain sentence."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import TYPE_CHECKING

from fairlead.domain.anomaly import CostCause, CostEvent, CostKind

if TYPE_CHECKING:
    from fairlead.foresee.cost_events.diagnosis import Diagnosis

__all__ = ["many_sentence", "sentence"]

_COMMIT = 10


def sentence(event: CostEvent, diagnosis: Diagnosis) -> str:
    """What costs how much more since when, by which factor, where, and with which commit it began."""
    stage = diagnosis.gauge.partition(":")[2]
    name = f"{stage or 'serving'} of {event.environment}/{event.model}"
    how = _factor(event.kind, exp(diagnosis.rise) if not stage else 0.0, stage)
    parts = [f"{name} costs {_times(event)} since {_moment(event)}: {how}"]
    if event.cause is not None and event.cause.dimension != "stage":
        parts.append(_cause(event.cause))
    if event.origin is not None:
        origin = event.origin
        parts.append(f"began with commit {origin.commit[:_COMMIT]} by {origin.author}, '{origin.subject}'")
    return "; ".join(parts)


def many_sentence(event: CostEvent, places: Sequence[str], first: str) -> str:
    """The sentence of an event over many places, from that of one of them."""
    how = first.partition("UTC: ")[2]
    return f"{len(places)} models ({', '.join(places)}) cost {_times(event)} since {_moment(event)}: {how}"


def _times(event: CostEvent) -> str:
    if not event.expected.amount:
        return "money where it cost nothing"
    return f"{_number(float(event.actual.amount / event.expected.amount))} times as much"


def _moment(event: CostEvent) -> str:
    return f"{event.began:%Y-%m-%d %H:%M} UTC"


def _factor(kind: CostKind, factor: float, stage: str) -> str:
    times, less, more = _number(factor), f"{_percent(1 - 1 / factor) if factor else 0} %", f"{_percent(factor - 1)} %"
    return {
        CostKind.RUNAWAY_JOB: "its jobs take more than they ever did at this hour",
        CostKind.SERVING_CONFIGURATION: f"one replica answers {less} fewer requests per second",
        CostKind.TRAFFIC_SURGE: f"{times} times as many requests are answered",
        CostKind.PRICE_CHANGE: f"a second of machine time costs {more} more",
        CostKind.IDLE_GPU: "machines are held and hardly used"
        if stage
        else f"{times} times as much machine time is held for the same use",
        CostKind.RETRY_STORM: f"there are {times} times as many requests for one that is answered",
        CostKind.TOKENS_PER_REQUEST: f"a request takes {times} times as many tokens",
        CostKind.UNKNOWN: "what is known of requests and machines does not explain it",
    }[kind]


def _cause(cause: CostCause) -> str:
    whole = "it" if cause.share >= 1 else f"{_percent(float(cause.share))} % of it"
    return f"{cause.dimension} {' and '.join(cause.values)} explain{'s' if len(cause.values) == 1 else ''} {whole}"


def _number(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"  # noqa: PLR2004 - two digits are enough


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"

"""From evidence to a kind: which gauge alarms, and which factor of cost it was."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from fairlead.domain.anomaly import CostKind
from fairlead.foresee.cost_events.bars import LEAST, SPANS
from fairlead.foresee.cost_events.gauges import Gauges
from fairlead.foresee.cost_events.signals import SIGNALS, Signal
from fairlead.foresee.cost_events.track import Track

__all__ = ["Diagnosis", "diagnosis"]

_KINDS = {
    "price": CostKind.PRICE_CHANGE,
    "tokens": CostKind.TOKENS_PER_REQUEST,
    "work": CostKind.SERVING_CONFIGURATION,
    "attempts": CostKind.RETRY_STORM,
    "held": CostKind.IDLE_GPU,
    "unused": CostKind.IDLE_GPU,
    "demand": CostKind.TRAFFIC_SURGE,
}
_JOB_EFFECT = 0.25
"""Least cost of a job that may alarm, per usual cost of the model."""

_MOVED = 0.6
"""A gauge moved with the alarm if it shows this part of what it would need for one of its own."""

_COST_ROSE, _COST_PART = 0.06, 0.4
"""Where cost must have risen too: by so much, and by this part of what the gauge rose by."""

_AT_ONCE = 3
"""Windows of the first minutes."""

_PART_OF_WHOLE = 0.5
_RECENT = 3
_START_EFFECT = 0.5
"""Least rise of work that may alarm while a release starts up; machines are held twice then, and say nothing."""

_START_MARGIN, _FEWEST_STARTS = 1.5, 2


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The gauge that tells most, how much it rose (a logarithm; for jobs, usual costs of the model), and since when.

    `span` windows showed it together; `moved` are all gauges that moved, the clearest first.
    """

    kind: CostKind
    gauge: str
    rise: float
    span: int
    moved: tuple[str, ...]


def diagnosis(gauges: Gauges, ready: Collection[str], per_month: float, *, starting: bool) -> Diagnosis | None:
    """What the newest window shows, if one of the gauges that are `ready` alarms."""
    jobs = [(name, place) for name, place in _passed(gauges, ready, per_month, starting) if gauges.is_job(name)]
    if jobs:
        name, place = jobs[0]
        return Diagnosis(CostKind.RUNAWAY_JOB, name, gauges.tracks[name].mean(SPANS[place]), SPANS[place], (name,))
    for _, place in _passed(gauges, ready, per_month, starting):
        return _of_serving(gauges, ready, place, per_month)
    return None


def _passed(gauges: Gauges, ready: Collection[str], per_month: float, starting: bool) -> list[tuple[str, int]]:  # noqa: FBT001 - private
    found = []
    for name in ready:
        track, signal = gauges.tracks[name], SIGNALS.get(name)
        if signal and signal.starts and starting:
            place = _passed_while_starting(track) if name == "work" else None
        else:
            place = track.bars.passed(track.evidence, per_month)
        if place is not None and _matters(gauges, track, signal, SPANS[place]):
            found.append((name, place))
    return found


def _passed_while_starting(track: Track) -> int | None:
    """A release's first minutes are compared with those of the releases before it, once there were some."""
    known = len(track.starts) >= _FEWEST_STARTS
    rose = track.mean(1) >= _START_EFFECT
    return 0 if known and rose and track.evidence[0] > max(2 * LEAST, _START_MARGIN * max(track.starts)) else None


def _matters(gauges: Gauges, track: Track, signal: Signal | None, span: int) -> bool:
    rise = track.mean(span)
    if signal is None:
        return min(rise, track.mean(1)) >= _JOB_EFFECT
    cost = gauges.tracks.get("cost")
    if cost is None or rise < signal.effect * (signal.at_once if span <= _AT_ONCE else 1.0):
        return False
    return not signal.needs_cost or cost.mean(min(span, _RECENT)) >= max(_COST_ROSE, _COST_PART * rise)


def _of_serving(gauges: Gauges, ready: Collection[str], place: int, per_month: float) -> Diagnosis:
    """The factor that rose most among those that moved; retries first, because they hide in other factors."""
    span = SPANS[place]
    moved = {}
    for name, signal in SIGNALS.items():
        if name not in ready:
            continue
        track = gauges.tracks[name]
        strength, rise = track.bars.strength(track.evidence, per_month)[place], track.mean(span)
        if strength >= _MOVED and rise >= _MOVED * signal.effect:
            moved[name] = strength
    order = tuple(sorted(moved, key=lambda name: -moved[name]))
    factors = [name for name in order if name in _KINDS] or _quiet_factors(gauges, ready, order[0], span)
    if not factors:
        name = order[0]
        return Diagnosis(CostKind.UNKNOWN, name, gauges.tracks[name].mean(span), span, order)
    name = "attempts" if "attempts" in factors else max(factors, key=lambda each: gauges.tracks[each].mean(span))
    return Diagnosis(_KINDS[name], name, gauges.tracks[name].mean(span), span, order)


def _quiet_factors(gauges: Gauges, ready: Collection[str], whole: str, span: int) -> list[str]:
    """Factors that rose by half of what cost did, though that alone would be nothing new for them."""
    least = _PART_OF_WHOLE * gauges.tracks[whole].mean(span)
    return [name for name in _KINDS if name in ready and gauges.tracks[name].mean(span) >= least]

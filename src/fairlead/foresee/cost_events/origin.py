"""Which deployment a change began with, and what a deployment does to the windows after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import log

from fairlead.domain.anomaly import CostKind, Deployed
from fairlead.foresee.attribution import Cause
from fairlead.foresee.cost_events.window import SERVING, CostWindow

__all__ = ["is_new", "is_starting", "known_rise", "origin_of"]

_BEFORE, _AFTER = timedelta(minutes=15), timedelta(minutes=5)
"""A deployment at most so long before the start of a change, or after its estimate, is what it began with."""

_STARTS_FOR, _SETTLES_FOR = timedelta(minutes=10), timedelta(hours=2)
_START_WINDOWS = 2
"""Of windows shorter than five minutes only so many are a start: else a change were known no sooner by them."""

_TOLERANCE, _START_UP = 0.15, 0.4
"""A release may cost this much more than was predicted, as a logarithm, before that is news; more as it starts up."""

_BY_CODE = {
    CostKind.SERVING_CONFIGURATION,
    CostKind.TOKENS_PER_REQUEST,
    CostKind.RETRY_STORM,
    CostKind.RUNAWAY_JOB,
    CostKind.IDLE_GPU,
    CostKind.UNKNOWN,
}
"""Kinds that a commit may bring about: neither traffic nor a price is in its power."""


def origin_of(
    kind: CostKind, stage: str, cause: Cause | None, began: datetime, deployed: Sequence[Deployed]
) -> Deployed | None:
    """The deployment of that stage nearest to when the change began; None where a customer or region explains it."""
    if kind not in _BY_CODE or (cause is not None and cause.dimension != "stage"):
        return None
    near = [each for each in deployed if each.stage == stage and began - _BEFORE <= each.at <= began + _AFTER]
    return min(near, key=lambda each: abs(each.at - began), default=None)


def is_starting(window: CostWindow, deployed: Sequence[Deployed]) -> bool:
    """Whether a release starts up in the window: what it costs meanwhile says little of later."""
    since = window.start - _start_span(window)
    return any(each.stage == SERVING and since < each.at < window.end for each in deployed)


def is_new(window: CostWindow, deployed: Sequence[Deployed]) -> bool:
    """Whether the window shows no more than the start-up of a model's first release, or the minutes before."""
    since = window.start - _start_span(window)
    return bool(deployed) and all(since < each.at for each in deployed)


def known_rise(window: CostWindow, deployed: Sequence[Deployed]) -> float:
    """The predicted rise of the releases that settle in the window, with some tolerance, as a logarithm; else 0."""
    factors = [
        float(each.cost_factor)
        for each in deployed
        if each.cost_factor is not None and window.start - _SETTLES_FOR < each.at < window.end
    ]
    rise = sum(log(factor) for factor in factors if factor > 1)
    tolerance = _TOLERANCE + (_START_UP if is_starting(window, deployed) else 0.0)
    return rise + tolerance if rise else 0.0


def _start_span(window: CostWindow) -> timedelta:
    return min(_STARTS_FOR, _START_WINDOWS * (window.end - window.start))

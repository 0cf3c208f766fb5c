"""Why measures of a rollout may not pass at a look: nothing was asked, nothing is learned yet, a part is lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from fairlead.domain.analysis import AnalysisSpec
from fairlead.flows.rollouts.arms import Arms
from fairlead.flows.rollouts.blocks import Quantile
from fairlead.flows.rollouts.kept import Kept, Measured

__all__ = ["lost_by", "notes_on", "unread_notes"]

_STALE = timedelta(minutes=2)
"""Without a request to either release for so long, what was known of them is stale."""

_DAMAGED = 0.01
"""Share of lines that may be damaged in a look whose measures pass."""


def notes_on(
    spec: AnalysisSpec, quantiles: Mapping[str, Quantile], measured: Measured, arms: Arms, now: datetime
) -> dict[str, str]:
    """By measure."""
    notes = {
        name: "the old release's quantile is being learned" for name, each in quantiles.items() if each.limit_us is None
    }
    if not arms.new.requests and measured.asked is not None and now - measured.asked > _STALE:
        since = f"nothing was asked of the new release since {measured.asked:%H:%M:%S} UTC"
        notes |= _of_log(spec, since)
    return notes


def unread_notes(spec: AnalysisSpec, arms: Arms, lost: str) -> dict[str, str]:
    """By measure: a look that missed a part of the log passes nothing. Single lines that are damaged do no harm."""
    seen = arms.new.requests + arms.old.requests
    return _of_log(spec, lost) if arms.lost or arms.damaged > _DAMAGED * seen else {}


def _of_log(spec: AnalysisSpec, said: str) -> dict[str, str]:
    return {each.name: said for each in spec.metrics if each.prometheus is None and each.csv is None}


def lost_by(kept: Kept, arms: Arms, now: datetime) -> str:
    """What a look found that nobody can count, in a sentence; '' where it is nothing.

    The caps can be kept by what can be counted only, and say so.
    """
    begin = f"{kept.measured.looked:%Y-%m-%d %H:%M:%S}" if kept.measured.looked else "the start"
    cap, span = kept.rollout.strategy.max_exposure, f"between {begin} and {now:%H:%M:%S} UTC"
    if arms.lost:
        capped = cap.requests is not None or cap.customers is not None
        less = ", so that more may have met the release than its cap lets" if capped else ""
        return f"a part of the gateway's log {span} was gone before it was read: its requests are in no measure{less}"
    if arms.damaged:
        lines = f"{arms.damaged} lines" if arms.damaged > 1 else "1 line"
        return f"{lines} of the gateway's log {span} cannot be read: each counts as a request that met the release"
    return ""

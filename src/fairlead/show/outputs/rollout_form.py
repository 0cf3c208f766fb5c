"""A rollout as programs read it: one object, the same on the command line and in the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from math import log
from typing import Any

from fairlead.domain.analysis import MetricFinding
from fairlead.domain.outlook import Outlook
from fairlead.flows.rollouts.asking import RolloutView

__all__ = ["rollout_form", "stop_share"]


def rollout_form(view: RolloutView, outlook: Outlook | None = None) -> Mapping[str, Any]:
    """The rollout, who answers, what was measured, and what became of what was taken back."""
    rollout, finding = view.rollout, view.finding
    return {
        "id": rollout.id,
        "environment": rollout.environment,
        "model": rollout.model,
        "strategy": rollout.strategy.strategy,
        "phase": rollout.phase,
        "step": rollout.step,
        "steps": [each.weight for each in rollout.strategy.weights],
        "new": rollout.new,
        "old": rollout.old,
        "commit": rollout.commit,
        "shares": dict(view.shares),
        "started": rollout.started,
        "since": rollout.since,
        "longest": rollout.strategy.longest,
        "ready": rollout.ready,
        "returns": rollout.returns,
        "waiting": rollout.waiting or view.resting,
        "pause": rollout.pause,
        "exposure": rollout.exposure,
        "overrides": rollout.overrides,
        "reason": rollout.reason,
        "metric": rollout.metric,
        "analysis": rollout.analysis,
        "verdict": finding.verdict if finding is not None else None,
        "looked": view.looked,
        "metrics": [_metric(each) for each in finding.metrics] if finding is not None else [],
        "taken_back": asdict(view.refused) if view.refused is not None else None,
        "outlook": outlook,
    }


def stop_share(found: MetricFinding) -> float:
    """Evidence against the new release as a share of what stops it: 1 is enough, below 0 counts as none."""
    return max(0.0, found.evidence / log(1 / float(found.alpha)))


def _metric(found: MetricFinding) -> Mapping[str, Any]:
    return {**asdict(found), "stop_share": stop_share(found)}

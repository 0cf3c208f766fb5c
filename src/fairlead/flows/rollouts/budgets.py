"""The shares of requests that may fail or be slow: by the model's SLO, or by what the old release did."""

from __future__ import annotations

from fairlead.domain.analysis import MARGINS, AnalysisMetric, AnalysisSpec
from fairlead.domain.model import ModelSpec
from fairlead.flows.rollouts.kept import Kept

__all__ = ["RETENTION", "budgets_of", "retained_budgets"]

_BURN = "slo-burn"
_SLOWER = 0.01
"""Share of requests that may be slower than a 99th percentile."""

RETENTION = AnalysisSpec(name="retention", metrics=(AnalysisMetric(name=_BURN),))
"""What judges a release while the old servers are kept."""


def budgets_of(model: ModelSpec) -> dict[str, float]:
    """The share of requests that the SLO lets fail or be slow; nothing where the model promises nothing."""
    failing = float(1 - model.slo.availability) if model.slo.availability is not None else 0.0
    slow = _SLOWER if model.slo.latency_p99 is not None else 0.0
    return {_BURN: failing + slow} if failing or slow else {}


def retained_budgets(kept: Kept, model: ModelSpec) -> dict[str, float]:
    """What may go wrong of a release that has all traffic: the SLO's, or the old one's share and a margin, if more."""
    finding = kept.measured.finding
    shares = [each.old_value for each in finding.metrics if each.metric in {"error-rate", _BURN}] if finding else []
    usual = max((each for each in shares if each is not None), default=0.01) + float(MARGINS["error-rate"])
    return {_BURN: max(budgets_of(model).get(_BURN, 0.0), usual)}

"""Valid rollouts as views, for tests of how they look. A test states only what differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from fairlead.domain.analysis import AnalysisFinding, MetricFinding, MetricKind, MetricVerdict
from fairlead.domain.outlook import Outlook
from fairlead.domain.release_strategy import CanaryStep, ReleaseStrategy
from fairlead.domain.rollout import Arm, Exposure, Phase, Rollout
from fairlead.flows.rollouts.asking import RolloutView
from fairlead.flows.rollouts.quarantine import Quarantine
from tests.unit.cli.values import NOON

__all__ = ["metric", "outlook", "rollout", "taken_back", "view"]

_NEW = Arm("n" * 64, "digits@4f2a9c1b7d3e")
_OLD = Arm("d" * 64, "digits@0123456789ab")


def metric(**different: Any) -> MetricFinding:  # noqa: ANN401 - any field may differ
    """An error rate half of whose evidence against the new release is there."""
    made = MetricFinding(
        metric="error-rate",
        kind=MetricKind.SHARE,
        verdict=MetricVerdict.INSUFFICIENT,
        alpha=Decimal("0.03"),
        margin=Decimal("0.005"),
        new_count=1_204,
        old_count=4_811,
        new_value=0.0125,
        old_value=0.0052,
        estimate=0.0073,
        lower=-0.001,
        upper=0.0162,
        evidence=1.7533,
        reason="too few requests yet to tell",
    )
    return replace(made, **different)


def _finding() -> AnalysisFinding:
    mean: dict[str, Any] = {"kind": MetricKind.MEAN, "alpha": Decimal("0.01")}
    latency = metric(
        metric="latency", **mean, margin=Decimal("0.1"), verdict=MetricVerdict.NOT_WORSE, reason="", evidence=-3.0,
        new_value=5_200.0, old_value=5_100.0, estimate=0.0196, lower=-0.021, upper=0.0612,
    )  # fmt: skip
    cost = metric(
        metric="cost-per-inference", **mean, margin=Decimal("0.2"), reason="no data yet of the new release",
        evidence=0.0, new_count=0, new_value=None, old_value=1_900.0, estimate=None, lower=None, upper=None,
    )  # fmt: skip
    return AnalysisFinding(NOON, (metric(), latency, cost))


def rollout(**different: Any) -> Rollout:  # noqa: ANN401 - any field may differ
    """A canary at the first of two steps."""
    steps = (CanaryStep(weight=20), CanaryStep(weight=50))
    made = Rollout(
        id="digits@4f2a9c1b7d3e-20261123T120005",
        environment="prod",
        model="digits",
        new=_NEW,
        old=_OLD,
        commit="4f2a9c1b7d3e" + "0" * 28,
        strategy=ReleaseStrategy(strategy="canary", steps=steps),
        analysis="default",
        started=NOON - timedelta(minutes=2),
        phase=Phase.STEPPING,
        since=NOON,
        ready=True,
        exposure=Exposure(1_204, 9),
    )
    return replace(made, **different)


def view(**different: Any) -> RolloutView:  # noqa: ANN401 - any field of the rollout, or of its view, may differ
    """That canary with three measures: one open, one passed, one without data."""
    own = {name: different.pop(name) for name in ("shares", "finding", "refused", "resting") if name in different}
    shares = ((_OLD.name, 80), (_NEW.name, 20))
    made = RolloutView(rollout(**different), shares, _finding(), (), NOON, None)
    return replace(made, **own)


def taken_back(**different: Any) -> Quarantine:  # noqa: ANN401 - any field may differ
    """What became of the new release after a verdict against it."""
    told = "error-rate is worse: +0.73 points (+0.1 to +1.62; 1204 against 4811 observations)"
    made = Quarantine(
        _NEW.digest, _NEW.name, _OLD.name, _OLD.digest, told, "error-rate", "1204 requests met it", "r-1",
        outcome="reverted by commit 89abcdef0123", settled=True,
    )  # fmt: skip
    return replace(made, **different)


def outlook(**different: Any) -> Outlook:  # noqa: ANN401 - any field may differ
    """A canary that needs nearly a day."""
    made = Outlook(
        environment="prod",
        model="digits",
        strategy="canary",
        rate=30.25,
        weight=5,
        baseline=0.005,
        assumed=True,
        margin=0.005,
        stop_minutes=610.0,
        pass_minutes=1140.0,
        pass_minutes_p90=2460.0,
        longest=timedelta(days=1),
    )
    return replace(made, **different)

"""Rollouts that a page must tell apart: under way with endless early bounds, taken back, promoted by a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from math import inf

from fairlead.deliver.performance import Performance, Spread
from fairlead.domain.analysis import AnalysisFinding, MetricFinding, MetricKind, MetricVerdict
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.journal import GENESIS, Actor, Draft, Record, chain
from fairlead.domain.release_strategy import CanaryStep, MaxExposure, ReleaseStrategy
from fairlead.domain.rollout import Arm, Exposure, Phase, Rollout
from fairlead.flows.delivery_metrics import DeliveryMetrics
from fairlead.flows.promotion_standing import SOAK, Station
from fairlead.flows.rollouts.asking import RolloutView
from fairlead.flows.rollouts.kept import Point
from fairlead.flows.rollouts.quarantine import Quarantine
from fairlead.kernel.digests import sha256_hex
from tests.unit.web import sample

__all__ = ["aborted", "delivery", "metric", "points", "reverts", "rollouts", "stations", "stepping"]

NEW, OLD = (Arm(sha256_hex(each.id.encode()), f"assistant@{each.id[:12]}") for each in (sample.ALAN, sample.ADA))
STEPS = (CanaryStep(weight=5), CanaryStep(weight=25), CanaryStep(weight=60))


def metric(name: str = "latency", **differs: object) -> MetricFinding:
    """A mean, or where it is said a share, that is not worse; a test states only what differs."""
    values: dict[str, object] = {
        "metric": name, "kind": MetricKind.MEAN, "verdict": MetricVerdict.NOT_WORSE, "alpha": Decimal("0.01"),
        "margin": Decimal("0.2"), "new_count": 1_706, "old_count": 13_294, "new_value": 3_012.0, "old_value": 3_040.0,
        "estimate": 0.0016, "lower": -0.042, "upper": 0.047, "evidence": 0.2,
    }  # fmt: skip
    if differs.get("kind") is MetricKind.SHARE:
        share = {"new_value": 0.0123, "old_value": 0.0118, "estimate": 0.0005, "lower": -0.004, "upper": 0.0052}
        values |= {**share, "margin": Decimal("0.02")}
    return MetricFinding(**{**values, **differs})  # type: ignore[arg-type]


def points(number: int = 40) -> tuple[Point, ...]:
    """Looks whose bounds close in; the first ones know no upper bound, and of one measure nothing for long."""
    made = []
    for place in range(number):
        reach = 0.5 / (place + 1) ** 0.7
        share = (0.001, -reach / 3, inf if place < 2 else reach / 3)
        late = (None, None, None) if place < 30 else (0.02, -reach * 4, reach * 4)
        at = sample.NOW - timedelta(seconds=10 * (number - place))
        looks = {"latency": (0.0016, -reach, None if place < 3 else reach), "error-rate": share, "latency-p99": late}
        made.append(Point(at, 5 if place < 20 else 25, looks))
    return tuple(made)


def stepping(**differs: object) -> RolloutView:
    """A canary at its second step, which waits for a verdict."""
    strategy = ReleaseStrategy(strategy="canary", steps=STEPS, max_exposure=MaxExposure(requests=20_000))
    values: dict[str, object] = {
        "id": "r1", "environment": "prod", "model": "assistant", "new": NEW, "old": OLD, "commit": sample.ALAN.id,
        "strategy": strategy, "analysis": "default", "started": sample.NOW - timedelta(minutes=7),
        "phase": Phase.STEPPING, "since": sample.NOW - timedelta(minutes=3), "ready": True, "step": 1,
        "exposure": Exposure(1_706, 9),
    }  # fmt: skip
    metrics = (
        metric("error-rate", kind=MetricKind.SHARE, new_value=0.0012, old_value=0.001),
        metric(),
        metric("latency-p99", kind=MetricKind.SHARE, verdict=MetricVerdict.INSUFFICIENT, reason="too few requests yet"),
        metric("answers", kind=MetricKind.SHARE, verdict=MetricVerdict.INSUFFICIENT, new_value=None, old_value=None,
               new_count=0, old_count=0, estimate=None, lower=None, upper=None, reason="no data: " + sample.HOSTILE),
    )  # fmt: skip
    rollout = Rollout(**{**values, **differs})  # type: ignore[arg-type]
    shares = ((OLD.name, 75), (NEW.name, 25))
    return RolloutView(rollout, shares, AnalysisFinding(sample.NOW, metrics), points(), sample.NOW, None)


def aborted() -> RolloutView:
    """A canary that was taken back, whose release is refused while its revert waits for its merge."""
    begun = stepping(environment="staging")
    rollout = replace(
        begun.rollout, id="r2", phase=Phase.ABORTED, step=0, reason=f"error-rate is worse: {sample.HOSTILE}"
    )
    refused = Quarantine(NEW.digest, NEW.name, OLD.name, OLD.digest, rollout.reason, "error-rate", "e = 41", "12")
    bad = metric(
        "error-rate",
        kind=MetricKind.SHARE,
        verdict=MetricVerdict.WORSE,
        evidence=9.0,
        new_value=0.041,
        estimate=0.029,
        lower=0.004,
        upper=0.061,
    )
    finding = AnalysisFinding(sample.NOW, (bad,))
    return replace(begun, rollout=rollout, shares=((OLD.name, 100),), finding=finding, refused=refused)


def rollouts() -> tuple[RolloutView, ...]:
    """One under way, one taken back, one that is over."""
    over = stepping(id="r3", model="digits", phase=Phase.COMPLETED, reason="promoted by Ada", overrides=1)
    return stepping(), aborted(), replace(over, shares=((NEW.name, 100),))


def reverts() -> tuple[Record, ...]:
    """What the journal says of the one that was taken back, newest first."""
    body = {"branch": "fairlead/revert-assistant", "pullRequest": "https://git.example/pulls/7", "bad": NEW.name}
    hostile = {**body, "pullRequest": "javascript:alert(1)"}
    place = ("staging", "assistant", NEW.digest, sample.REVERT.id)
    actor = Actor("fairlead", claimed=False)
    first = chain(
        1, sample.NOW - timedelta(seconds=30), Draft("revert.committed", actor, *place, body=hostile), GENESIS
    )
    second = Draft("revert.proposed", actor, *place, body=body)
    return chain(2, sample.NOW - timedelta(seconds=20), second, first.digest), first


def stations() -> tuple[Station, ...]:
    """Staging soaks; prod is the last one."""
    soak = Finding(
        "models/assistant/model.yaml", 0, 0, SOAK, f"{NEW.name} runs in staging for 4m of 10m", "wait for 6m",
        Severity.INSUFFICIENT, "assistant", "prod",
    )  # fmt: skip
    since = sample.NOW - timedelta(minutes=4)
    opens = sample.NOW + timedelta(hours=5)
    return (
        Station("dev", OLD.name, OLD.digest, since, "", "staging", (), timedelta(0), 0, None, sample.NOW),
        Station(
            "staging",
            NEW.name,
            NEW.digest,
            since,
            "",
            "prod",
            (soak,),
            timedelta(minutes=6),
            2,
            ("bob@example.com",),
            opens,
        ),
        Station("prod", "", "", None, sample.ADA.id, "", (), timedelta(0), 0, None, None),
    )


def delivery() -> tuple[DeliveryMetrics, ...]:
    """One that has figures, and one of which too little is known."""
    window = (sample.NOW - timedelta(days=30), sample.NOW)
    known = Performance(
        *window, 2_592_000.0, 24, 0.8, Spread(24, 900.0, 5_400.0), 0, 26, 2, 2 / 26, Spread(2, 41.0, None), 0
    )
    unknown = Performance(*window, 60.0, 1, None, Spread(0, None, None), 1, 0, 0, None, Spread(0, None, None), 0)
    lacking = ("deployment-frequency", "lead-time", "change-failure-rate", "recovery-time")
    return DeliveryMetrics("prod", "assistant", known, ()), DeliveryMetrics("staging", "ranker", unknown, lacking)

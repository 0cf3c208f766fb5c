"""What a rollout's traffic promises: pure, from what was measured and what is declared."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from fairlead.domain.analysis import DEFAULT_ANALYSIS, AnalysisMetric, AnalysisSpec
from fairlead.domain.finding import Severity
from fairlead.domain.outlook import Outlook
from fairlead.domain.release_strategy import CanaryStep, ReleaseStrategy
from fairlead.flows.rollouts.outlook import MeasuredTraffic, foretell, outlook_findings

DAY = timedelta(days=1)
CANARY = ReleaseStrategy(strategy="canary")


def told(
    requests: int, errors: int = 0, *, strategy: ReleaseStrategy = CANARY, analysis: AnalysisSpec = DEFAULT_ANALYSIS
) -> Outlook | None:
    """The outlook of a day with so many requests."""
    return foretell("prod", "digits", strategy, analysis, MeasuredTraffic(requests, errors, DAY))


def test_a_busy_model_needs_minutes() -> None:
    """6,000 requests a minute, 5 % of them for the new release: a verdict within the day, and no warning."""
    found = told(6_000 * 1440)
    assert found is not None
    assert (found.rate, found.weight, found.assumed) == (6_000, 5, True)
    assert found.pass_minutes is not None
    assert found.pass_minutes < 60
    assert list(outlook_findings([found])) == []


def test_a_quiet_model_is_warned_of_before_the_start() -> None:
    """30 requests a minute need longer than a day: a warning, with the choice in its mend."""
    found = told(30 * 1440)
    assert found is not None
    (finding,) = outlook_findings([found])
    assert (finding.rule, finding.severity) == ("rollout/too-little-traffic", Severity.WARNING)
    assert not finding.blocks
    assert (finding.model, finding.environment, finding.path) == ("digits", "prod", "models/digits/model.yaml")
    assert "30 requests per minute, 5 % of them to the new release" in finding.message
    assert "aborted without one after 1d" in finding.message
    assert all(each in finding.mend for each in ("first weight", "margin", "longest", "blueGreen"))


def test_measured_errors_count() -> None:
    """Where requests failed the baseline is measured, and more failures take longer to judge."""
    calm, rough = told(6_000 * 1440, 600 * 14), told(6_000 * 1440, 60_000 * 14)
    assert calm is not None
    assert rough is not None
    assert not calm.assumed
    assert calm.pass_minutes is not None
    assert rough.pass_minutes is not None
    assert calm.baseline < rough.baseline
    assert calm.pass_minutes < rough.pass_minutes


def test_no_traffic_gives_no_verdict() -> None:
    """A model that nobody asks is told to need longer than can be told."""
    found = told(0)
    assert found is not None
    assert (found.rate, found.pass_minutes) == (0, None)
    assert [each.rule for each in outlook_findings([found])] == ["rollout/too-little-traffic"]


def test_a_margin_of_nothing_is_never_passed() -> None:
    """Nobody can prove that a release is not worse at all."""
    strict = AnalysisSpec(name="strict", metrics=(AnalysisMetric(name="error-rate", margin=Decimal(0)),))
    found = told(6_000 * 1440, analysis=strict)
    assert found is not None
    assert found.pass_minutes is None


@pytest.mark.parametrize(
    ("strategy", "analysis"),
    [
        (ReleaseStrategy(), DEFAULT_ANALYSIS),
        (ReleaseStrategy(strategy="canary", steps=(CanaryStep(weight=10, analysis=False),)), DEFAULT_ANALYSIS),
        (CANARY, AnalysisSpec(name="slow", metrics=(AnalysisMetric(name="latency"),))),
    ],
)
def test_where_the_error_rate_judges_nothing_nothing_is_told(strategy: ReleaseStrategy, analysis: AnalysisSpec) -> None:
    """Blue and green, steps of time alone, and analyses of other measures have no such outlook."""
    assert told(6_000 * 1440, strategy=strategy, analysis=analysis) is None


def test_the_first_judged_step_counts() -> None:
    """A step that waits for time alone needs no verdict."""
    steps = (CanaryStep(weight=1, analysis=False), CanaryStep(weight=20))
    found = told(6_000 * 1440, strategy=ReleaseStrategy(strategy="canary", steps=steps))
    assert found is not None
    assert found.weight == 20


def test_a_shadow_is_judged_by_its_copies() -> None:
    """The old release answers all requests and the new one gets copies: more to compare than in a canary."""
    shadow, canary = told(600 * 1440, strategy=ReleaseStrategy(strategy="shadow", share=50)), told(600 * 1440)
    assert shadow is not None
    assert canary is not None
    assert shadow.pass_minutes is not None
    assert canary.pass_minutes is not None
    assert shadow.pass_minutes < canary.pass_minutes

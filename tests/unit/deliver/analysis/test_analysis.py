"""From blocks to a verdict: worse stops, not worse goes on, and nothing passes for lack of data."""

from __future__ import annotations

import json
from decimal import Decimal
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.deliver.analysis.analysis import begin, judge, observe
from fairlead.deliver.analysis.state import from_json, to_json
from fairlead.domain.analysis import (
    DEFAULT_ANALYSIS,
    AnalysisMetric,
    Block,
    CsvSource,
    MetricKind,
    MetricVerdict,
    Sample,
)
from tests.unit.deliver.analysis.samples import AT, analysis, hits, latencies, look, only, repeated

WORSE, NOT_WORSE, INSUFFICIENT = MetricVerdict.WORSE, MetricVerdict.NOT_WORSE, MetricVerdict.INSUFFICIENT
ERRORS = analysis("error-rate")


def test_nothing_seen_is_insufficient_and_says_why() -> None:
    """Of each metric."""
    found = look(begin(DEFAULT_ANALYSIS))
    assert found.verdict is INSUFFICIENT
    assert {each.reason for each in found.metrics} == {"no data yet of the new release"}
    assert [each.lower for each in found.metrics] == [None, None]


def test_ten_times_the_errors_are_worse() -> None:
    """Within 400 requests of each arm, with the figures that say so."""
    found = only(look(repeated(begin(ERRORS), {"error-rate": hits(10, 1)}, 4)))
    assert (found.verdict, found.kind) == (WORSE, MetricKind.SHARE)
    assert (found.new_count, found.old_count, found.new_value, found.old_value) == (400, 400, 0.1, 0.01)
    assert found.estimate == pytest.approx(0.09)
    assert found.evidence >= log(20)
    assert found.upper is not None
    assert found.upper > found.margin


def test_equal_error_rates_pass_in_the_end_and_not_before() -> None:
    """Once the difference is surely below the margin."""
    few = repeated(begin(ERRORS), {"error-rate": hits(1, 1)}, 10)
    early = only(look(few))
    assert (early.verdict, early.reason) == (INSUFFICIENT, "too few requests yet to tell")
    late = only(look(repeated(few, {"error-rate": hits(1, 1)}, 150)))
    assert late.verdict is NOT_WORSE
    assert late.upper is not None
    assert late.upper < late.margin


def test_a_difference_that_is_sure_and_within_the_margin_passes() -> None:
    """Not worse takes precedence over the evidence."""
    spec = analysis(AnalysisMetric(name="error-rate", margin=Decimal("0.05")))
    found = only(look(repeated(begin(spec), {"error-rate": hits(2, 1)}, 200)))
    assert found.verdict is NOT_WORSE
    assert found.evidence > log(20)
    assert found.lower is not None
    assert found.lower > 0


def test_a_measure_without_fresh_data_never_passes() -> None:
    """Whatever was known before; but what is worse stays worse."""
    good = repeated(begin(ERRORS), {"error-rate": hits(0, 0)}, 100)
    assert look(good).verdict is NOT_WORSE
    stale = only(look(good, error_rate="no sample for 2m"))
    assert (stale.verdict, stale.reason) == (INSUFFICIENT, "no sample for 2m")
    bad = repeated(begin(ERRORS), {"error-rate": hits(50, 0)}, 5)
    assert look(bad, error_rate="no sample for 2m").verdict is WORSE


def test_one_arm_alone_is_insufficient() -> None:
    """A comparison needs both."""
    block = {"error-rate": Block(Sample(1_000, 900), Sample())}
    found = only(look(repeated(begin(ERRORS), block, 20)))
    assert (found.verdict, found.reason) == (INSUFFICIENT, "no data yet of the old release")


@pytest.mark.parametrize(("ratio", "verdict"), [(1.0, NOT_WORSE), (1.3, WORSE), (0.7, NOT_WORSE)])
def test_latency_is_compared_by_its_logarithm(ratio: float, verdict: MetricVerdict) -> None:
    """And shown as a ratio less 1."""
    spec, rng = analysis("latency"), np.random.default_rng(4)
    state = begin(spec)
    for _ in range(200):
        state = observe(state, {"latency": latencies(rng, ratio)})
    found = only(look(state))
    assert (found.verdict, found.kind) == (verdict, MetricKind.MEAN)
    assert found.estimate == pytest.approx(ratio - 1, abs=0.05)
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower < ratio - 1 < found.upper
    assert found.old_value == pytest.approx(np.exp(3), rel=0.05)


@pytest.mark.parametrize(
    ("better", "new", "verdict"),
    [
        ("higher", 30, WORSE),
        ("higher", 70, NOT_WORSE),
        ("same", 30, WORSE),
        ("same", 70, WORSE),
        ("same", 50, NOT_WORSE),
    ],
)
def test_a_share_may_be_better_high_or_the_same(better: str, new: int, verdict: MetricVerdict) -> None:
    """In whichever direction it was declared."""
    metric = AnalysisMetric.model_validate({"name": "error-rate", "better": better, "margin": Decimal("0.06")})
    spec = analysis(metric)
    found = only(look(repeated(begin(spec), {"error-rate": hits(new, 50)}, 100)))
    assert found.verdict is verdict


def test_a_mean_from_elsewhere_may_be_better_high() -> None:
    """A fifth less of what should be high is worse."""
    source = CsvSource(path="accuracy.csv")
    spec = analysis(AnalysisMetric(name="accuracy", better="higher", csv=source))
    rng, state = np.random.default_rng(6), begin(spec)
    for _ in range(40):
        state = observe(state, {"accuracy": Block(Sample(1, log(0.7) + rng.normal(0, 0.02)), Sample(1, log(0.9)))})
    assert only(look(state)).verdict is WORSE


def test_slo_burn_is_held_against_its_budget() -> None:
    """By the new arm alone; without an objective it is insufficient, and says so."""
    spec = analysis("slo-burn")
    good, bad = Block(Sample(100, 0), Sample()), Block(Sample(100, 5), Sample())
    state = begin(spec, {"slo-burn": 0.01})
    assert only(look(repeated(state, {"slo-burn": good}, 10))).verdict is NOT_WORSE
    found = only(look(repeated(state, {"slo-burn": bad}, 10)))
    assert (found.verdict, found.kind, found.old_value) == (WORSE, MetricKind.BOUND, 0.01)
    assert found.estimate == pytest.approx(0.04)
    without = only(look(repeated(begin(spec), {"slo-burn": bad}, 10)))
    assert without.verdict is INSUFFICIENT
    assert "no such objective" in without.reason


def test_answers_that_differ_are_held_against_the_margin() -> None:
    """One in a hundred by default."""
    spec = analysis("answers")
    few, many = ({"answers": Block(Sample(1_000, differ), Sample())} for differ in (2, 30))
    assert only(look(repeated(begin(spec), few, 5))).verdict is NOT_WORSE
    assert only(look(repeated(begin(spec), many, 5))).verdict is WORSE


def test_one_worse_measure_stops_and_all_must_pass() -> None:
    """The verdict over all, and the one that is worst."""
    spec = analysis("error-rate", "latency-p95", "latency-p99")
    blocks = {"error-rate": hits(0, 0), "latency-p95": hits(30, 5), "latency-p99": hits(1, 1)}
    found = look(repeated(begin(spec), blocks, 30))
    assert found.verdict is WORSE
    assert found.worst is not None
    assert found.worst.metric == "latency-p95"


def test_alpha_is_parted_before_the_start() -> None:
    """Error rate 3 %, latency the rest."""
    found = judge(begin(DEFAULT_ANALYSIS), AT, {})
    assert [str(each.alpha) for each in found.metrics] == ["0.03", "0.02"]


def test_unknown_measures_are_refused() -> None:
    """With those that are known."""
    with pytest.raises(ValueError, match="`memory` has no source; known without one: answers, cost"):
        begin(analysis("memory"))
    with pytest.raises(ValueError, match="has no measure `latency`; it has: error-rate"):
        observe(begin(ERRORS), {"latency": hits(1, 1)})


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.floats(-9, 9)), max_size=6))
def test_a_state_survives_json_exactly(some: list[tuple[int, int, float]]) -> None:
    """Killed at any look, an analysis goes on with the very same sums."""
    spec = analysis("error-rate", "latency", "slo-burn", "predictions")
    state = begin(spec, {"slo-burn": 0.1})
    for new, old, value in some:
        mean = Block(Sample(30, 30 * value), Sample(7, value / 3))
        share = hits(new, old, 30)
        state = observe(
            state, {"error-rate": share, "latency": mean, "slo-burn": share, "predictions/a": hits(new, old, 30)}
        )
        assert from_json(json.loads(json.dumps(to_json(state)))) == state


def test_terms_hold_as_they_were_declared_at_the_start() -> None:
    """They are kept with the sums, so nobody can widen a margin after having seen them."""
    spec = analysis(AnalysisMetric(name="error-rate", margin=Decimal("0.02"), alpha=Decimal("0.01")))
    again = from_json(json.loads(json.dumps(to_json(begin(spec)))))
    assert again.spec == spec
    assert only(look(again)).margin == Decimal("0.02")

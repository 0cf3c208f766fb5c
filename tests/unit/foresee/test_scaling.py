"""The scaling simulator, its trace, its configuration and its policies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairlead.foresee.reading.table import read_lines
from fairlead.foresee.scaling.config import Detail, ServiceModel, Slo, parse_config
from fairlead.foresee.scaling.demand import TRACE, Trace, demand_per_step, trace_of
from fairlead.foresee.scaling.oracle import oracle_replay, oracle_replica_seconds
from fairlead.foresee.scaling.policies.base import Observed, Policy
from fairlead.foresee.scaling.policies.predictive import Predictive
from fairlead.foresee.scaling.policies.reactive import CronWindow, Hpa, KedaLike, Static
from fairlead.foresee.scaling.policies.scheduled import Scheduled
from fairlead.foresee.scaling.policies.table import build_policy
from fairlead.foresee.scaling.simulate import simulate
from fairlead.kernel.errors import UsageError


def service(**changes: float | Slo) -> ServiceModel:
    """Ten requests a second and replica, ready after a minute, steps of 30 s."""
    fields: dict[str, Any] = {
        "capacity_rps": 10.0,
        "time_to_ready_s": 60.0,
        "step_s": 30.0,
        "scale_down_hold_s": 300.0,
        "min": 1,
        "max": 100,
        "slo": Slo(30.0, 0.01),
    }
    return ServiceModel(**{**fields, **changes})


def asked(seconds_of_work: list[float]) -> NDArray[np.float64]:
    """Demand in replicas' worth of a step."""
    return np.array(seconds_of_work) * 300


def place(*path: str) -> str:
    """Where a field stands, as far as these tests care."""
    return "/".join(("sim.yaml", *path))


class Script:
    """A policy that orders what it was told to."""

    expected = 0.0

    def __init__(self, orders: list[int]) -> None:
        self._orders = orders

    def order(self, seen: Observed) -> int:
        """Return the order written for the step."""
        return self._orders[seen.step]


def test_orders_become_ready_late_and_leave_at_once() -> None:
    """A replica serves after its time to ready and is paid from its order; scaling down takes effect at once."""
    replay = simulate(asked([1] * 6), service(), Script([1, 3, 3, 3, 2, 3]))
    assert replay.ready.tolist() == [1, 1, 1, 3, 2, 2]
    assert replay.outcome().replica_seconds == 15 * 30


def test_waiting_requests_are_counted_when_their_wait_runs_out() -> None:
    """Three replicas' worth on one replica: first come, first served; what waits over a step is late, once."""
    replay = simulate(asked([3, 0, 0, 0]), service(), Static(1))
    assert replay.queue.tolist() == [600, 300, 0, 0]
    assert replay.late.tolist() == [0, 300, 0, 0]
    assert replay.outcome().late_share == pytest.approx(1 / 3)


def test_bounds_hold_whatever_a_policy_orders() -> None:
    """Neither too few nor too many replicas are ever ordered."""
    replay = simulate(asked([1] * 3), service(min=2, max=4), Script([0, 99, 3]))
    assert replay.ordered.tolist() == [2, 4, 3]


def test_counting_starts_when_told() -> None:
    """Cost and lateness of the learning part stay outside of the outcome."""
    replay = simulate(asked([5, 0, 0, 0, 0, 0, 1, 1]), service(), Static(2))
    assert replay.outcome(180).late_share == 0
    assert replay.outcome(180).replica_seconds == 2 * 2 * 30


def test_hpa_follows_utilisation_and_stabilises() -> None:
    """Full replicas are scaled by 1/0.7; a quiet step alone does not scale down."""
    policy = Hpa(service())
    busy = Observed(1, 30, demand=3000, queue=0, late=0, ready=10, ordered=10)
    quiet = Observed(2, 60, demand=300, queue=0, late=0, ready=10, ordered=15)
    assert (policy.order(busy), policy.order(quiet)) == (15, 15)


def test_keda_takes_the_largest_wish_and_can_be_paused() -> None:
    """Cron windows set a floor, also past midnight; a pause overrules all."""
    night = CronWindow(start_s=82_800, end_s=3_600, replicas=7)
    seen = Observed(1, 1_800, demand=300, queue=0, late=0, ready=1, ordered=1)
    assert KedaLike(service(), windows=[night]).order(seen) == 7
    assert KedaLike(service(), windows=[night], paused_at=3).order(seen) == 3
    assert KedaLike(service()).order(Observed(1, 1_800, 300, 600, 0, 1, 1)) == 4


def noisy_days(days: int, seed: int = 3) -> NDArray[np.float64]:
    """Daily demand of five to fifteen replicas' worth with noise, in steps of 30 s."""
    rng = np.random.default_rng(seed)
    hours = np.arange(days * 2880) / 120
    return asked(((10 + 5 * np.sin(hours * 2 * np.pi / 24)) * rng.gamma(40, 1 / 40, len(hours))).tolist())


def test_predictive_keeps_the_slo_without_hindsight() -> None:
    """After two days the calibrated policy keeps the SLO and costs less than a rule that keeps it too."""
    demand, model = noisy_days(3), service(time_to_ready_s=240.0)
    predictive = simulate(demand, model, Predictive(model)).outcome(2 * 86_400)
    hpa = simulate(demand, model, Hpa(model)).outcome(2 * 86_400)
    assert predictive.late_share <= 0.01
    assert predictive.replica_seconds < hpa.replica_seconds


@pytest.mark.parametrize("make", [Hpa, KedaLike, Predictive])
def test_a_policy_sees_nothing_of_the_future(make: type[Hpa | KedaLike | Predictive]) -> None:
    """Demand after a step does not change what was ordered until that step."""
    demand, model = noisy_days(1)[:600], service()
    other = demand.copy()
    other[400:] *= 3

    def orders(values: NDArray[np.float64]) -> NDArray[np.int64]:
        policy: Policy = make(model)
        return simulate(values, model, policy).ordered[:401]

    np.testing.assert_array_equal(orders(demand), orders(other))


def test_oracle_is_a_lower_bound_and_knows_the_future() -> None:
    """For one known peak it orders just the peak, early enough; no policy is cheaper."""
    model = service(min=0, slo=Slo(30.0, 0.0))
    assert oracle_replica_seconds(asked([0, 0, 4, 0]), model) == pytest.approx((2 + 2 + 2 + 2) * 30)
    demand = noisy_days(1)[:400]
    assert (
        oracle_replica_seconds(demand, service()) <= simulate(demand, service(), Static(16)).outcome().replica_seconds
    )


def test_clients_add_up_and_gaps_are_counted() -> None:
    """Clients of a trace are added; a window without a row is a line between its neighbours, and is counted."""
    rows = ["a,0,2", "b,0,1", "a,600,2", "b,600,1", "a,1200,2", "a,1800,2", "b,1800,3"]
    trace = trace_of(read_lines(["client,window_start_s,rate_rps", *rows], stem="t", where="t.csv", wanted=TRACE))
    assert (trace.rates.tolist(), trace.interpolated, trace.window) == ([3, 3, 4, 5], 1, 600)


def test_requests_are_counts_per_window() -> None:
    """A trace of counts is divided by its window."""
    trace = trace_of(read_lines(["time,requests", "0,600", "600,1200"], stem="t", where="t.csv", wanted=TRACE))
    assert trace.rates.tolist() == [1, 2]


def test_windows_are_those_of_all_clients() -> None:
    """A client with one row has no window of its own, and unreadable times are left out."""
    rows = ["a,0,60", "a,600,60", "b,600,600", "c,soon,7"]
    trace = trace_of(read_lines(["client,time,requests", *rows], stem="t", where="t.csv", wanted=TRACE))
    assert (trace.window, trace.rates.tolist()) == (600, [0.1, 1.1])


def test_variations_of_clients_are_weighed_by_their_rates() -> None:
    """The squares are weighed; without the column nothing is known."""
    rows = ["a,0,1,3", "b,0,3,1", "a,600,1,3"]
    trace = trace_of(read_lines(["client,time,rate_rps,cv", *rows], stem="t", where="t.csv", wanted=TRACE))
    assert trace.variations is not None
    assert trace.variations.tolist() == pytest.approx([np.sqrt(3), 3])
    plain = trace_of(read_lines(["time,requests", "0,1", "60,2"], stem="t", where="t.csv", wanted=TRACE))
    assert plain.variations is None


def test_one_odd_time_does_not_fill_the_memory() -> None:
    """A row of long ago is left out where the windows between would be too many."""
    rows = ["-1e12,1", *(f"{second},1" for second in range(10))]
    trace = trace_of(read_lines(["time,requests", *rows], stem="t", where="t.csv", wanted=TRACE))
    assert len(trace.rates) == 10


def test_steps_longer_than_windows_hold_all_of_them() -> None:
    """No request is lost, and no window stands for its neighbours."""
    trace = Trace(0, 60, np.array([1.0, 2.0, 3.0, 4.0]), 0)
    assert demand_per_step(trace, 120, Detail.STEPS, np.random.default_rng(0)).tolist() == [180, 420]


def test_the_oracles_plan_is_what_it_costs() -> None:
    """Orders add up to the bound, served is what is ready, and no more is given up than the SLO allows."""
    demand = asked([1, 1, 5, 1, 1, 8, 2, 1])
    plan = oracle_replay(demand, service())
    assert plan.outcome().replica_seconds == pytest.approx(oracle_replica_seconds(demand, service()))
    assert plan.outcome().late_share <= 0.01 + 1e-9
    assert (plan.ready <= plan.ordered).all()


@given(st.integers(0, 1000))
def test_drawn_demand_has_the_stated_mean_and_variance(seed: int) -> None:
    """Negative binomial steps have the rate's mean and the squared variation times the mean as variance."""
    trace = Trace(0, 600, np.full(100, 10.0), 0)
    drawn = demand_per_step(trace, 10, Detail.STEPS, np.random.default_rng(seed), [3.0])
    assert len(drawn) == 6000
    assert drawn.mean() == pytest.approx(100, rel=0.03)
    assert drawn.var() == pytest.approx(900, rel=0.2)


def test_smooth_demand_has_no_steps() -> None:
    """Between the centres of two windows the rate is a line."""
    trace = Trace(0, 600, np.array([0.0, 6000.0]), 0)
    drawn = demand_per_step(trace, 60, Detail.SMOOTH, np.random.default_rng(0))
    assert drawn[0] == 0
    assert drawn[10] / 60 == pytest.approx(6000 * 330 / 600, rel=0.01)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"capacity": 3}, "unknown field 'capacity'.*capacity_rps"),
        ({"capacity_rps": 0}, "capacity_rps is 0"),
        ({"time_to_ready_s": "soon"}, "time_to_ready_s is 'soon'"),
        ({"detail": "fine"}, "one of steps, smooth"),
        ({"min": 5, "max": 2}, "min 5 is above max 2"),
        ({"slo": {"wait": 3}}, "sim.yaml/slo/wait: unknown field 'wait'.*wait_s"),
        ({"slo": {"max_share": 1.5}}, "sim.yaml/slo/max_share: max_share is 1.5.*0.01 is 1 %"),
        ({"slo": 5}, "slo holds no fields"),
        ({"policy": "hpa"}, "policy holds no fields"),
        ({"min": 1.5}, "min is 1.5.*whole"),
        ({"max": 0, "min": 0}, "max is 0"),
        ({"step_s": float("inf")}, "step_s is inf"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_a_wrong_field_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    """Wrong use of sim.yaml names the field and what would be right."""
    with pytest.raises(UsageError, match=message):
        parse_config({"capacity_rps": 10, "time_to_ready_s": 60, **change}, where=place)


def test_defaults_are_filled_in() -> None:
    """Two fields suffice."""
    config = parse_config({"capacity_rps": 10, "time_to_ready_s": 60}, where=place)
    assert config.service == service(max=1000)
    assert config.policy == {"kind": "predictive"}


def test_scheduled_orders_what_yesterday_needed() -> None:
    """On the second of two equal days the schedule has the peak ready in time."""
    model = service(time_to_ready_s=240.0)
    day = asked([4.0] * 1440 + [12.0] * 1440)
    replay = simulate(np.concatenate([day, day]), model, Scheduled(model))
    assert replay.outcome(86_400).late_share == 0
    assert replay.ordered[2880 + 700] == 5


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "static", "replicas": 3},
        {"kind": "hpa", "target": 0.5},
        {"kind": "keda", "queue_per_replica": 5, "windows": [{"start_s": 0, "end_s": 60, "replicas": 2}]},
        {"kind": "scheduled"},
        {"kind": "predictive", "factor": 1.2},
    ],
)
def test_every_policy_is_built_from_its_fields(fields: dict[str, Any]) -> None:
    """What the file names is what runs."""
    policy = build_policy(fields, service(), where=place)
    assert simulate(asked([1, 1, 1]), service(), policy).ordered.min() >= 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "magic"}, "unknown policy 'magic'.*static, hpa, keda, scheduled, predictive, oracle"),
        ({"kind": ["hpa"]}, "unknown policy"),
        ({"kind": "hpa", "goal": 1}, "sim.yaml/policy/goal: unknown field 'goal'.*target, stabilisation_s"),
        ({"kind": "hpa", "target": 0}, "target is 0.*above 0"),
        ({"kind": "hpa", "target": "much"}, "target is 'much'"),
        ({"kind": "static"}, "static needs replicas"),
        ({"kind": "static", "replicas": 2.5}, "replicas is 2.5.*whole"),
        ({"kind": "keda", "speed": 1}, "unknown field 'speed'.*paused_at"),
        ({"kind": "keda", "windows": 5}, "windows is no list"),
        ({"kind": "keda", "windows": [{"start_s": 0}]}, "other fields.*end_s"),
        ({"kind": "keda", "windows": [{"start_s": 0, "end_s": "noon", "replicas": 1}]}, "end_s is 'noon'"),
    ],
)
def test_an_unknown_policy_or_field_is_refused(fields: dict[str, Any], message: str) -> None:
    """No silent fallback: the message lists what is known."""
    with pytest.raises(UsageError, match=message):
        build_policy(fields, service(), where=place)

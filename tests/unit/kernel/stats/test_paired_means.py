"""Means by paired blocks: false alarms within alpha at all looks, bounds that agree with the test."""

from __future__ import annotations

from math import inf, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.kernel.stats import paired_means
from fairlead.kernel.stats.mixtures import Floats, State


def stream(paths: int, looks: int, effect: float, drift: float = 0.0, seed: int = 5) -> list[State]:
    """States after each look: log-normal latencies, 8 and 24 requests a block."""
    rng, state, states = np.random.default_rng(seed), paired_means.empty((paths,)), []
    for look in range(looks):
        base = 3 + drift * look
        new, old = rng.normal(base + effect, 0.5, (8, paths)), rng.normal(base, 0.5, (24, paths))
        state = paired_means.add(state, summed(new), summed(old))
        states.append(state)
    return states


def summed(values: Floats) -> paired_means.Arm:
    """Count, sums and sums of squares of (requests, paths)."""
    return len(values), values.sum(axis=0), (values**2).sum(axis=0)


def most(states: list[State], difference: float = 0.0, direction: int = 1) -> Floats:
    """The highest evidence of each path, over all looks."""
    found: Floats = np.max([paired_means.evidence(each, difference, direction) for each in states], axis=0)
    return found


@pytest.mark.parametrize("direction", [1, -1])
def test_false_alarms_are_within_alpha_over_all_looks(direction: int) -> None:
    """2,000 paths of 300 looks: alpha and three standard errors."""
    alarms = most(stream(2_000, 300, 0.0), 0.0, direction) >= log(20)
    assert 0.002 < alarms.mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2_000)


def test_a_better_release_is_stopped_less_often_still() -> None:
    """The hypothesis is "not more", not "equal"."""
    assert (most(stream(1_000, 200, -0.05)) >= log(20)).mean() < 0.01


def test_a_tenth_more_is_found() -> None:
    """Nearly always within 300 blocks of 8 and 24 requests."""
    assert (most(stream(200, 300, log(1.1))) >= log(20)).mean() > 0.9


def test_what_moves_both_arms_falls_out() -> None:
    """A drift of all latencies changes nothing at all."""
    still, moving = stream(20, 50, 0.1)[-1], stream(20, 50, 0.1, drift=0.02)[-1]
    assert paired_means.evidence(moving) == pytest.approx(paired_means.evidence(still), rel=1e-6)


def test_one_sided_evidence_is_at_most_that_of_the_exact_posterior() -> None:
    """The closed bound of the t distribution's chance is below it, and close where it matters."""
    stats = pytest.importorskip("scipy.stats")
    t = np.linspace(-6, 6, 200)
    ours = np.exp(paired_means._log_twice_chance(t))  # noqa: SLF001 - the bound itself is the promise
    for freedom in (6, 20, 1_000):
        exact = 2 * stats.t.cdf(t, freedom)
        assert (ours <= exact + 1e-12).all()
        assert (ours[t > 2] > 0.93 * exact[t > 2]).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=6, max_size=30), st.sampled_from([0.05, 0.01]))
def test_bounds_are_where_the_evidence_reaches_the_threshold(differences: list[float], alpha: float) -> None:
    """The interval and the test never contradict each other."""
    state = paired_means.empty()
    for each in differences:
        state = paired_means.add(state, (10, 10 * each, 0), (20, 0.0, 0))
    lower, upper = (float(each) for each in paired_means.bounds(state, -log(alpha)))
    assert lower <= paired_means.estimate(state) <= upper
    if upper < inf:
        slack = 1e-6 + 1e-6 * (upper - lower)
        assert paired_means.evidence(state, upper + slack, -1) >= -log(alpha) - 1e-3
        assert paired_means.evidence(state, lower - slack, 1) >= -log(alpha) - 1e-3
        assert paired_means.evidence(state, 0.9 * upper + 0.1 * lower, -1) < -log(alpha) + 1e-3


def test_few_blocks_say_nothing() -> None:
    """Below six blocks there is no evidence and no bound, however clear it looks."""
    state = paired_means.empty()
    for _ in range(paired_means.LEAST_BLOCKS - 1):
        state = paired_means.add(state, (100, 500.0, 0), (100, 100.0, 0))
    assert paired_means.evidence(state) == 0
    assert [float(each) for each in paired_means.bounds(state, log(20))] == [-inf, inf]


def test_a_measure_that_never_varies_is_compared() -> None:
    """Ten tokens each, always: surely equal; and twelve against ten are surely more."""
    equal, more = paired_means.empty(), paired_means.empty()
    for _ in range(10):
        equal = paired_means.add(equal, (10, 10 * log(10), 0), (10, 10 * log(10), 0))
        more = paired_means.add(more, (10, 10 * log(12), 0), (10, 10 * log(10), 0))
    assert paired_means.evidence(equal, log(1.01), -1) > log(100)
    assert paired_means.evidence(more) > log(100)


def test_an_arm_without_requests_says_nothing() -> None:
    """A block of one arm alone is no comparison."""
    assert not paired_means.add(paired_means.empty(), (10, 12.0, 0), (0, 0.0, 0)).any()


def test_a_small_arm_without_its_rare_slow_requests_yet_is_not_taken_for_faster() -> None:
    """One request in a hundred is a hundred times slower in both arms; 5 and 45 a block, 200 looks, alpha 5 %."""
    rng, paths = np.random.default_rng(9), 400
    known, unknown = paired_means.empty((paths,)), paired_means.empty((paths,))
    alarms = np.zeros((2, paths), dtype=bool)
    for _ in range(200):
        new, old = (np.where(rng.random((count, paths)) < 0.01, log(100), 0.0) for count in (5, 45))
        known = paired_means.add(known, summed(new), summed(old))
        unknown = paired_means.add(unknown, (*summed(new)[:2], 0), (*summed(old)[:2], 0))
        alarms |= np.stack([paired_means.evidence(each, 0.0, -1) for each in (known, unknown)]) >= log(20)
    within, without = alarms.mean(axis=1)
    assert within <= 0.05
    assert without > 0.1

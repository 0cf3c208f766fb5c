"""Bets on shares are worth at most 1 on average, exactly, whatever the rates and however unequal the arms."""

from __future__ import annotations

from itertools import product
from math import comb, exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.kernel.stats import betting, bounded, conditional

ARMS = [(1, 1), (3, 3), (2, 7), (5, 1), (4, 10)]
RATES = [0.0, 0.05, 0.3, 0.5, 0.9]
ROUNDING = 1e-12

Counts = tuple[int, int, int, int]
"""Of a block: requests and failures of the new arm, then of the old one."""


def chance(n: int, hits: int, rate: float) -> float:
    """Of so many hits out of n."""
    return comb(n, hits) * rate**hits * (1 - rate) ** (n - hits)


@pytest.mark.parametrize(("n_new", "n_old"), ARMS)
@pytest.mark.parametrize(("rate", "better_by"), [*product(RATES, [0.0, 0.04, 0.2])])
def test_the_stop_test_is_worth_at_most_1_while_new_is_not_worse(
    n_new: int, n_old: int, rate: float, better_by: float
) -> None:
    """By enumeration of all outcomes of a block."""
    worth = 0.0
    for k_new, k_old in product(range(n_new + 1), range(n_old + 1)):
        state = conditional.add(conditional.empty(), n_new, k_new, n_old, k_old)
        likely = chance(n_new, k_new, max(rate - better_by, 0.0)) * chance(n_old, k_old, rate)
        worth += likely * exp(conditional.evidence(state))
    assert worth <= 1 + ROUNDING


@pytest.mark.parametrize(("n_new", "n_old"), ARMS)
@pytest.mark.parametrize("failed", [0, 1, 2])
def test_the_stop_test_is_worth_1_by_the_assignment_alone(n_new: int, n_old: int, failed: int) -> None:
    """Which requests fail may be fixed beforehand: chance assigns them to the releases."""
    outcomes = range(max(0, failed - n_old), min(failed, n_new) + 1)
    worth = sum(
        comb(n_new, k) * comb(n_old, failed - k) / comb(n_new + n_old, failed)
        * exp(conditional.evidence(conditional.add(conditional.empty(), n_new, k, n_old, failed - k)))
        for k in outcomes
    )  # fmt: skip
    assert worth == pytest.approx(1)


@pytest.mark.parametrize(("n_new", "n_old"), ARMS)
@pytest.mark.parametrize("typical", [0.02, 0.5])
@pytest.mark.parametrize(("rate", "difference"), [*product(RATES, [-0.3, -0.04, 0.0, 0.04, 0.3])])
def test_bets_on_a_difference_are_worth_at_most_1_where_it_holds(
    n_new: int, n_old: int, typical: float, rate: float, difference: float
) -> None:
    """For "at most this" and for "at least this" alike, by enumeration."""
    if not 0 <= rate + difference <= 1:
        return
    for direction in (1, -1):
        worth = 0.0
        for k_new, k_old in product(range(n_new + 1), range(n_old + 1)):
            state = betting.add(betting.empty(), n_new, k_new, n_old, k_old)
            likely = chance(n_new, k_new, rate + difference) * chance(n_old, k_old, rate)
            worth += likely * exp(betting.evidence(state, difference, typical, direction))
        assert worth <= 1 + ROUNDING


@pytest.mark.parametrize("rate", [0.001, 0.05, 0.5, 1.0])
def test_bets_on_a_bound_are_worth_1_at_the_bound(rate: float) -> None:
    """By enumeration of all outcomes of 12 requests."""
    for direction in (1, -1):
        states = bounded.add(bounded.empty((13,)), 12, np.arange(13))
        values = np.exp(bounded.evidence(states, rate, direction))
        assert sum(chance(12, hits, rate) * values[hits] for hits in range(13)) == pytest.approx(1)


@st.composite
def blocks(draw: st.DrawFn) -> Counts:
    """Any block of up to 40 requests an arm."""
    n_new, n_old = draw(st.integers(0, 40)), draw(st.integers(0, 40))
    return n_new, draw(st.integers(0, n_new)), n_old, draw(st.integers(0, n_old))


@settings(max_examples=25, deadline=None)
@given(st.lists(blocks(), min_size=1, max_size=8))
def test_order_is_immaterial_and_arms_are_symmetric(some: list[Counts]) -> None:
    """Blocks may come in any order, and swapping the arms swaps the directions."""
    forth, back, swapped = betting.empty(), betting.empty(), betting.empty()
    for n_new, k_new, n_old, k_old in some:
        forth = betting.add(forth, n_new, k_new, n_old, k_old)
        swapped = betting.add(swapped, n_old, k_old, n_new, k_new)
    for each in reversed(some):
        back = betting.add(back, *each)
    assert np.allclose(forth, back)
    for difference in (-0.4, 0.0, 0.03):
        there, mirrored = betting.evidence(forth, difference, 0.1, 1), betting.evidence(swapped, -difference, 0.1, -1)
        assert np.allclose(there, mirrored)


@settings(max_examples=25, deadline=None)
@given(st.lists(blocks(), min_size=1, max_size=5), st.floats(-1, 1), st.floats(-1, 1))
def test_evidence_against_at_most_d_falls_as_d_rises(some: list[Counts], one: float, other: float) -> None:
    """So the differences that are not refuted are an interval."""
    state = betting.empty()
    for each in some:
        state = betting.add(state, *each)
    less, more = sorted((one, other))
    assert betting.evidence(state, less, 0.02, 1) >= betting.evidence(state, more, 0.02, 1) - 1e-9
    assert betting.evidence(state, less, 0.02, -1) <= betting.evidence(state, more, 0.02, -1) + 1e-9


def test_many_paths_at_once_are_each_as_alone() -> None:
    """The same code serves one rollout and ten thousand."""
    rng = np.random.default_rng(3)
    n_new, n_old = rng.integers(0, 60, 20), rng.integers(0, 60, 20)
    k_new, k_old = rng.binomial(n_new, 0.2), rng.binomial(n_old, 0.1)
    stop = conditional.add(conditional.empty((20,)), n_new, k_new, n_old, k_old)
    bets = betting.add(betting.empty((20,)), n_new, k_new, n_old, k_old)
    for at in range(20):
        counts = (n_new[at], k_new[at], n_old[at], k_old[at])
        assert np.array_equal(conditional.add(conditional.empty(), *counts), stop[at])
        assert np.array_equal(betting.add(betting.empty(), *counts), bets[at])
    alone = [float(betting.bounds(each, log(20), 0.1)[1]) for each in bets[:3]]
    assert betting.bounds(bets, log(20), 0.1)[1][:3] == pytest.approx(alone)


def test_more_failures_of_the_new_release_are_more_evidence() -> None:
    """And fewer are evidence in the other direction."""
    states = conditional.add(conditional.empty((21,)), 20, np.arange(21), 20, 4)
    assert (np.diff(conditional.evidence(states, 1)) > 0).all()
    assert (np.diff(conditional.evidence(states, -1)) < 0).all()


def test_all_of_the_larger_arm_counts() -> None:
    """At 10/90 the bounds are much narrower than pairs of requests would make them."""
    whole = betting.add(betting.empty(), 1_000, 20, 9_000, 180)
    pairs = betting.add(betting.empty(), 1_000, 20, 1_000, 20)
    (low, high), (pair_low, pair_high) = (betting.bounds(each, log(20), 0.02) for each in (whole, pairs))
    assert high - low < 0.85 * (pair_high - pair_low)


def test_an_arm_without_requests_says_nothing() -> None:
    """A block of one arm alone is no comparison."""
    assert not betting.add(betting.empty(), 10, 10, 0, 0).any()
    assert abs(conditional.evidence(conditional.add(conditional.empty(), 10, 10, 0, 0))) < ROUNDING
    assert [float(each) for each in betting.bounds(betting.empty(), log(20), 0.02)] == [-1, 1]


def test_false_stops_of_equal_releases_are_within_alpha_over_all_looks() -> None:
    """2,000 paths of 600 looks, at a rate that drifts and arms that are unequal: alpha and three standard errors."""
    paths, alpha, rng = 2_000, 0.05, np.random.default_rng(11)
    state, most = conditional.empty((paths,)), np.full(paths, -np.inf)
    for look in range(600):
        rate = 0.02 + 0.015 * np.sin(look / 40)
        state = conditional.add(state, 10, rng.binomial(10, rate, paths), 40, rng.binomial(40, rate, paths))
        most = np.maximum(most, conditional.evidence(state))
    assert 0.002 < (most >= -log(alpha)).mean() <= alpha + 3 * np.sqrt(alpha * (1 - alpha) / paths)


def test_bounds_of_a_difference_hold_at_all_looks_together() -> None:
    """The true difference leaves the bounds on either side with chance alpha at most, over 250 looks."""
    paths, alpha, truth, rng = 2_000, 0.05, 0.01, np.random.default_rng(12)
    state, most = betting.empty((paths,)), np.full((2, paths), -np.inf)
    for _ in range(250):
        state = betting.add(state, 30, rng.binomial(30, 0.03, paths), 60, rng.binomial(60, 0.02, paths))
        sides = [betting.evidence(state, truth, 0.02, direction) for direction in (1, -1)]
        most = np.maximum(most, np.stack(sides))
    assert ((most >= -log(alpha)).mean(axis=1) <= alpha + 3 * np.sqrt(alpha * (1 - alpha) / paths)).all()


def test_twice_the_errors_are_found_in_time() -> None:
    """1 % to 2 % at 300 requests a minute and arm: half of 500 paths are stopped within eight minutes."""
    paths, rng = 500, np.random.default_rng(13)
    state, stopped = conditional.empty((paths,)), np.zeros(paths, dtype=bool)
    for _ in range(48):
        state = conditional.add(state, 50, rng.binomial(50, 0.02, paths), 50, rng.binomial(50, 0.01, paths))
        stopped |= conditional.evidence(state) >= -log(0.05)
    assert stopped.mean() > 0.5


@pytest.mark.parametrize(("count", "hits"), [(1, 0), (40, 3), (5_000, 5_000)])
def test_bounds_of_a_share_hold_its_estimate(count: int, hits: int) -> None:
    """And lie in [0, 1]."""
    lower, upper = bounded.bounds(bounded.add(bounded.empty(), count, hits), log(20))
    assert 0 <= lower <= hits / count <= upper <= 1

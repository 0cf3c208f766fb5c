"""The normalisers of the stop test are exact whatever the size of a block, and cheap at 1,000 million requests."""

from __future__ import annotations

import time
from fractions import Fraction
from math import comb, exp, log

import numpy as np
import pytest

from fairlead.kernel.stats import conditional
from fairlead.kernel.stats.hypergeometric import log_moments

ODDS = np.log(np.array([1.0, 1.15, 3.0, 20.0, 0.05]))
BLOCKS = [(10**9 // 2, 10**9 // 2, 10**9 // 2), (10**9 // 20, 10**9, 10**7), (10**9, 10**9, 10**9), (10**9, 1, 10**5)]


def exact(n_new: int, n_old: int, failed: int, odds: Fraction) -> float:
    """Log of the moment by whole numbers."""
    low, high = max(0, failed - n_old), min(failed, n_new)
    total = Fraction()
    for k in range(low, high + 1):
        total += comb(n_new, k) * comb(n_old, failed - k) * Fraction(odds.numerator**k, odds.denominator**k)
    found = total / comb(n_new + n_old, failed)
    return log(found.numerator) - log(found.denominator)


@pytest.mark.parametrize(("n_new", "n_old", "failed"), [(12, 30, 9), (40, 7, 20), (300, 500, 260)])
def test_a_small_block_is_as_counted(n_new: int, n_old: int, failed: int) -> None:
    """By enumeration in whole numbers."""
    found = log_moments(n_new, n_old, failed, np.log([3.0, 0.05]))
    assert found[0] == pytest.approx(exact(n_new, n_old, failed, Fraction(3)), abs=1e-11)
    assert found[1] == pytest.approx(exact(n_new, n_old, failed, Fraction(1, 20)), abs=1e-11)


@pytest.mark.parametrize(("n_new", "n_old", "failed"), [(20_000, 90_000, 11_000), (9_000, 9_000, 12_000)])
def test_a_block_that_is_summed_in_part_is_as_one_summed_whole(
    n_new: int, n_old: int, failed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left out is too small to be told."""
    part = log_moments(n_new, n_old, failed, ODDS)
    monkeypatch.setattr("fairlead.kernel.stats.hypergeometric._WHOLE", 10**6)
    assert part == pytest.approx(log_moments(n_new, n_old, failed, ODDS), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(("n_new", "n_old", "failed"), BLOCKS)
def test_chances_of_a_thousand_million_requests_sum_to_1(n_new: int, n_old: int, failed: int) -> None:
    """And failures that fall on the one arm are those that do not fall on the other."""
    there, back = log_moments(n_new, n_old, failed, ODDS), log_moments(n_old, n_new, failed, -ODDS)
    assert there[0] == pytest.approx(0, abs=1e-8)
    assert there == pytest.approx(back + failed * ODDS, rel=1e-13, abs=1e-6)


def test_large_blocks_of_many_paths_are_each_as_alone() -> None:
    """Counts whose products no number holds do not meet one another's normalisers."""
    n_new = np.array([10**9, 10**9, 3 * 10**6, 2_097_153, 1])
    n_old = np.array([10**9, 1, 5 * 10**6, 2_097_153, 10**9])
    k_new, k_old = n_new // 1000, n_old // 1000
    together = conditional.add(conditional.empty((5,)), n_new, k_new, n_old, k_old)
    for at in range(5):
        alone = conditional.add(conditional.empty(), n_new[at], k_new[at], n_old[at], k_old[at])
        assert np.array_equal(together[at], alone)


def test_a_large_block_says_what_its_parts_say() -> None:
    """Equal shares of 400 million requests are no evidence; a thousandth more failures is overwhelming."""
    same = conditional.add(conditional.empty(), 10**8, 10**6, 3 * 10**8, 3 * 10**6)
    more = conditional.add(conditional.empty(), 10**8, 1_250_000, 3 * 10**8, 3 * 10**6)
    assert exp(min(0.0, float(conditional.evidence(same)))) < 0.01
    assert float(conditional.evidence(more)) > 1_000


def test_the_largest_block_costs_less_than_a_second() -> None:
    """Of CPU: it is asked for within a look."""
    begun = time.process_time()
    conditional.add(conditional.empty(), 10**9, 400_000_000, 10**9, 500_000_000)
    assert time.process_time() - begun < 1

"""The design effect: what clusters of requests say less than as many independent ones."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fairlead.kernel.stats.clusters import design_effect

NOBODY = (0.0, 0.0)


def shares(sizes: NDArray[np.int64], hits: NDArray[np.int64]) -> NDArray[np.float64]:
    """Clusters of hits: a hit's square is itself."""
    return np.stack([sizes, hits, hits], axis=-1).astype(float)


def drawn(
    rng: np.random.Generator, correlation: float, clusters: int, size: int, rate: float = 0.1
) -> NDArray[np.float64]:
    """Clusters whose own rates differ (beta-binomial)."""
    shape = (1 - correlation) / correlation
    own = rng.beta(rate * shape, (1 - rate) * shape, clusters)
    return shares(np.full(clusters, size), rng.binomial(size, own))


@pytest.mark.parametrize("correlation", [0.05, 0.3])
def test_it_is_kishs(correlation: float) -> None:
    """1 + (m - 1) rho, as far as many clusters tell."""
    rng = np.random.default_rng(3)
    new, old = (drawn(rng, correlation, 2_000, 40) for _ in range(2))
    assert float(design_effect(new, old, NOBODY)) == pytest.approx(1 + 39 * correlation, rel=0.1)


def test_independent_requests_say_what_they_say() -> None:
    """Without a difference between many customers it is near 1."""
    rng = np.random.default_rng(4)
    new, old = (shares(np.full(5_000, 20), rng.binomial(20, 0.1, 5_000)) for _ in range(2))
    assert float(design_effect(new, old, NOBODY)) == pytest.approx(1, abs=0.05)


def test_one_large_customer_outweighs_many() -> None:
    """Whoever sends half of all requests makes them worth little."""
    rng = np.random.default_rng(5)
    even = drawn(rng, 0.1, 200, 50)
    skewed = even.copy()
    skewed[0] = (10_000, 1_000, 1_000)
    assert design_effect(skewed, even, NOBODY) > 3 * design_effect(even, even, NOBODY)


def test_requests_of_nobody_count_one_by_one() -> None:
    """What is drawn by itself has no cluster: the more of it, the nearer to 1."""
    arm = drawn(np.random.default_rng(6), 0.2, 50, 40)
    with_others = [float(design_effect(arm, arm, (count, count))) for count in (0.0, 2_000.0, 200_000.0)]
    assert with_others == sorted(with_others, reverse=True)
    assert with_others[-1] == pytest.approx(1, abs=0.1)


def test_few_customers_are_taken_for_unlike() -> None:
    """Two customers without a failure prove nothing of how unlike customers are; a thousand do."""
    few, many = (shares(np.full(count, 100), np.zeros(count, dtype=int)) for count in (1, 1_000))
    assert float(design_effect(few, few, NOBODY)) > 8
    assert float(design_effect(many, many, NOBODY)) < 1.1


def test_an_arm_without_requests_says_nothing() -> None:
    """Against a bound there is one arm; nothing at all is 1."""
    arm, none = drawn(np.random.default_rng(7), 0.1, 100, 30), np.zeros((0, 3))
    alone = float(design_effect(arm, none, NOBODY))
    assert alone == pytest.approx(float(design_effect(arm, arm, NOBODY)), rel=0.1)
    assert float(design_effect(none, none, NOBODY)) == 1


def test_paths_are_each_as_alone() -> None:
    """Many paths at once give what each gives by itself."""
    rng = np.random.default_rng(8)
    paths = np.stack([drawn(rng, 0.1, 60, 20) for _ in range(4)])
    single = np.full(4, 7.0)
    together = design_effect(paths, paths[::-1], (single, single))
    assert together == pytest.approx(
        [float(design_effect(new, old, (7.0, 7.0))) for new, old in zip(paths, paths[::-1], strict=True)]
    )

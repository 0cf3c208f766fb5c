"""How long a canary needs: more traffic or a larger effect need less time, and nonsense is refused."""

from __future__ import annotations

import pytest

from fairlead.kernel.stats.power import Traffic, needed


def test_the_time_matches_the_test_that_judges() -> None:
    """1 % to 2 % at 300 a minute and arm: the figures of the benchmark, within its noise."""
    found = needed(0.01, 0.01, 0.005, Traffic(300, 300), 0.05)
    assert found.stop.median is not None
    assert found.stop.median == pytest.approx(5.4, rel=0.25)
    assert found.stop.requests == pytest.approx(600 * found.stop.median, abs=1)
    assert found.passing.median == pytest.approx(20.5, rel=0.25)


def test_less_traffic_takes_longer_and_a_larger_effect_less_long() -> None:
    """In proportion to the traffic."""
    much, little = (needed(0.01, 0.01, 0.005, Traffic(each, each), 0.05).stop for each in (300, 3))
    assert much.median is not None
    assert little.median == pytest.approx(100 * much.median, rel=0.2)
    large = needed(0.01, 0.09, 0.005, Traffic(300, 300), 0.05).stop
    assert large.median is not None
    assert large.median < much.median / 5
    assert large.p90 is not None
    assert large.p90 >= large.median


def test_the_same_question_has_the_same_answer() -> None:
    """The seed is fixed."""
    assert needed(0.1, 0.05, 0.02, Traffic(5, 95), 0.03) == needed(0.1, 0.05, 0.02, Traffic(5, 95), 0.03)


@pytest.mark.parametrize(
    ("baseline", "effect", "margin", "rate"),
    [(0, 0.1, 0.1, 1), (0.5, 0.5, 0.1, 1), (0.1, 0, 0.1, 1), (0.1, 0.1, 0, 1), (0.1, 0.1, 0.1, 0)],
)
def test_what_cannot_be_is_refused(baseline: float, effect: float, margin: float, rate: float) -> None:
    """Shares lie within (0, 1); effect, margin and traffic are positive."""
    with pytest.raises(ValueError, match="must"):
        needed(baseline, effect, margin, Traffic(rate, 10), 0.05)

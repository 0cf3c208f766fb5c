"""Many paths through the product's own comparisons: when is each stopped, when does each pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from math import log

import numpy as np
from numpy.typing import NDArray

from benchmarks.rollouts.streams import SECONDS, Stream
from fairlead.deliver.analysis.comparison import Arms, Comparison, MeanComparison, ShareComparison
from fairlead.deliver.analysis.measures import comparison_of
from fairlead.domain.analysis import AnalysisMetric, AnalysisSpec
from fairlead.kernel.stats import conditional
from fairlead.kernel.stats.mixtures import Floats, State

__all__ = ["FIVE", "PATHS", "Test", "Times", "alone", "among_five", "excludes", "passes", "race", "stops"]

PATHS = 10_000
_AT_ONCE = 1_000
"""Paths in one go, so that their sums stay in the cache."""

FIVE = AnalysisSpec(
    name="five",
    metrics=(
        AnalysisMetric(name="error-rate", alpha=Decimal("0.03")),
        AnalysisMetric(name="latency"),
        AnalysisMetric(name="latency-p95"),
        AnalysisMetric(name="tokens-per-request"),
        AnalysisMetric(name="cost-per-inference"),
    ),
)
"""Error rate 3 %, the other four half a per cent each: how alpha is parted by default."""


@dataclass(frozen=True, slots=True)
class Times:
    """Minutes until it happened, by path; infinite where it did not."""

    minutes: Floats

    def share(self) -> float:
        """Of the paths, to which it happened."""
        return float(np.isfinite(self.minutes).mean())

    def quantile(self, part: float) -> float:
        """Minutes by which it has happened to that part of the paths."""
        return float(np.sort(self.minutes)[int(np.ceil(part * len(self.minutes))) - 1])


def alone(name: str, alpha: str = "0.05") -> Comparison:
    """A measure that has all of alpha, with its default margin."""
    return _comparison(AnalysisSpec(name="alone", alpha=Decimal(alpha), metrics=(AnalysisMetric(name=name),)), name)


def among_five(name: str) -> Comparison:
    """A measure among five."""
    return _comparison(FIVE, name)


def _comparison(spec: AnalysisSpec, name: str) -> Comparison:
    (metric,) = (each for each in spec.metrics if each.name == name)
    found = comparison_of(metric, float(spec.alphas()[name]), None)
    if found is None:
        raise LookupError(name)
    return found


@dataclass(frozen=True, slots=True)
class Test:
    """A part of a comparison: its sums, and whether it says something of them."""

    size: int
    add: Callable[[State, Arms], State]
    says: Callable[[State], NDArray[np.bool_]]


def stops(comparison: Comparison) -> Test:
    """Whether the evidence reaches 1/alpha, whatever the margin: what a verdict `worse` needs at least.

    Of shares only the sums of the stop test are kept, which are all that it asks for.
    """
    threshold = -log(comparison.alpha)
    if isinstance(comparison, ShareComparison):
        return Test(
            conditional.SIZE,
            lambda state, arms: conditional.add(state, *arms[:4]),
            lambda state: conditional.evidence(state) >= threshold,
        )
    return Test(comparison.size, comparison.add, lambda state: comparison.evidence(state) >= threshold)


def passes(comparison: Comparison) -> Test:
    """Whether the verdict is `not worse`."""
    return Test(comparison.size, comparison.add, comparison.passes)


def excludes(comparison: ShareComparison | MeanComparison) -> Test:
    """Whether a difference of 0 is outside the interval, on either side."""
    below = replace(comparison, margin=0.0, better="lower")
    above = replace(comparison, margin=0.0, better="higher")
    return Test(comparison.size, comparison.add, lambda state: below.passes(state) | above.passes(state))


def race(test: Test, stream: Stream, hours: float, seed: int) -> Times:
    """Look every ten seconds; when the test says it first, by path. A path that has ended is not drawn any more."""
    looks, found = round(hours * 3600 / SECONDS), np.full(PATHS, np.inf)
    for begin in range(0, PATHS, _AT_ONCE):
        rng, running = np.random.default_rng([seed, begin]), np.arange(begin, begin + _AT_ONCE)
        state = np.zeros((_AT_ONCE, test.size))
        for look in range(1, looks + 1):
            new, old = stream.draw(rng, len(running), look)
            state = test.add(state, Arms(stream.new, new[0], stream.old, old[0], new[1], old[1]))
            said = test.says(state)
            if said.any():
                found[running[said]] = look * SECONDS / 60
                running, state = running[~said], state[~said]
            if not len(running):
                break
    return Times(found)

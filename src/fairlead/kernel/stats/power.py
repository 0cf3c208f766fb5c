"""How long a test of two shares takes: to stop a release that is worse, and to pass one that is as good as the old one.

A small simulation with a fixed seed through the very tests that judge; its blocks are cut so that the time in question
is some sixty of them, which makes it as quick for a week as for a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np

from fairlead.kernel.stats import betting, conditional
from fairlead.kernel.stats.mixtures import Floats, State

__all__ = ["Needed", "Traffic", "Waiting", "needed"]

_PATHS, _SEED = 300, 20221
_BLOCKS_PER_GUESS, _GUESSES = 60, 10
_MIXTURE_COST = 1.5
"""Nats that not knowing the effect costs, for the guess."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests per minute that each release gets."""

    new: float
    old: float

    @property
    def effective(self) -> float:
        """Per minute, the requests n for which a difference of shares has variance p (1 - p) / n."""
        return self.new * self.old / (self.new + self.old)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Minutes to a verdict: half of all rollouts have it by `median`, nine of ten by `p90`.

    None: longer than was simulated, ten times the closed-form guess. `requests` is what both releases answer by the
    median.
    """

    median: float | None
    p90: float | None
    requests: int | None


@dataclass(frozen=True, slots=True)
class Needed:
    """Until a release that is worse by the effect is stopped, and until one that is equal passes with the margin."""

    stop: Waiting
    passing: Waiting


def needed(baseline: float, effect: float, margin: float, traffic: Traffic, alpha: float) -> Needed:
    """Time to a verdict on a share (an error rate): `baseline` of the old release, `baseline + effect` of a bad one.

    `alpha` is the metric's own. ValueError where a share leaves (0, 1), or effect, margin or traffic is not positive.
    """
    worse = baseline + effect
    if not (0 < baseline < worse < 1 and margin > 0 and traffic.new > 0 and traffic.old > 0 and 0 < alpha < 1):
        raise ValueError("shares must lie in (0, 1); effect, margin and traffic must be positive")

    def stops(state: State) -> Floats:
        return conditional.evidence(state)

    def passes(state: State) -> Floats:
        return betting.evidence(state, margin, baseline, -1)

    stop = _Race(worse, baseline, effect, conditional.empty((_PATHS,)), conditional.add, stops)
    passing = _Race(baseline, baseline, margin, betting.empty((_PATHS,)), betting.add, passes)
    return Needed(_waiting(stop, traffic, alpha), _waiting(passing, traffic, alpha))


@dataclass(frozen=True, slots=True)
class _Race:
    """Shares of both arms, the difference that is to be told, and the test that tells it."""

    new: float
    old: float
    difference: float
    start: State
    add: Callable[[State, float, Floats, float, Floats], State]
    evidence: Callable[[State], Floats]

    def guess(self, traffic: Traffic, alpha: float) -> float:
        """Minutes, by the growth of the best bet's wealth: difference**2 / (2 p (1 - p)) per effective request."""
        share = (self.new + self.old) / 2
        growth = traffic.effective * self.difference**2 / (2 * share * (1 - share))
        return (log(1 / alpha) + _MIXTURE_COST) / growth


def _waiting(race: _Race, traffic: Traffic, alpha: float) -> Waiting:
    # A block holds at least one request of either arm.
    minutes = max(race.guess(traffic, alpha) / _BLOCKS_PER_GUESS, 1 / min(traffic.new, traffic.old))
    n_new, n_old = round(traffic.new * minutes), round(traffic.old * minutes)
    rng, state = np.random.default_rng(_SEED), race.start
    found = np.full(_PATHS, np.inf)
    for block in range(1, _BLOCKS_PER_GUESS * _GUESSES + 1):
        hits_new = rng.binomial(n_new, race.new, _PATHS).astype(float)
        hits_old = rng.binomial(n_old, race.old, _PATHS).astype(float)
        state = race.add(state, n_new, hits_new, n_old, hits_old)
        told = race.evidence(state) >= log(1 / alpha)
        found = np.where(told & np.isinf(found), block * minutes, found)
        if np.isfinite(found).mean() > 0.9:  # noqa: PLR2004 - the 90th percentile is known from here on
            break
    median, p90 = (_known(found, share) for share in (0.5, 0.9))
    requests = None if median is None else round(median * (traffic.new + traffic.old))
    return Waiting(median, p90, requests)


def _known(times: Floats, share: float) -> float | None:
    """The least time by which that share of the paths has ended."""
    found = float(np.sort(times)[int(np.ceil(share * len(times))) - 1])
    return found if np.isfinite(found) else None

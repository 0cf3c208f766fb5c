"""Customers who keep to a release: paths where they differ for good or come in rows, judged with what they sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from benchmarks.rollouts.races import Times
from benchmarks.rollouts.streams import SECONDS
from fairlead.kernel.stats import clusters, conditional
from fairlead.kernel.stats.mixtures import Floats

__all__ = ["PATHS", "Crowd", "Sent", "in_rows", "judged", "lasting"]

PATHS = 2_000
_AT_ONCE = 100
_HASHED = 512
"""Customers are kept as so many clusters at most, as in `fairlead.flows.rollouts.customers`."""

Sent = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Requests and failures of a look, each (paths, clusters)."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """`clusters` of customers, a share of whom falls to the new release; `draw` makes what one look sends."""

    clusters: int
    share: float
    draw: Callable[[np.random.Generator, NDArray[np.bool_]], Callable[[], Sent]]


def lasting(customers: int, correlation: float, rate: float = 0.01, share: float = 0.5, worse: float = 0.0) -> Crowd:
    """Customers with failure rates of their own for good (beta), 100 requests a look; the new release adds `worse`."""
    shape = (1 - correlation) / correlation

    def begin(rng: np.random.Generator, mine: NDArray[np.bool_]) -> Callable[[], Sent]:
        own = rng.beta(rate * shape, (1 - rate) * shape, mine.shape)
        own = np.where(mine, np.minimum(own + worse, 1.0), own)

        def look() -> Sent:
            sent = rng.multinomial(100, np.full(customers, 1 / customers), len(mine))
            return sent, rng.binomial(sent, own)

        return look

    return Crowd(customers, share, begin)


def in_rows(requests: int, correlation: float, rate: float = 0.01, share: float = 0.5) -> Crowd:
    """New customers again and again, each with so many requests in a row, 100 requests a look.

    A customer falls to an arm by chance; so does the cluster that the hash gives, since it holds few of each arm.
    """
    shape = (1 - correlation) / correlation

    def begin(rng: np.random.Generator, mine: NDArray[np.bool_]) -> Callable[[], Sent]:
        paths, places = len(mine), np.arange(len(mine))[:, None]

        def look() -> Sent:
            count = 100 // requests
            at = rng.integers(0, _HASHED, (paths, count))
            failed = rng.binomial(requests, rng.beta(rate * shape, (1 - rate) * shape, (paths, count)))
            sent, hits = np.zeros(mine.shape, np.int64), np.zeros(mine.shape, np.int64)
            np.add.at(sent, (places, at), requests)
            np.add.at(hits, (places, at), failed)
            return sent, hits

        return look

    return Crowd(_HASHED, share, begin)


def judged(crowd: Crowd, alpha: float, hours: float, seed: int) -> tuple[Times, Times]:
    """When each path is stopped: taking requests for independent, and as the product does. A look every ten seconds."""
    found = [np.full(PATHS, np.inf), np.full(PATHS, np.inf)]
    for begin in range(0, PATHS, _AT_ONCE):
        rng = np.random.default_rng([seed, begin])
        for times, ends in zip(found, _some(rng, crowd, -log(alpha), round(hours * 3600 / SECONDS)), strict=True):
            times[begin : begin + _AT_ONCE] = ends
    return Times(found[0]), Times(found[1])


def _some(rng: np.random.Generator, crowd: Crowd, threshold: float, looks: int) -> tuple[Floats, Floats]:
    mine = rng.random((_AT_ONCE, crowd.clusters)) < crowd.share
    draw, sums = crowd.draw(rng, mine), np.zeros((_AT_ONCE, crowd.clusters, clusters.SIZE))
    state = np.zeros((_AT_ONCE, conditional.SIZE))
    plain, kept = np.full(_AT_ONCE, np.inf), np.full(_AT_ONCE, np.inf)
    for look in range(1, looks + 1):
        sent, failed = draw()
        arms = [(np.where(arm, sent, 0).sum(1), np.where(arm, failed, 0).sum(1)) for arm in (mine, ~mine)]
        both = (arms[0][0] > 0) & (arms[1][0] > 0)
        state = conditional.add(state, *(np.where(both, each, 0.0) for arm in arms for each in arm))
        sums += np.stack([sent, failed, failed], axis=-1)
        evidence, at = conditional.evidence(state), look * SECONDS / 60
        plain = np.where(np.isinf(plain) & (evidence >= threshold), at, plain)
        near = np.flatnonzero(np.isinf(kept) & (evidence >= threshold))
        if len(near):
            split = [np.where(arm[near, :, None], sums[near], 0.0) for arm in (mine, ~mine)]
            inflation = clusters.design_effect(split[0], split[1], (0.0, 0.0))
            kept[near[evidence[near] >= threshold * inflation]] = at
    return plain, kept

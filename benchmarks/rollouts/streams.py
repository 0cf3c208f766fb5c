"""Traffic that is made up: blocks of ten seconds for many paths at once, of releases that are equal or not.

A stream answers the totals of the new and the old arm in one block, and their sums of squares where single values are
known, each of the shape (paths,).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fairlead.kernel.stats.mixtures import Floats

__all__ = [
    "SECONDS",
    "Stream",
    "clustered",
    "drifting",
    "errors",
    "heavy_means",
    "log_normal",
    "rarely_slow",
    "skewed_means",
]

SECONDS = 10
"""Length of a block."""

Totals: TypeAlias = tuple[tuple[Floats, Floats | float], tuple[Floats, Floats | float]]
"""Total and sum of squares (0: not known) of the new arm, then of the old one."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Requests of each arm in a block, and what draws their totals for a look."""

    new: int
    old: int
    draw: Callable[[np.random.Generator, int, int], Totals]


def errors(new_rate: float, old_rate: float, new: int = 50, old: int = 50) -> Stream:
    """Independent requests that fail at these rates."""

    def draw(rng: np.random.Generator, paths: int, look: int) -> Totals:
        del look
        return _hits(rng.binomial(new, new_rate, paths), rng.binomial(old, old_rate, paths))

    return Stream(new, old, draw)


def drifting(new: int = 50, old: int = 50) -> Stream:
    """Both arms fail at a rate that swings from 0.2 to 5 % within the hour, and is tenfold for a minute in ten."""

    def draw(rng: np.random.Generator, paths: int, look: int) -> Totals:
        rate = 0.026 + 0.024 * np.sin(2 * np.pi * look / 360)
        rate = min(rate * 10, 0.5) if look % 60 < 6 else rate  # noqa: PLR2004 - six blocks are a minute
        return _hits(rng.binomial(new, rate, paths), rng.binomial(old, rate, paths))

    return Stream(new, old, draw)


def clustered(rate: float, correlation: float, requests: int, new: int = 50, old: int = 50) -> Stream:
    """Customers that make `requests` in a row, whose failures are correlated (beta-binomial with that correlation).

    Each request is assigned to an arm by itself.
    """
    shape = (1 - correlation) / correlation

    def draw(rng: np.random.Generator, paths: int, look: int) -> Totals:
        del look
        customers = (new + old) // requests
        own = rng.beta(rate * shape, (1 - rate) * shape, (paths, customers))
        total = rng.binomial(requests, own).sum(axis=1)
        ours = rng.hypergeometric(total, new + old - total, new)
        return _hits(ours, total - ours)

    return Stream(new, old, draw)


def log_normal(ratio: float, sigma: float, new: int, old: int) -> Stream:
    """Logarithms of log-normal times: their sum is normal, their squares around the mean are sigma**2 chi-square."""

    def draw(rng: np.random.Generator, paths: int, look: int) -> Totals:
        del look
        ours, theirs = (_normal(rng, paths, count, mean, sigma) for count, mean in ((new, np.log(ratio)), (old, 0.0)))
        return ours, theirs

    return Stream(new, old, draw)


def skewed_means(new: int = 50, old: int = 50) -> Stream:
    """Sums with the skewness of as many logarithms of exponential values (1.14 each), as a shifted gamma."""

    def draw(rng: np.random.Generator, paths: int, look: int) -> Totals:
        del look
        ours, theirs = (_shifted_gamma(rng, paths, count) for count in (new, old))
        return (ours, 0.0), (theirs, 0.0)

    return Stream(new, old, draw)


def rarely_slow(new: int, old: int, slow: float = 0.01, times: float = 100.0) -> Stream:
    """Both arms alike: all requests take the same time, but for few that take a hundred times as long."""

    def draw(rng: np.random.Generator, paths: int, look: int) -> Totals:
        del look
        ours, theirs = (rng.binomial(count, slow, paths) * np.log(times) for count in (new, old))
        return (ours, ours * np.log(times)), (theirs, theirs * np.log(times))

    return Stream(new, old, draw)


def heavy_means() -> Stream:
    """One number of each arm a block, with the tails of a t distribution of 5 degrees of freedom."""

    def draw(rng: np.random.Generator, paths: int, look: int) -> Totals:
        del look
        return (rng.standard_t(5, paths), 0.0), (rng.standard_t(5, paths), 0.0)

    return Stream(1, 1, draw)


def _hits(new: NDArray[np.int64], old: NDArray[np.int64]) -> Totals:
    return (new.astype(float), 0.0), (old.astype(float), 0.0)


def _normal(rng: np.random.Generator, paths: int, count: int, mean: float, sigma: float) -> tuple[Floats, Floats]:
    total = count * mean + sigma * np.sqrt(count) * rng.standard_normal(paths)
    return total, total**2 / count + sigma**2 * rng.chisquare(count - 1, paths)


def _shifted_gamma(rng: np.random.Generator, paths: int, count: int) -> Floats:
    shape = 4 * count / 1.14**2
    total: Floats = np.sqrt(count) * (shape - rng.standard_gamma(shape, paths)) / np.sqrt(shape)
    return total

"""Series of samples as a monitoring system keeps them, and the arithmetic of use over them: exact, without guesses.

Counters: use is the difference of neighbouring samples, booked in the window of the later one; nothing is stretched to
a window's edges, as PromQL's `increase()` does, so that windows sum to what the counter rose by. Gauges: a sample holds
until the next one. Samples further apart than the lookback have a gap between them, in which nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from itertools import pairwise
from statistics import median

__all__ = ["EXACT", "LOOKBACK", "Hold", "Rise", "Sample", "Series", "holds", "rises", "usual_distance"]

LOOKBACK = 300_000
"""Milliseconds after which Prometheus itself takes a sample for stale (`--query.lookback-delta`, 5 minutes)."""

EXACT = Context(prec=100)
"""Sums and products of doubles lose nothing in so many digits, but for extremes that no use reaches."""

Sample = tuple[int, Decimal]
"""Milliseconds since 1970, and the value: the double's shortest decimal form, as the server writes it."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its labels, and its samples in order of time."""

    labels: Mapping[str, str]
    samples: Sequence[Sample]

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        """The same for the same labels."""
        return tuple(sorted(self.labels.items()))


@dataclass(frozen=True, slots=True)
class Rise:
    """What a counter rose by between two neighbouring samples; `reset`: it fell, and so began again from 0.

    `gap`: they are too far apart for it to be known when. The rise is then no use of any window.
    """

    start: int
    end: int
    amount: Decimal
    reset: bool
    gap: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """A gauge's value from `start` up to `end`."""

    start: int
    end: int
    value: Decimal


def rises(samples: Sequence[Sample]) -> Iterator[Rise]:
    """Between each two neighbours. A counter that fell was reset in between: it rose by what it has come to since."""
    with localcontext(EXACT):
        for (start, before), (end, after) in pairwise(samples):
            reset = after < before
            yield Rise(start, end, after if reset else after - before, reset, end - start > LOOKBACK)


def holds(samples: Sequence[Sample], usual: int) -> Iterator[Hold]:
    """What a gauge was, from sample to sample. Before a gap and at the end a sample holds for the usual distance.

    The server marks a series that ended as stale at the scrape that no longer finds it; range queries do not show the
    mark, and it stands one distance after the last sample.
    """
    for (start, value), following in zip(samples, [*samples[1:], None], strict=False):
        end = following[0] if following is not None else start + usual
        yield Hold(start, start + usual if end - start > LOOKBACK else end, value)


def usual_distance(series: Sequence[Series]) -> int:
    """The median distance of neighbouring samples, which is how often they are taken; LOOKBACK where none has two."""
    distances = [
        after - before
        for each in series
        for (before, _), (after, _) in pairwise(each.samples)
        if after - before <= LOOKBACK
    ]
    return round(median(distances)) if distances else LOOKBACK

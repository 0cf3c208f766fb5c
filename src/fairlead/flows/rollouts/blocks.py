"""One look at both releases, as blocks of the measures that an analysis asks for. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil, exp, log, log1p
from typing import Any

from fairlead.domain.analysis import Block, Sample
from fairlead.flows.rollouts.arms import Arms

__all__ = ["Quantile", "blocks_of", "category_of", "learned", "quantile_of"]

_WIDTH = log(1.02)
"""Buckets of 2 %: finer than any margin of a quantile."""

_PER_TAIL = 10
"""Requests above the quantile that are seen before it is fixed; fewer make it a guess."""

_FEWEST = 100
_QUANTILES = {"latency-p50": 0.5, "latency-p90": 0.9, "latency-p95": 0.95, "latency-p99": 0.99}


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of the old release's times: counts per bucket while it is learned, then fixed at `limit_us`."""

    counts: Mapping[int, int]
    limit_us: float | None = None


def quantile_of(data: Mapping[str, Any] | None) -> Quantile:
    """What is kept of it."""
    if not data:
        return Quantile({})
    return Quantile({int(key): count for key, count in data["counts"].items()}, data["limit_us"])


def learned(metric: str, known: Quantile, times: list[int]) -> Quantile:
    """The quantile after one more look at the old release; fixed as soon as enough is known, and never moved then."""
    if known.limit_us is not None:
        return known
    counts = dict(known.counts)
    for each in times:
        bucket = ceil(log(each) / _WIDTH)
        counts[bucket] = counts.get(bucket, 0) + 1
    part, total = _QUANTILES[metric], sum(counts.values())
    if total < max(_FEWEST, _PER_TAIL / (1 - part)):
        return Quantile(counts)
    below = 0
    for bucket in sorted(counts):
        below += counts[bucket]
        if below >= part * total:
            return Quantile({}, exp(bucket * _WIDTH))
    raise AssertionError


def blocks_of(arms: Arms, quantiles: Mapping[str, Quantile]) -> Iterator[tuple[str, Block]]:
    """Blocks by measure, as far as the gateway tells them."""
    new, old = arms.new, arms.old
    yield "error-rate", _shares((new.requests, new.failures), (old.requests, old.failures))
    yield "slo-burn", _shares((new.requests, new.outside), (old.requests, old.outside))
    yield "latency", Block(*(_logarithms(log(each) for each in arm.times) for arm in (new, old)))
    yield "tokens-per-request", Block(*(_logarithms(log1p(each) for each in arm.tokens) for arm in (new, old)))
    for name, known in quantiles.items():
        if known.limit_us is not None:
            slow = [(len(arm.times), sum(each > known.limit_us for each in arm.times)) for arm in (new, old)]
            yield name, _shares(*slow)
    totals = new.answers.total(), old.answers.total()
    for name in new.answers.keys() | old.answers.keys():
        yield f"predictions/{name}", _shares((totals[0], new.answers[name]), (totals[1], old.answers[name]))


def _shares(new: tuple[int, int], old: tuple[int, int]) -> Block:
    """A hit's square is itself."""
    return Block(*(Sample(count, hits, hits) for count, hits in (new, old)))


def _logarithms(values: Iterable[float]) -> Sample:
    known = list(values)
    return Sample(len(known), sum(known), sum(each * each for each in known))


def category_of(answer: str) -> str | None:
    """What an answer says, as one short word: a label, the place of the largest score, or a number's first digits.

    Of the Open Inference Protocol the first output of one row; None for what is no such answer.
    """
    try:
        data = json.loads(answer)["outputs"][0]["data"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
    while isinstance(data, list) and len(data) == 1:
        data = data[0]
    if isinstance(data, list) and data and all(isinstance(each, (int, float)) for each in data):
        return f"#{max(range(len(data)), key=data.__getitem__)}"
    if isinstance(data, float):
        return f"{data:.1g}"
    return str(data)[:40] if isinstance(data, (str, int)) else None

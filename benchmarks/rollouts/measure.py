"""Rollouts: how often the analysis stops a good release, how soon a bad one, and what is kept where its terms are not.

Run: python -m benchmarks.rollouts.measure [--only NAME]... Fixed seeds, 10,000 paths, all through the comparisons of
`fairlead.deliver.analysis`; blocks of ten seconds. `false-stops` and `coverage` take ten minutes of a core each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from math import isfinite
from typing import TypeAlias

import numpy as np

from benchmarks.rollouts import peers
from benchmarks.rollouts.customers import Crowd, in_rows, judged, lasting
from benchmarks.rollouts.races import PATHS, Times, alone, among_five, excludes, passes, race, stops
from benchmarks.rollouts.streams import (
    Stream,
    clustered,
    drifting,
    errors,
    heavy_means,
    log_normal,
    rarely_slow,
    skewed_means,
)
from fairlead.deliver.analysis.comparison import Comparison, MeanComparison, ShareComparison

Rows: TypeAlias = Iterator[tuple[str, ...]]

SEED = 20261123
TENTH = 1.1
_PROCESSES = 5
ARM = 16, 16
"""Latencies of each arm in a block: 96 a minute."""


_EQUAL: Mapping[str, Stream] = {
    "error-rate": errors(0.01, 0.01),
    "latency": log_normal(1.0, 0.5, 50, 50),
    "latency-p95": errors(0.05, 0.05),
    "tokens-per-request": skewed_means(),
    "cost-per-inference": heavy_means(),
}
"""Five measures of two releases that are equal."""


def false_stops() -> Rows:
    """Equal releases for a day: is anything ever worse?"""
    yield "equal releases, 24 h, a look every 10 s", "stopped at any look", "alpha"
    ever = np.zeros(PATHS, dtype=bool)
    with ProcessPoolExecutor(_PROCESSES) as pool:
        for name, times in zip(_EQUAL, pool.map(_day, _EQUAL), strict=True):
            ever |= np.isfinite(times.minutes)
            yield name, _percent(times.share()), _percent(among_five(name).alpha)
    yield "**any of the five**", f"**{_percent(float(ever.mean()))}**", "5 %"


def _day(name: str) -> Times:
    return race(stops(among_five(name)), _EQUAL[name], 24, SEED + [*_EQUAL].index(name))


def detection() -> Rows:
    """Worse releases: how soon is it said?"""
    yield "a worse release", "median", "90th percentile", "goal"
    doubled, tenfold = errors(0.02, 0.01), errors(0.1, 0.01)
    yield _stop("errors 1 to 2 %, alone at 5 %", alone("error-rate"), doubled, 6, "median 8 min")
    yield _stop("... among five metrics, 3 %", among_five("error-rate"), doubled, 6, "median 10 min")
    yield _stop("... alone, 10/90", alone("error-rate"), errors(0.02, 0.01, 10, 90), 12, "")
    yield _stop("errors 1 to 10 %, alone", alone("error-rate"), tenfold, 1, "90th percentile 1 min")
    yield _stop("... among five metrics", among_five("error-rate"), tenfold, 1, "")
    for sigma, goal in ((0.5, "median 14 min"), (0.8, "")):
        slower = log_normal(TENTH, sigma, *ARM)
        yield _stop(f"latency +10 %, sigma {sigma}, alone", alone("latency"), slower, 12, goal)
        yield _stop("... among five metrics, 0.5 %", among_five("latency"), slower, 12, "")


def passing() -> Rows:
    """Equal releases: how soon may they go on?"""
    yield "an equal release passes", "median", "90th percentile", "passed within 3 h though worse by the margin"
    same = errors(0.01, 0.01)
    for label, comparison in (("alone", alone("error-rate")), ("among five metrics", among_five("error-rate"))):
        worse = race(passes(comparison), errors(0.015, 0.01), 3, SEED + 5).share()
        yield *_pass(f"errors 1 %, margin half a point, {label}", comparison, same, 4), _percent(worse)
    comparison = alone("error-rate")
    yield *_pass("... alone, 10/90", comparison, errors(0.01, 0.01, 10, 90), 8), ""
    yield *_pass("... alone, no errors at all", comparison, errors(0.0, 0.0), 2), ""
    for sigma in (0.5, 0.8):
        mean = alone("latency")
        worse = race(passes(mean), log_normal(TENTH, sigma, *ARM), 3, SEED + 6).share()
        yield (
            *_pass(f"latency, margin 10 %, sigma {sigma}, alone", mean, log_normal(1.0, sigma, *ARM), 4),
            _percent(worse),
        )


def others() -> Rows:
    """The same canaries judged as elsewhere."""
    yield "judged by", "good canaries stopped within an hour", "worse one stopped, median", "90th percentile"
    yield _judged("threshold per minute, half a point", lambda new: peers.threshold(new, 0.01, 1, SEED))
    yield _judged("... in 3 of 5 minutes", lambda new: peers.threshold(new, 0.01, 1, SEED, of_five=3))
    yield _judged("z-test at 5 %, repeated every minute", lambda new: peers.repeated_z(new, 0.01, 1, SEED))
    errs = alone("error-rate")
    yield _judged("**fairlead, errors**", lambda new: race(stops(errs), errors(new, 0.01), 1, SEED))
    good, bad = (peers.mann_whitney(ratio, 0.5, 1, SEED) for ratio in (1.0, TENTH))
    yield "Mann-Whitney at 1 % per minute, latency +10 %", _percent(good.share()), *_times(bad)
    mean = alone("latency")
    good, bad = (race(stops(mean), log_normal(ratio, 0.5, *ARM), 1, SEED) for ratio in (1.0, TENTH))
    yield "**fairlead, latency +10 %**", _percent(good.share()), *_times(bad)


_SHARES: Mapping[str, Stream] = {
    "errors, independent, 1 %": errors(0.01, 0.01),
    "... arms of 10 and 90": errors(0.01, 0.01, 10, 90),
    "... arms of 5 and 95": errors(0.01, 0.01, 5, 95),
    "... a baseline that drifts from 0.2 to 5 %, with bursts": drifting(),
    "... and arms of 10 and 90": drifting(10, 90),
    "... 10 requests a customer, correlation 0.3, divided by request": clustered(0.01, 0.3, 10),
}

_MEANS: Mapping[str, Stream] = {
    "latency, log-normal, arms of 5 and 45": log_normal(1.0, 0.5, 5, 45),
    "... one request in 100 takes 100 times as long": rarely_slow(5, 45),
}


def coverage() -> Rows:
    """Where the terms are not those of the mathematics: equal releases, one measure at 5 %, over 3 hours."""
    yield "equal releases, 3 h, one measure at 5 %", "stopped", "0 ever outside the interval (5 % each side)"
    with ProcessPoolExecutor(_PROCESSES) as pool:
        yield from pool.map(_kept, [*_SHARES, *_MEANS])


_CROWDS: Mapping[str, Crowd] = {
    "10 requests of a customer in a row, correlation 0.02": in_rows(10, 0.02),
    "... 0.1": in_rows(10, 0.1),
    "... 0.3": in_rows(10, 0.3),
    "30 customers who differ for good, correlation 0.1": lasting(30, 0.1),
    "... 100 customers, 0.02": lasting(100, 0.02),
    "... 100 customers, 0.1": lasting(100, 0.1),
    "... 1,000 customers, 0.02": lasting(1_000, 0.02),
    "... 1,000 customers, 0.1": lasting(1_000, 0.1),
    "... 1,000 customers, 0.1, one in ten of them at the new release": lasting(1_000, 0.1, share=0.1),
}

_WORSE_CROWDS: Mapping[str, Crowd] = {
    "... 30 customers, 0.1": lasting(30, 0.1, worse=0.09),
    "... 100 customers, 0.02": lasting(100, 0.02, worse=0.09),
    "... 1,000 customers, 0.1": lasting(1_000, 0.1, worse=0.09),
}


def customers() -> Rows:
    """Customers who keep to a release (sticky)."""
    yield "equal releases, error rate 1 % at 5 %, 3 h", "stopped if requests were independent", "stopped"
    with ProcessPoolExecutor(_PROCESSES) as pool:
        yield from pool.map(_crowd, _CROWDS)
        yield "a release that adds 9 points", "", "stopped within 3 h; median, 90th percentile"
        yield from pool.map(_worse_crowd, _WORSE_CROWDS)


def _crowd(label: str) -> tuple[str, ...]:
    return label, *(_percent(each.share()) for each in judged(_CROWDS[label], 0.05, 3, SEED))


def _worse_crowd(label: str) -> tuple[str, ...]:
    _, kept = judged(_WORSE_CROWDS[label], 0.05, 3, SEED)
    return label, "", ", ".join((_percent(kept.share()), *_times(kept)))


def _kept(label: str) -> tuple[str, ...]:
    comparison: ShareComparison | MeanComparison = MeanComparison(alpha=0.05, margin=0.1)
    if label in _SHARES:
        comparison = ShareComparison(alpha=0.05, margin=0.005)
    tests, stream = (stops(comparison), excludes(comparison)), {**_SHARES, **_MEANS}[label]
    return label, *(_percent(race(each, stream, 3, SEED).share()) for each in tests)


def _stop(label: str, comparison: Comparison, stream: Stream, hours: float, goal: str) -> tuple[str, ...]:
    return label, *_times(race(stops(comparison), stream, hours, SEED)), goal


def _pass(label: str, comparison: Comparison, stream: Stream, hours: float) -> tuple[str, ...]:
    return label, *_times(race(passes(comparison), stream, hours, SEED))


def _judged(label: str, judged: Callable[[float], Times]) -> tuple[str, ...]:
    return label, _percent(judged(0.01).share()), *_times(judged(0.02))


def _times(times: Times) -> tuple[str, str]:
    median, p90 = times.quantile(0.5), times.quantile(0.9)
    return _minutes(median), _minutes(p90)


def _minutes(value: float) -> str:
    if not isfinite(value):
        return "not in that time"
    return f"{value * 60:.0f} s" if value <= 1 else f"{value:.1f} min"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


TABLES: Mapping[str, Callable[[], Rows]] = {
    "false-stops": false_stops,
    "detection": detection,
    "others": others,
    "passing": passing,
    "coverage": coverage,
    "customers": customers,
}


def main() -> int:
    """Print the tables that were asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rollouts.measure", description=__doc__)
    parser.add_argument("--only", action="append", choices=[*TABLES], metavar="NAME", help="repeatable")
    for name in parser.parse_args().only or [*TABLES]:
        for at, row in enumerate(TABLES[name]()):
            print(f"| {' | '.join(row)} |" + ("\n" + "|---" * len(row) + "|" if not at else ""), flush=True)
        print(flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

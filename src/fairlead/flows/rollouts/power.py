"""`fairlead rollout power`: how long a canary takes to a verdict, by a person's numbers. It asks no workspace."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from fairlead.kernel.errors import UsageError
from fairlead.kernel.stats.power import Traffic, Waiting, needed

__all__ = ["CanaryPower", "canary_power"]

_FINEST = 1e-5
"""Effects and margins below it need more requests than the simulation counts exactly."""

_MOST = 1e7
"""Requests per minute."""

_MOST_FAILURES = 300_000
"""A stop test counts each failure; more of them take minutes to simulate."""


@dataclass(frozen=True, slots=True)
class CanaryPower:
    """Time to a verdict on a share such as the error rate.

    `baseline` is the old release's share, `effect` how much higher a bad one's is, `margin` how much worse is tolerated
    (all absolute: 0.01 is one point); `rate` requests per minute to both releases, `weight` the new one's per cent of
    them. `stop`: until the bad release is stopped; `passing`: until one that is as good as the old one passes.
    """

    baseline: float
    effect: float
    rate: float
    alpha: float
    margin: float
    weight: int
    stop: Waiting
    passing: Waiting


def canary_power(
    *, baseline: float, effect: float, rate: float, alpha: float, margin: float, weight: int
) -> CanaryPower:
    """Through the tests that judge. UsageError, with a mend, for numbers that make no canary."""
    for name, value, least, most, mend in (
        ("baseline", baseline, _FINEST, 1 - 2 * _FINEST, "the old release's share of errors, as in 0.01 for 1 %"),
        ("effect", effect, _FINEST, 1.0, "the absolute difference, as in 0.01 for 1 % that becomes 2 %"),
        ("margin", margin, _FINEST, 1.0, "the difference that is tolerated, as in 0.005 for half a point"),
        ("rate", rate, 1 / _MOST, _MOST, "requests per minute to both releases together"),
        ("alpha", alpha, _FINEST, 0.5, "the chance of a false stop, as in 0.03"),
        ("weight", weight, 1, 99, "the new release's per cent of the requests"),
    ):
        if not least <= value <= most:
            raise UsageError(f"--{name} {value:g} is not between {least:g} and {most:g}", mend=f"say {mend}")
    if baseline + effect >= 1:
        raise UsageError(
            f"--baseline {baseline:g} and --effect {effect:g} make a share of {baseline + effect:g}",
            mend="--effect is the absolute difference, as in 0.01 for 1 % that becomes 2 %",
        )
    failures = _failures(baseline, effect, alpha, weight / 100)
    if failures > _MOST_FAILURES:
        raise UsageError(
            f"--effect {effect:g} on --baseline {baseline:g} takes some {failures / baseline:,.0f} requests to see",
            mend="ask for a larger effect, or a weight nearer to 50; so small a difference is not simulated",
        )
    traffic = Traffic(rate * weight / 100, rate * (100 - weight) / 100)
    found = needed(baseline, effect, margin, traffic, alpha)
    return CanaryPower(baseline, effect, rate, alpha, margin, weight, found.stop, found.passing)


def _failures(baseline: float, effect: float, alpha: float, weight: float) -> float:
    """Failures by the time of a stop, in closed form: the best bet's wealth grows by effect**2 / (2 p (1 - p))."""
    share = baseline + effect / 2
    effective = (log(1 / alpha) + 1) * 2 * share * (1 - share) / effect**2
    return share * effective / (weight * (1 - weight))

"""The streaming detector of one series: a row in, a verdict out, nothing of the future used, resumable at any row.

Each channel's number is compared with the past numbers of that channel: how far is the nearest, in units of the range
or the spread that the channel has shown? And did the value ever follow the values before it? Novelty saturates per
channel and adds up across channels as a root mean square; half of the score is that, half how rare so much novelty is
in this series: what is new every hour is no news. Repeats are silenced; what remains alarms above a threshold if the
false-alarm budget allows it. (Novelty by nearest neighbours as in Burnaev and Ishimtsev 2016, on single numbers, where
neighbours cost a binary search.)
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import exp, isfinite, log10, sqrt
from typing import Any, NamedTuple

import numpy as np

from fairlead.foresee.anomalies.channels import CHANNELS, Channels
from fairlead.foresee.anomalies.contexts import Contexts
from fairlead.foresee.anomalies.past import Past
from fairlead.foresee.anomalies.quieting import Budget, Quieting
from fairlead.foresee.series import MICROSECONDS, Series, known_times

__all__ = ["Detector", "Knobs", "Verdict", "detect"]

_NOTABLE = 0.1
"""Novelty of a tenth of the spread is notable: 63 % of the most that a channel can say."""

_HEARS = tuple((name in {"value", "unrest"}, name != "value") for name in CHANNELS)
"""Per channel, whether novelty by range and by spread count: the value's own spread says little about outliers."""

_VOICES = sum(map(sum, _HEARS)) + 1
"""Those, and the contexts."""

_SHARE_OF_RARITY = 0.5
_RAREST = 4.0
"""Rarity is counted in powers of ten: once in ten thousand rows is the most that it can say."""

_DAY = 86_400 * MICROSECONDS
_RANGE_LOW, _RANGE_HIGH = 0.005, 0.995


@dataclass(frozen=True, slots=True)
class Knobs:
    """What a person may turn."""

    alarms_per_month: float = 1.0
    """False-alarm budget per series: only the strongest candidates of thirty days alarm."""

    least_stake: float = 0.0
    """In the series' unit: a smaller distance from what was expected does not alarm."""

    threshold: float = 0.45
    """Least score that may alarm."""

    warm_up_rows: int = 150
    """Rows with a value before anything scores."""

    warm_up_days: float = 7.0
    """Days of data before anything alarms: the first weekend is strange to who has never seen one."""


class Verdict(NamedTuple):
    """One row: a score in [0, 1], 0 while warming up and for repeats; what was expected; and one alarm per event."""

    score: float
    expected: float
    low: float
    high: float
    alarm: bool


class Detector:
    """Feed it rows in the order of time."""

    def __init__(self, knobs: Knobs = Knobs()) -> None:
        self._knobs = knobs
        self._rows = 0
        self._alarms_from: int | None = None
        self._channels = Channels()
        self._pasts = tuple(Past() for _ in CHANNELS)
        self._contexts = Contexts()
        self._novelties = Past()
        self._surprises = Past()
        self._quieting = Quieting()
        self._budget = Budget(knobs.alarms_per_month)

    def step(self, time: int, value: float) -> Verdict:
        """Judge a value at a time in microseconds. A missing value (NaN) scores 0 and teaches nothing."""
        expected, spread = self._channels.expected, self._surprises
        low, high = expected + spread.quantile(_RANGE_LOW), expected + spread.quantile(_RANGE_HIGH)
        if not isfinite(value):
            return Verdict(0.0, expected, low, high, alarm=False)
        if self._alarms_from is None:
            self._alarms_from = time + int(self._knobs.warm_up_days * _DAY)
            expected = low = high = value
        spread.rank(value - expected)
        score = self._quieting.pass_on(self._strangeness(time, value))
        self._rows += 1
        if self._rows <= self._knobs.warm_up_rows:
            return Verdict(0.0, expected, low, high, alarm=False)
        at_stake = abs(value - expected) >= self._knobs.least_stake
        within = score >= self._knobs.threshold and at_stake and self._budget.allows(time, score)
        return Verdict(score, expected, low, high, within and time >= self._alarms_from)

    def _strangeness(self, time: int, value: float) -> float:
        """Half the root mean square of what the channels say, each in [0, 1], and half the rarity of that."""
        total = (1 - exp(-self._contexts.step(value) / _NOTABLE)) ** 2
        numbers = self._channels.step(time, value)
        for past, number, (hears_range, hears_spread) in zip(self._pasts, numbers, _HEARS, strict=True):
            by_range, by_spread = past.meet(number)
            if by_range and hears_range:
                total += (1 - exp(-by_range / _NOTABLE)) ** 2
            if by_spread and hears_spread:
                total += (1 - exp(-by_spread / _NOTABLE)) ** 2
        novelty = sqrt(total / _VOICES)
        rank = self._novelties.rank(novelty)
        if self._rows < self._knobs.warm_up_rows:
            return novelty * (1 - _SHARE_OF_RARITY)
        return (1 - _SHARE_OF_RARITY) * novelty + _SHARE_OF_RARITY * min(-log10(rank) / _RAREST, 1.0)

    def saved(self) -> dict[str, Any]:
        """Everything needed to go on as if never interrupted, as JSON can hold it."""
        return {
            "knobs": asdict(self._knobs),
            "rows": self._rows,
            "alarms_from": self._alarms_from,
            "channels": self._channels.saved(),
            "pasts": [past.saved() for past in self._pasts],
            "contexts": self._contexts.saved(),
            "novelties": self._novelties.saved(),
            "surprises": self._surprises.saved(),
            "quieting": self._quieting.saved(),
            "budget": self._budget.saved(),
        }

    @classmethod
    def resumed(cls, state: dict[str, Any]) -> Detector:
        """Make again what `saved` returned."""
        made = cls(Knobs(**state["knobs"]))
        made._rows, made._alarms_from = state["rows"], state["alarms_from"]
        made._channels = Channels.resumed(state["channels"])
        made._pasts = tuple(Past(values) for values in state["pasts"])
        made._contexts = Contexts.resumed(state["contexts"])
        made._novelties = Past(state["novelties"])
        made._surprises = Past(state["surprises"])
        made._quieting = Quieting.resumed(state["quieting"])
        made._budget = Budget.resumed(made._knobs.alarms_per_month, state["budget"])
        return made


def detect(series: Series, detector: Detector) -> list[Verdict]:
    """Judge the rows in the order of time and return one verdict per row, in the order of the rows.

    A row of unknown time is judged with the row before it.
    """
    times = known_times(series.times)
    order = np.argsort(times, kind="stable")
    judged = map(detector.step, times[order].tolist(), series.values[order].tolist())
    verdicts = dict(zip(order.tolist(), judged, strict=True))
    return [verdicts[row] for row in range(len(series))]

"""One number watched: how far it is from what was expected, in its own spreads, over one window and over many."""

from __future__ import annotations

from collections import deque
from math import sqrt
from statistics import median
from typing import Any

from fairlead.foresee.cost_events.bars import SPANS, Bars
from fairlead.foresee.cost_events.season import Season

__all__ = ["KEPT", "Track"]

KEPT = 36
"""Windows whose surprises are kept, to tell when a change began."""

_GAP = 3
"""More missing windows than these end what adds up."""

_STARTS = 10
_ROOTS = tuple(sqrt(span) for span in SPANS)
_SLOW, _HOURLY = 0.01, 0.03
_TO_DEVIATION = 1.25
"""Standard deviation of a normal distribution per mean absolute one."""

_MOST = 4.0
"""Spreads that one surprise counts for at most where something is learnt from it."""


class Track:
    """Feed it the windows in order: `meet`, then `learn` or not."""

    __slots__ = (
        "_floor",
        "_hours",
        "_spread",
        "_started",
        "bars",
        "evidence",
        "first",
        "last",
        "season",
        "starts",
        "surprises",
        "units",
    )  # fmt: skip

    def __init__(self, floor: float, first: int) -> None:
        self._floor = floor
        self._spread = floor
        self._hours = [floor] * 24
        self._started = first
        self.last = first
        self.first = first
        self.season = Season()
        self.bars = Bars()
        self.starts: list[float] = []  # strongest evidence while releases started up
        self.surprises: deque[tuple[int, float]] = deque(maxlen=KEPT)
        self.units: deque[float] = deque(maxlen=SPANS[-1])
        self.evidence: list[float] = [0.0] * len(SPANS)

    def surprise(self, hour: float, value: float) -> float:
        """How much higher a value is than expected; 0 where nothing is expected yet."""
        usual = self.season.expected(hour)
        return 0.0 if usual is None else value - usual

    def meet(self, number: int, hour: float, surprise: float, variance: float, *, alone: bool = False) -> None:
        """Add the surprise of window `number`, which has at least the given variance by chance alone.

        One that stands `alone` counts for itself, and not for the windows after it.
        """
        if number - self.last > _GAP:
            self.forget()
        self.last = number
        spread = self._usual_spread(hour)
        self.surprises.append((number, surprise))
        unit = surprise / sqrt(max(spread * spread, variance))
        if alone:
            self.evidence = [unit] + [0.0] * (len(SPANS) - 1)
            return
        self.units.append(unit)
        total, place = 0.0, 0
        for added, one in enumerate(reversed(self.units), 1):
            total += one
            if added == SPANS[place]:
                self.evidence[place] = total / _ROOTS[place]
                place += 1
        self.evidence[place:] = [0.0] * (len(SPANS) - place)

    def learn(self, hour: float, value: float, *, known: float = 0.0) -> None:
        """Take a value for ordinary; where a change of about `known` is under way, follow it fast."""
        spread = self._usual_spread(hour)
        size = min(abs(self.surprise(hour, value)), _MOST * spread)
        self.season.learn(hour, value, _MOST * spread + known, fast=known > 0)
        if known:
            return
        place = int(hour) % 24
        self._spread += _SLOW * (_TO_DEVIATION * size - self._spread)
        self._hours[place] += _HOURLY * (_TO_DEVIATION * size - self._hours[place])

    def forget(self) -> None:
        """Let the windows so far count no more."""
        self.surprises.clear()
        self.restart()

    def restart(self) -> None:
        """Let what added up so far add up no more."""
        self.units.clear()
        self.evidence = [0.0] * len(SPANS)

    def remember_start(self, number: int) -> None:
        """Remember what the newest window shows as what happens while a release starts up."""
        if self.starts and number - self._started <= _GAP:
            self.starts[-1] = max(self.starts[-1], self.evidence[0])
        else:
            self.starts = [*self.starts[1 - _STARTS :], self.evidence[0]]
        self._started = number

    def mean(self, span: int) -> float:
        """Mean surprise of the last `span` windows that were met; 0 without any."""
        newest = [surprise for _, surprise in list(self.surprises)[-span:]]
        return sum(newest) / len(newest) if newest else 0.0

    def middle(self, span: int) -> float:
        """Median surprise of the last `span` windows that were met; 0 without any."""
        newest = [surprise for _, surprise in list(self.surprises)[-span:]]
        return median(newest) if newest else 0.0

    def _usual_spread(self, hour: float) -> float:
        return max(self._floor, (self._spread + self._hours[int(hour) % 24]) / 2)

    def saved(self) -> dict[str, Any]:
        """The state, as JSON can hold it."""
        return {
            "spread": self._spread,
            "hours": list(self._hours),
            "first": self.first,
            "last": self.last,
            "started": self._started,
            "season": self.season.saved(),
            "bars": self.bars.saved(),
            "starts": list(self.starts),
            "surprises": [list(pair) for pair in self.surprises],
            "units": list(self.units),
            "evidence": list(self.evidence),
        }

    @classmethod
    def resumed(cls, floor: float, state: dict[str, Any]) -> Track:
        """Make again what `saved` returned."""
        made = cls(floor, int(state["first"]))
        made._spread, made._hours, made.last = state["spread"], list(state["hours"]), int(state["last"])
        made._started = int(state["started"])
        made.season, made.bars = Season.resumed(state["season"]), Bars.resumed(state["bars"])
        made.starts, made.evidence = list(state["starts"]), list(state["evidence"])
        made.surprises.extend((int(number), surprise) for number, surprise in state["surprises"])
        made.units.extend(state["units"])
        return made

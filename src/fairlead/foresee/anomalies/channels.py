"""What is watched in a series: its value, its moves, its unrest, its level and its time of day, one number each.

Every channel turns the newest value into a number that is ordinary when the series behaves as before. All are built
from running means, so that a row costs the same however long the series is.
"""

from __future__ import annotations

from collections import deque
from math import log
from typing import Any

__all__ = ["CHANNELS", "Channels"]

CHANNELS = ("value", "move", "unrest", "change of unrest", "shift", "time of day", "mean of five")
"""Names in the order of `Channels.step`."""

_FAST = 0.3
_UNREST_ROWS, _SHIFT_ROWS, _MEAN_ROWS = 32, 40, 5
_UNREST_NOW, _UNREST_USUAL, _LEVEL_USUAL = 0.1, 0.003, 0.005
_UNREST_FLOOR = 1e-3
_DAY = 86_400_000_000
_DAY_BIN = 300_000_000
_PROFILE = 0.3


class Channels:
    """Running means of one series; `expected` is what the value would be by the fast mean or the time of day."""

    def __init__(self) -> None:
        self._rows = 0
        self._means = [0.0] * 4  # fast, unrest now, unrest usual, usual level
        self._last = 0.0
        self._moves: deque[float] = deque(maxlen=_UNREST_ROWS)
        self._values: deque[float] = deque(maxlen=_SHIFT_ROWS)
        self._levels: deque[float] = deque(maxlen=_SHIFT_ROWS)
        self._newest: deque[float] = deque(maxlen=_MEAN_ROWS)
        self._day: dict[int, float] = {}

    @property
    def expected(self) -> float:
        """The fast mean, which is what the next value is compared with."""
        return self._means[0]

    def step(self, time: int, value: float) -> tuple[float, ...]:
        """Return the channels for a value at a time (microseconds), then learn from it."""
        if not self._rows:
            self._last = value
            self._means = [value, 0.0, 0.0, value]
        fast, now, usual, level = self._means
        move = abs(value - self._last)
        self._moves.append(move)
        self._values.append(value)
        self._levels.append(level)
        self._newest.append(value)
        self._rows += 1
        rows = self._rows
        now += max(_UNREST_NOW, 1 / rows) * (move - now)
        usual += max(_UNREST_USUAL, 1 / rows) * (move - usual)
        ratio = log((now + _UNREST_FLOOR * usual) / usual) if usual > 0 else 0.0
        shift = sum(self._values) / len(self._values) - self._levels[0]
        numbers = (
            value,
            move,
            sum(self._moves) / len(self._moves),
            ratio,
            shift,
            self._from_day(time, value),
            sum(self._newest) / len(self._newest),
        )
        self._last = value
        self._means = [
            fast + max(_FAST, 1 / rows) * (value - fast),
            now,
            usual,
            level + max(_LEVEL_USUAL, 1 / rows) * (value - level),
        ]
        return numbers

    def _from_day(self, time: int, value: float) -> float:
        """Difference to what this time of day usually shows; 0 the first time."""
        place = time % _DAY // _DAY_BIN
        known = self._day.get(place)
        if known is None:
            self._day[place] = value
            return 0.0
        self._day[place] = known + _PROFILE * (value - known)
        return value - known

    def saved(self) -> dict[str, Any]:
        """Everything that was learnt, as JSON can hold it."""
        return {
            "rows": self._rows,
            "means": self._means,
            "last": self._last,
            "moves": list(self._moves),
            "values": list(self._values),
            "levels": list(self._levels),
            "newest": list(self._newest),
            "day": sorted(self._day.items()),
        }

    @classmethod
    def resumed(cls, state: dict[str, Any]) -> Channels:
        """Make again what `saved` returned."""
        made = cls()
        made._rows, made._means, made._last = state["rows"], list(state["means"]), state["last"]
        made._moves.extend(state["moves"])
        made._values.extend(state["values"])
        made._levels.extend(state["levels"])
        made._newest.extend(state["newest"])
        made._day = {int(place): value for place, value in state["day"]}
        return made

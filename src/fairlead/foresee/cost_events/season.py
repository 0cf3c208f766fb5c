"""What a number usually is: a shape by the hour of the week, and a level that follows slowly."""

from __future__ import annotations

from typing import Any

__all__ = ["HOURS", "Season"]

HOURS = 168
"""Hours of a week."""

_FOLLOW = 0.02
"""Share of a surprise that moves the level: half of a lasting change is taken over in three hours."""

_FOLLOW_FAST = 0.15
_MEMORY = 36
"""Windows that an hour's shape is a mean of, at most: those of the last three weeks or so."""

_SEEN = 6
"""Windows in an hour before its shape counts."""


class Season:
    """Expected value at an hour of the week, and learning from what came instead.

    An hour that was never seen is expected to be like the last ones.
    """

    __slots__ = ("_counts", "_level", "_recent", "_shape")

    def __init__(self) -> None:
        self._shape = [0.0] * HOURS
        self._counts = [0] * HOURS
        self._level = 0.0
        self._recent: float | None = None

    def expected(self, hour: float) -> float | None:
        """What is expected at `hour` of the week (0 to 168), in a line between the hours' middles; None at first."""
        before = int(hour + HOURS - 0.5) % HOURS
        after = (before + 1) % HOURS
        seen_before, seen_after = self._counts[before] >= _SEEN, self._counts[after] >= _SEEN
        if seen_before and seen_after:
            part = (hour + 0.5) % 1.0
            return self._level + (1 - part) * self._shape[before] + part * self._shape[after]
        here = int(hour)
        return self._level + self._shape[here] if self._counts[here] >= _SEEN else self._recent

    def learn(self, hour: float, value: float, most: float, *, fast: bool = False) -> None:
        """Move shape and level towards a value, by a surprise of at most `most` in either direction."""
        place = int(hour)
        count = self._counts[place]
        usual = self.expected(hour)
        self._recent = value if self._recent is None else self._recent + _FOLLOW_FAST * (value - self._recent)
        self._counts[place] = min(count + 1, _MEMORY)
        if usual is None or count < _SEEN:
            self._shape[place] += (value - self._level - self._shape[place]) / (count + 1)
            return
        surprise = min(max(value - usual, -most), most)
        self._shape[place] += surprise / (count + 1)
        self._level += (_FOLLOW_FAST if fast else _FOLLOW) * surprise

    def shift(self, change: float) -> None:
        """Take a change over as the new level."""
        self._level += change
        if self._recent is not None:
            self._recent += change

    def saved(self) -> dict[str, Any]:
        """The state, as JSON can hold it."""
        return {"shape": list(self._shape), "counts": list(self._counts), "level": self._level, "recent": self._recent}

    @classmethod
    def resumed(cls, state: dict[str, Any]) -> Season:
        """Make again what `saved` returned."""
        made = cls()
        made._shape, made._counts = list(state["shape"]), list(state["counts"])
        made._level, made._recent = state["level"], state["recent"]
        return made

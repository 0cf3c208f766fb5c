"""What came after what: whether the newest value ever followed the values before it, as coarse as eight steps.

A channel beside those of `channels`: a level that is ordinary and a move that is ordinary can still be a sequence that
never was. (Contexts of discretised values as in Smirnov's Contextual Anomaly Detector 2016 and in context-tree models;
unlike there, the range is that of the warm-up and not of the whole file, which a stream cannot know.)
"""

from __future__ import annotations

from math import floor
from typing import Any

__all__ = ["Contexts"]

_STEPS = 8
"""Parts of the range that the warm-up showed; a value outside takes the next part of the same width."""

_DEPTH = 4
"""The longest context in values; also all shorter ones count, down to none."""

_RANGE_ROWS = 150
_OUTSIDE = 20
"""Parts beyond the range on either side; further out is all the same."""

_BASE = 64
_ROUNDING = 1e-9
_MOST = 20_000
"""Contexts that are remembered; the oldest is forgotten."""


class Contexts:
    """Remembers per context, that is the last 0 to 4 symbols, the set of symbols that followed it."""

    def __init__(self) -> None:
        self._first: list[float] = []
        self._low = self._width = 0.0
        self._recent = [0]
        self._followed: dict[int, int] = {}

    def step(self, value: float) -> float:
        """Return the share of the known contexts that the value never followed, in [0, 1]; 0 at first."""
        if len(self._first) < _RANGE_ROWS:
            self._first.append(value)
            if len(self._first) == _RANGE_ROWS:
                self._low = min(self._first)
                self._width = (max(self._first) - self._low) / _STEPS
                for earlier in self._first:
                    self._follow(self._symbol(earlier))
            return 0.0
        return self._follow(self._symbol(value))

    def _symbol(self, value: float) -> int:
        """A number from 0 to 48; where the warm-up was constant only below, equal and above differ."""
        if self._width <= 0:
            place = (value > self._low) - (value < self._low)
        else:
            place = floor(max(min((value - self._low) / self._width, _BASE), -_BASE) + _ROUNDING)
        return max(0, min(place + _OUTSIDE, _STEPS + 2 * _OUTSIDE))

    def _follow(self, symbol: int) -> float:
        followed, bit, known, new = self._followed, 1 << symbol, 0, 0
        for context in self._recent:
            seen = followed.get(context, 0)
            if seen & bit:
                known += 1
                continue
            followed[context] = seen | bit
            if seen:
                known += 1
                new += 1
            elif len(followed) > _MOST:
                del followed[next(iter(followed))]
        mark = symbol + 1
        self._recent = [0] + [context * _BASE + mark for context in self._recent[:_DEPTH]]
        return new / known if known else 0.0

    def saved(self) -> dict[str, Any]:
        """Everything that was learnt, as JSON can hold it."""
        return {
            "first": self._first,
            "low": self._low,
            "width": self._width,
            "recent": self._recent,
            "followed": [list(pair) for pair in self._followed.items()],
        }

    @classmethod
    def resumed(cls, state: dict[str, Any]) -> Contexts:
        """Make again what `saved` returned."""
        made = cls()
        made._first, made._low, made._width = list(state["first"]), state["low"], state["width"]
        made._recent = list(state["recent"])
        made._followed = {int(context): int(seen) for context, seen in state["followed"]}
        return made

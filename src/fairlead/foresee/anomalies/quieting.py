"""One alarm per event: a score counts only if nothing as strange was seen lately, and if the budget allows it."""

from __future__ import annotations

from collections import deque
from typing import Any

__all__ = ["MONTH", "Budget", "Quieting"]

MONTH = 30 * 86_400 * 1_000_000
"""Thirty days in microseconds."""

_NEAR = 0.9
"""A score below this share of another one is clearly weaker."""

_SHARE_OF_PAST = 0.03
_FEWEST_ROWS, _MOST_ROWS = 20, 150


class Quieting:
    """Silences a score that is not above all scores of the last rows: a part of the past, 20 to 150 rows."""

    def __init__(self, falling: list[tuple[int, float]] | None = None, row: int = 0) -> None:
        self._falling = deque(falling or [])
        self._row = row

    def pass_on(self, score: float) -> float:
        """Return the score, or 0 if it repeats what was seen lately."""
        self._row += 1
        span = min(max(_SHARE_OF_PAST * self._row, _FEWEST_ROWS), _MOST_ROWS)
        falling = self._falling
        while falling and falling[0][0] < self._row - span:
            falling.popleft()
        fresh = not falling or score > falling[0][1]
        while falling and falling[-1][1] <= score:
            falling.pop()
        falling.append((self._row, score))
        return score if fresh else 0.0

    def saved(self) -> dict[str, Any]:
        """The state, as JSON can hold it."""
        return {"falling": [list(item) for item in self._falling], "row": self._row}

    @classmethod
    def resumed(cls, state: dict[str, Any]) -> Quieting:
        """Make again what `saved` returned."""
        return cls([(int(row), float(score)) for row, score in state["falling"]], int(state["row"]))


class Budget:
    """Lets a score alarm if fewer than `per_month` of the last thirty days' candidates are clearly stronger.

    What has come that often in a month without an event would come that often again. Candidates count whether or not
    they alarmed, so an ordinary burst raises the bar, and one false alarm does not hide a month of stronger events.
    """

    def __init__(self, per_month: float, scores: list[tuple[int, float]] | None = None) -> None:
        self._per_month = per_month
        self._scores = deque(scores or [])

    def allows(self, time: int, score: float) -> bool:
        """Tell whether a candidate alarms; it counts from now on, whether or not."""
        scores = self._scores
        while scores and scores[0][0] <= time - MONTH:
            scores.popleft()
        stronger = sum(1 for _, other in scores if other * _NEAR >= score)
        scores.append((time, score))
        return stronger < self._per_month

    def saved(self) -> list[list[float]]:
        """The state, as JSON can hold it."""
        return [[time, score] for time, score in self._scores]

    @classmethod
    def resumed(cls, per_month: float, state: list[list[float]]) -> Budget:
        """Make again what `saved` returned."""
        return cls(per_month, [(int(time), score) for time, score in state])

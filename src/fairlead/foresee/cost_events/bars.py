"""How strong evidence must be: clearly above what the last thirty days held without an event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["LEAST", "SPANS", "Bars"]

SPANS = (1, 2, 3, 6, 12, 24)
"""Windows over which evidence adds up."""

_DAYS = 30
LEAST = 4.5
"""In spreads: less is never evidence."""

_MARGIN, _YOUNG, _YOUNG_DAYS = 1.0, 0.8, 4.0
"""Evidence must exceed the strongest that was seen by `_MARGIN + _YOUNG x _YOUNG_DAYS / (_YOUNG_DAYS + days)`.

The strongest of n days is exceeded in the next month by chance about 30 / n times, so young memory asks for more.
"""

_BLOCK = 12
_SLACK = 0.15
"""Power of the budget by which the bars fall: tails are steep."""


class Bars:
    """Strongest evidence per span and day.

    What the last hour or two showed is held back: else an event that grows, or that cost follows late, would raise
    its own bar.
    """

    __slots__ = ("_block", "_days", "_held", "_top")

    def __init__(self) -> None:
        self._days: list[tuple[int, list[float]]] = []
        self._top = [0.0] * len(SPANS)
        self._block = 0
        self._held = [[0.0] * len(SPANS), [0.0] * len(SPANS)]

    def strength(self, evidence: Sequence[float], per_month: float) -> list[float]:
        """Evidence per span in units of its bar: above 1 it alarms."""
        margin = (_MARGIN + _YOUNG * _YOUNG_DAYS / (_YOUNG_DAYS + len(self._days))) * per_month**-_SLACK
        return [one / max(LEAST, margin * top) for one, top in zip(evidence, self._top, strict=True)]

    def passed(self, evidence: Sequence[float], per_month: float) -> int | None:
        """The place in SPANS of the evidence that exceeds its bar the most; None where none does."""
        strengths = self.strength(evidence, per_month)
        strongest = max(strengths)
        return strengths.index(strongest) if strongest > 1 else None

    def hold(self, number: int, day: int, evidence: Sequence[float]) -> None:
        """What window `number` showed without an event; remembered once it is `_BLOCK` to twice as many windows old."""
        if number - self._block >= _BLOCK:
            newer, older = self._held
            self.remember(day, older)
            self._held = [[0.0] * len(SPANS), newer]
            self._block = number
        self._held[0] = [max(pair) for pair in zip(self._held[0], evidence, strict=True)]

    def drop(self) -> None:
        """What was held back belongs to an event."""
        self._held = [[0.0] * len(SPANS), [0.0] * len(SPANS)]

    def remember(self, day: int, evidence: Sequence[float]) -> None:
        """What passed without an event, or was one that may come again."""
        if not self._days or self._days[-1][0] != day:
            self._days = [kept for kept in self._days if kept[0] > day - _DAYS]
            self._days.append((day, [0.0] * len(SPANS)))
        today = self._days[-1][1]
        today[:] = [max(pair) for pair in zip(today, evidence, strict=True)]
        self._top = [max(column) for column in zip(*(strongest for _, strongest in self._days), strict=True)]

    def saved(self) -> dict[str, Any]:
        """The state, as JSON can hold it."""
        return {
            "days": [[day, list(strongest)] for day, strongest in self._days],
            "block": self._block,
            "held": [list(held) for held in self._held],
        }

    @classmethod
    def resumed(cls, state: dict[str, Any]) -> Bars:
        """Make again what `saved` returned."""
        made = cls()
        made._days = [(int(day), list(strongest)) for day, strongest in state["days"]]
        if made._days:
            made._top = [max(column) for column in zip(*(strongest for _, strongest in made._days), strict=True)]
        made._block, made._held = int(state["block"]), [list(held) for held in state["held"]]
        return made

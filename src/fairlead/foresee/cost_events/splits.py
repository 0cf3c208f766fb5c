"""Where cost came from lately, by dimension and value: what a change is traced to."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from typing import Any

from fairlead.foresee.attribution import Cause, concentrated
from fairlead.foresee.cost_events.window import CostWindow

__all__ = ["Splits"]

_BEFORE, _KEPT = 12, 36
_MOST_VALUES = 60
"""Values kept of each dimension and window, the largest first."""

Split = dict[str, dict[str, float]]


class Splits:
    """The last three hours."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, Split]] = deque(maxlen=_KEPT)

    def add(self, number: int, window: CostWindow) -> None:
        """Remember a window's splits."""
        self._kept.append((number, {name: _largest(split) for name, split in window.costs.items()}))

    def cause(self, first: int, growth: float, apart: Collection[str]) -> Cause | None:
        """The dimension and values that explain the change since window `first`; None where it touches all alike.

        `growth` is the factor that cost was expected to change by since then. Where there are later windows, the
        first one counts for neither side: the change fills it in part only. Dimensions `apart` explain nothing.
        """
        since = [split for number, split in self._kept if number >= first]
        before = [split for number, split in self._kept if number < first][-_BEFORE:]
        after = since[1:] or since
        if not before or not after:
            return None
        usual = {
            name: {value: cost * growth for value, cost in row.items()}
            for name, row in _mean(before).items()
            if name not in apart
        }
        return concentrated(usual, {name: row for name, row in _mean(after).items() if name not in apart})

    def saved(self) -> list[list[Any]]:
        """The state, as JSON can hold it."""
        return [[number, split] for number, split in self._kept]

    @classmethod
    def resumed(cls, state: list[list[Any]]) -> Splits:
        """Make again what `saved` returned."""
        made = cls()
        made._kept.extend((int(number), {name: dict(row) for name, row in split.items()}) for number, split in state)
        return made


def _largest(split: Mapping[str, float]) -> dict[str, float]:
    if len(split) <= _MOST_VALUES:
        return dict(split)
    return dict(sorted(split.items(), key=lambda item: (-item[1], item[0]))[:_MOST_VALUES])


def _mean(splits: list[Split]) -> Split:
    total: Split = {}
    for split in splits:
        for name, row in split.items():
            into = total.setdefault(name, {})
            for value, cost in row.items():
                into[value] = into.get(value, 0.0) + cost / len(splits)
    return total

"""What stages of jobs usually cost: nothing most of the time, and by schedule or whim as much as they did before."""

from __future__ import annotations

from fairlead.foresee.cost_events.season import HOURS

__all__ = ["JobHours"]

_FADES = 0.995
"""What is left of an hour's most after each window in that hour that cost less: a twentieth goes in a week."""


class JobHours:
    """The most that a stage cost per hour of the week, in units of what the model costs in a usual window."""

    __slots__ = ("_most",)

    def __init__(self, most: list[float] | None = None) -> None:
        self._most = list(most) if most else [0.0] * HOURS

    def expected(self, hour: float) -> float:
        """The most of this hour and of the two beside it: schedules are not kept to the minute."""
        place = int(hour)
        return max(self._most[place - 1], self._most[place], self._most[(place + 1) % HOURS])

    def learn(self, hour: float, value: float) -> None:
        """Take a value for ordinary."""
        place = int(hour)
        self._most[place] = max(value, self._most[place] * _FADES)

    def accept(self, value: float) -> None:
        """Take so much for ordinary at every hour."""
        self._most = [max(value, usual) for usual in self._most]

    def saved(self) -> list[float]:
        """The state, as JSON can hold it."""
        return list(self._most)

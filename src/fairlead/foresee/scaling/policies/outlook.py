"""A forecast that is cheap enough for every step: the recent level, moved by what the hour of the day usually does."""

from __future__ import annotations

import numpy as np

__all__ = ["Outlook"]

_DAY_S = 86_400
_BIN_S = 600
_LEVEL_S = 120
"""Span of the average that is taken for the present level: shorter follows noise, longer lags behind."""

_PROFILE_WEIGHT = 0.3
"""Weight of the newest day in the profile of the day."""

_FORGET = 0.999
_LIMITS = (0.5, 2.0)
"""A profile may at most halve or double the level: it comes from few days."""


class Outlook:
    """Learns from one demand per step; predicts the demand of a step some steps ahead.

    predicted = level × (profile there / profile here) ^ trust, with trust in [0, 1] by recursive least squares of the
    level's logarithmic change on the profile's: where seasons do not help, the last value remains.
    """

    def __init__(self, step_s: float, ahead: int) -> None:
        self._step_s = step_s
        self._weight = min(1.0, step_s / _LEVEL_S)
        self._ahead = ahead
        self._level = 0.0
        self._seen = 0
        self._profile = np.zeros(_DAY_S // _BIN_S)
        self._sum = 0.0
        self._count = 0
        self._bin = -1
        self._moved: list[tuple[float, float]] = []
        self._covariance, self._variance = 0.0, 1e-3

    def learn(self, second: float, demand: float) -> None:
        """Take in the demand of the step that ended at a second."""
        self._level += max(self._weight, 1 / (self._seen + 1)) * (demand - self._level)
        self._seen += 1
        place = int((second - self._step_s) % _DAY_S // _BIN_S)
        if place != self._bin:
            self._close_bin()
            self._bin = place
        self._sum += demand
        self._count += 1
        self._learn_trust(second)

    def predict(self, second: float) -> float:
        """Requests per step expected `ahead` steps after a second."""
        trust = min(max(self._covariance / self._variance, 0.0), 1.0)
        low, high = _LIMITS
        return self._level * min(max(float(np.exp(trust * self._change(second))), low), high)

    def _change(self, second: float) -> float:
        """Logarithm of the profile's change over `ahead` steps; 0 while either end is unknown."""
        here = self._at(second)
        there = self._at(second + self._ahead * self._step_s)
        return float(np.log(there / here)) if here > 0 and there > 0 else 0.0

    def _at(self, second: float) -> float:
        """Profile at a second, a line between the bins' centres."""
        place = second % _DAY_S / _BIN_S - 0.5
        lower = int(np.floor(place))
        share = place - lower
        left, right = self._profile[lower % len(self._profile)], self._profile[(lower + 1) % len(self._profile)]
        return float(left + share * (right - left)) if left > 0 and right > 0 else 0.0

    def _close_bin(self) -> None:
        if self._bin < 0 or not self._count:
            return
        mean, known = self._sum / self._count, self._profile[self._bin]
        self._profile[self._bin] = mean if known == 0 else known + _PROFILE_WEIGHT * (mean - known)
        self._sum, self._count = 0.0, 0

    def _learn_trust(self, second: float) -> None:
        """Compare the change that the profile foretold `ahead` steps ago with the one that came."""
        self._moved.append((self._level, self._change(second)))
        if len(self._moved) <= self._ahead:
            return
        before, foretold = self._moved.pop(0)
        if before > 0 and self._level > 0 and foretold:
            came = float(np.log(self._level / before))
            self._covariance = _FORGET * self._covariance + foretold * came
            self._variance = _FORGET * self._variance + foretold * foretold

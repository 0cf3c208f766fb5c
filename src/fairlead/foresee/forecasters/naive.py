"""The forecasts that every other one is shown against: the last value, the last season, the line through the ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.forecasters.base import Panel

__all__ = ["Drift", "LastValue", "SeasonalNaive"]

_Rule = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class _PerHistory:
    """A rule that needs nothing but the history."""

    rule: _Rule

    def predict(self, panel: Panel) -> NDArray[np.float64]:
        return np.stack([self.rule(history) for history in panel.values])


@dataclass(frozen=True, slots=True)
class LastValue:
    """Tomorrow is like the last value."""

    name: str = "last-value"

    def fit(self, panel: Panel, horizon: int) -> _PerHistory:
        """Nothing is learnt."""
        return _PerHistory(lambda history: np.full(horizon, history[-1]))


@dataclass(frozen=True, slots=True)
class SeasonalNaive:
    """The last season again; a history shorter than the season repeats its last value."""

    name: str = "seasonal-naive"

    def fit(self, panel: Panel, horizon: int) -> _PerHistory:
        """Nothing is learnt; the shortest season counts."""
        season = panel.seasons[0] if panel.seasons else 1

        def repeat(history: NDArray[np.float64]) -> NDArray[np.float64]:
            length = season if len(history) >= season else 1
            return np.resize(history[-length:], horizon)

        return _PerHistory(repeat)


@dataclass(frozen=True, slots=True)
class Drift:
    """The straight line through the first and the last value."""

    name: str = "drift"

    def fit(self, panel: Panel, horizon: int) -> _PerHistory:
        """Nothing is learnt."""
        ahead = np.arange(1, horizon + 1)

        def extend(history: NDArray[np.float64]) -> NDArray[np.float64]:
            slope = float(history[-1] - history[0]) / max(len(history) - 1, 1)
            return np.asarray(history[-1] + slope * ahead)

        return _PerHistory(extend)

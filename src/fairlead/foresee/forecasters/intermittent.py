"""Demand that is mostly zero: how often something comes, times how much it then is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.forecasters.base import Panel

__all__ = ["Intermittent", "mostly_zero"]

_SHARE_OF_ZEROS = 0.5
_CHANCE, _SIZE = 0.05, 0.1
"""Weights of the newest step in the chance of demand, and of the newest demand in its size."""

_MEMORY = 400
"""Steps that smoothing looks back."""


def mostly_zero(history: NDArray[np.float64]) -> bool:
    """Whether more than half of a history that is never negative is zero, and not all of it."""
    zeros = float(np.mean(history == 0))
    return _SHARE_OF_ZEROS < zeros < 1 and float(history.min()) >= 0


@dataclass(frozen=True, slots=True)
class _FittedIntermittent:
    horizon: int

    def predict(self, panel: Panel) -> NDArray[np.float64]:
        means = np.array([_rate(history[-_MEMORY:]) for history in panel.values])
        return np.repeat(means[:, None], self.horizon, axis=1)


@dataclass(frozen=True, slots=True)
class Intermittent:
    """Chance and size of demand smoothed apart (Teunter, Syntetos and Babai 2011); else the recent mean."""

    name: str = "intermittent"

    def fit(self, panel: Panel, horizon: int) -> _FittedIntermittent:
        """Learn nothing across series."""
        return _FittedIntermittent(horizon)


def _rate(history: NDArray[np.float64]) -> float:
    if not mostly_zero(history):
        return float(history.mean())
    demands = history[history > 0]
    size, chance = float(demands.mean()), len(demands) / len(history)
    for value in history.tolist():
        chance += _CHANCE * ((value > 0) - chance)
        if value > 0:
            size += _SIZE * (value - size)
    return chance * size

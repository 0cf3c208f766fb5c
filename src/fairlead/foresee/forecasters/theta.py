"""The theta method: half the trend of the whole history, and the level of its recent past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.forecasters.base import Panel

__all__ = ["Theta"]

_WEIGHTS = np.array([0.1, 0.2, 0.3, 0.5, 0.7, 0.9])
"""Weights of the newest value that smoothing chooses from, per series, by its one-step errors."""

_FEWEST = 4
"""A shorter history has no trend worth the name."""

_MEMORY = 400
"""Steps that smoothing looks back; with the smallest weight older ones count for nothing."""


@dataclass(frozen=True, slots=True)
class _FittedTheta:
    horizon: int

    def predict(self, panel: Panel) -> NDArray[np.float64]:
        season = panel.seasons[0] if panel.seasons else 1
        return np.stack([_theta(history, season, self.horizon) for history in panel.values])


@dataclass(frozen=True, slots=True)
class Theta:
    """Theta(2) with an additive season (Assimakopoulos and Nikolopoulos 2000; as in Hyndman and Billah 2003)."""

    name: str = "theta"

    def fit(self, panel: Panel, horizon: int) -> _FittedTheta:
        """Learn nothing across series: each is smoothed on its own."""
        return _FittedTheta(horizon)


def _theta(history: NDArray[np.float64], season: int, horizon: int) -> NDArray[np.float64]:
    if len(history) < _FEWEST:
        return np.full(horizon, history[-1])
    profile = _profile(history, season)
    steps = np.arange(len(history))
    adjusted = history - profile[steps % len(profile)]
    slope = float(np.polyfit(steps, adjusted, 1)[0])
    level = _level(adjusted[-_MEMORY:])
    ahead = np.arange(1, horizon + 1)
    return level + slope / 2 * ahead + profile[(len(history) - 1 + ahead) % len(profile)]


def _profile(history: NDArray[np.float64], season: int) -> NDArray[np.float64]:
    """Mean deviation per position in the season, (season,), summing to zero; no season below two whole periods."""
    if season < 2 or len(history) < 2 * season:  # noqa: PLR2004 two periods, as said
        return np.zeros(1)
    whole = len(history) // season * season
    start = len(history) - whole
    rows = history[start:].reshape(-1, season)
    deviations = (rows - rows.mean(axis=1, keepdims=True)).mean(axis=0)
    return np.roll(deviations, start % season)


def _level(values: NDArray[np.float64]) -> float:
    """Exponential smoothing's last level, with the weight that had the smallest one-step errors."""
    levels = np.full(len(_WEIGHTS), values[0])
    errors = np.zeros(len(_WEIGHTS))
    for value in values[1:].tolist():
        surprise = value - levels
        errors += surprise * surprise
        levels += _WEIGHTS * surprise
    return float(levels[np.argmin(errors)])

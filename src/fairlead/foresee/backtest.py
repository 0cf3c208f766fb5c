"""How a forecaster would have done: errors at rolling origins inside the history, never after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.forecasters.base import Forecaster, Panel
from fairlead.foresee.forecasters.intermittent import mostly_zero

__all__ = ["ORIGINS", "Backtest", "backtest", "tested", "usual_steps"]

ORIGINS = 3
"""Rolling origins, one horizon apart, the newest one horizon before the end."""

_FEWEST_BEFORE = 3
"""Steps that must lie before the oldest origin."""

_SCALE_SPAN = 336
"""Newest steps that the usual step is taken from."""


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """`errors` (origins, series, horizon) = actual - forecast, oldest origin first; `scores` (series,).

    A score is the mean absolute error in units of the series' usual seasonal step; for a series that is mostly zero,
    where nothing but zeros would have the least such error, it is the absolute error of the horizon's mean.
    """

    name: str
    errors: NDArray[np.float64]
    scores: NDArray[np.float64]


def tested(panel: Panel, horizon: int) -> NDArray[np.bool_]:
    """Tell which series are long enough for all origins, (series,)."""
    return np.array([len(history) >= ORIGINS * horizon + _FEWEST_BEFORE for history in panel.values])


def backtest(forecaster: Forecaster, panel: Panel, horizon: int) -> Backtest:
    """Fit once before the oldest origin and forecast from each; every series must be `tested`.

    Fitting once costs a third of fitting at each origin and errs on the modest side: the forecast that is handed out
    has learnt from more.
    """
    fitted = forecaster.fit(panel.until(ORIGINS * horizon), horizon)
    errors = np.stack([_errors(fitted.predict(panel.until(back)), panel, back, horizon) for back in _origins(horizon)])
    sparse = np.array([mostly_zero(history) for history in panel.values])
    of_steps, of_means = np.abs(errors).mean(axis=(0, 2)), np.abs(errors.mean(axis=2)).mean(axis=0)
    scores = np.where(sparse, of_means, of_steps) / usual_steps(panel)
    return Backtest(forecaster.name, errors, scores)


def usual_steps(panel: Panel) -> NDArray[np.float64]:
    """Mean absolute change over the shortest season in the newest part, (series,); 1 where nothing ever changed."""
    lag = panel.seasons[0] if panel.seasons else 1
    steps = np.array([_usual_step(history, lag) for history in panel.values])
    return np.where(steps > 0, steps, 1.0)


def _usual_step(history: NDArray[np.float64], lag: int) -> float:
    recent = history[-_SCALE_SPAN:]
    lag = lag if len(recent) > lag else 1
    return float(np.abs(recent[lag:] - recent[:-lag]).mean()) if len(recent) > lag else 0.0


def _origins(horizon: int) -> list[int]:
    return [origin * horizon for origin in range(ORIGINS, 0, -1)]


def _errors(forecast: NDArray[np.float64], panel: Panel, back: int, horizon: int) -> NDArray[np.float64]:
    actual = np.stack([history[len(history) - back : len(history) - back + horizon] for history in panel.values])
    return np.asarray(actual - forecast)

"""The forecast of a batch of series: the best member per group by backtest, with pooled conformal intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.backtest import backtest, tested, usual_steps
from fairlead.foresee.choosing import Choice, choose, chosen_errors
from fairlead.foresee.conformal import Calibration, calibrate
from fairlead.foresee.forecasters.base import Forecaster, Panel
from fairlead.foresee.forecasters.boosted import BoostedTrees
from fairlead.foresee.forecasters.exponential import AutoEts
from fairlead.foresee.forecasters.groups import alike
from fairlead.foresee.forecasters.intermittent import Intermittent
from fairlead.foresee.forecasters.naive import Drift, LastValue, SeasonalNaive
from fairlead.foresee.forecasters.ridge import GlobalRidge
from fairlead.foresee.forecasters.theta import Theta

__all__ = ["EXTRA_FORECASTERS", "LEVELS", "OWN_FORECASTERS", "YARDSTICKS", "PanelForecast", "forecast_panel"]

LEVELS = (80.0, 95.0)
"""Coverage of the intervals, in percent, unless the caller names others."""

OWN_FORECASTERS: tuple[Forecaster, ...] = (
    LastValue(),
    GlobalRidge(),
    Theta(),
    SeasonalNaive(),
    Drift(),
    Intermittent(),
)
"""What needs NumPy only. The first one is what a series gets that is too short for a backtest."""

EXTRA_FORECASTERS: tuple[Forecaster, ...] = (AutoEts(), BoostedTrees())
"""What needs the extra `forecasters`; tried only where somebody asks, for they are slow."""

YARDSTICKS: tuple[Forecaster, ...] = (LastValue(), SeasonalNaive())
"""What every forecaster is shown against, whether or not it may be chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class PanelForecast:
    """`mean`, and per level `low` and `high`, each (series, horizon).

    Bounds nest as levels grow; they are NaN for every series when none is long enough to be tested: an interval that
    nothing backs is not given. `choices` holds None for a series that is too short.
    """

    mean: NDArray[np.float64]
    low: dict[float, NDArray[np.float64]]
    high: dict[float, NDArray[np.float64]]
    forecasters: tuple[str, ...]
    choices: tuple[Choice | None, ...]


def forecast_panel(
    panel: Panel,
    horizon: int,
    levels: Sequence[float] = LEVELS,
    forecasters: Sequence[Forecaster] = OWN_FORECASTERS,
) -> PanelForecast:
    """Forecast every series; neither mean nor bound is below zero where the history never was.

    Raises `ValueError` where the panel's regressors do not reach over the horizon.
    """
    panel.known_until(horizon)
    long_enough = np.flatnonzero(tested(panel, horizon))
    choices: list[Choice | None] = [None] * len(panel.values)
    widths = {level: np.full((len(panel.values), horizon), np.nan) for level in levels}
    if len(long_enough):
        trial = panel.of(long_enough.tolist())
        names = {forecaster.name for forecaster in forecasters}
        shown = [*forecasters, *(yardstick for yardstick in YARDSTICKS if yardstick.name not in names)]
        results = [backtest(forecaster, trial, horizon) for forecaster in shown]
        picked = choose(results, alike(trial), len(forecasters))
        for place, choice in zip(long_enough, picked, strict=True):
            choices[place] = choice
        calibration = calibrate(chosen_errors(results, picked), usual_steps(trial))
        scales = _all_scales(calibration, usual_steps(trial), usual_steps(panel), long_enough)
        widths = {level: calibration.half_widths(level, scales) for level in levels}
    floor = np.array([0.0 if history.min() >= 0 else -np.inf for history in panel.values])[:, None]
    mean = np.maximum(_means(panel, horizon, forecasters, choices), floor)
    low = {level: np.maximum(mean - width, floor) for level, width in widths.items()}
    high = {level: mean + width for level, width in widths.items()}
    return PanelForecast(mean, low, high, tuple(_name(forecasters, choice) for choice in choices), tuple(choices))


def _all_scales(
    calibration: Calibration,
    trial_steps: NDArray[np.float64],
    steps: NDArray[np.float64],
    long_enough: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Scales of all series, (series,): a series too short to test has the median scale of the others, per step."""
    scales = steps * float(np.median(calibration.scales / trial_steps))
    scales[long_enough] = calibration.scales
    return scales


def _means(
    panel: Panel, horizon: int, forecasters: Sequence[Forecaster], choices: Sequence[Choice | None]
) -> NDArray[np.float64]:
    """Each series' mean by its forecaster; a forecaster learns from all series, also those that chose another."""
    places = np.array([choice.place if choice else 0 for choice in choices])
    mean = np.empty((len(panel.values), horizon))
    for place in np.unique(places).tolist():
        mean[places == place] = forecasters[place].fit(panel, horizon).predict(panel)[places == place]
    return mean


def _name(forecasters: Sequence[Forecaster], choice: Choice | None) -> str:
    return forecasters[choice.place if choice else 0].name

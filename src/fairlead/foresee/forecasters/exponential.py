"""Exponential smoothing with all its components chosen per series, by statsforecast: an extra, loaded when used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.forecasters.base import Panel
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["AutoEts"]

_PERIODS = 2
"""Whole seasons that a history must hold for the season to be modelled."""

_FEWEST = 5
"""A shorter history is answered with its last value."""

_LONGEST_SEASON = 24
"""Smoothing has one state per phase; several or longer seasons are taken out by loess first (MSTL)."""

_MEMORY = 1_000
"""Newest steps that are fitted."""


@dataclass(frozen=True, slots=True)
class _FittedEts:
    models: Any
    horizon: int

    def predict(self, panel: Panel) -> NDArray[np.float64]:
        return np.stack([self._one(history[-_MEMORY:], panel.seasons) for history in panel.values])

    def _one(self, history: NDArray[np.float64], seasons: tuple[int, ...]) -> NDArray[np.float64]:
        if len(history) < _FEWEST or np.ptp(history) == 0:
            return np.full(self.horizon, history[-1])
        fitting = [season for season in seasons if len(history) >= _PERIODS * season + 1]
        if len(fitting) > 1 or (fitting and fitting[0] > _LONGEST_SEASON):
            rest = self.models.AutoETS(season_length=1, model="ZZN")
            model = self.models.MSTL(season_length=fitting, trend_forecaster=rest)
        else:
            model = self.models.AutoETS(season_length=fitting[0] if fitting else 1)
        return np.asarray(model.forecast(y=history, h=self.horizon)["mean"], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class AutoEts:
    """AutoETS (Hyndman et al. 2002), after MSTL where seasons are several or long; each series is on its own."""

    name: str = "auto-ets"

    def fit(self, panel: Panel, horizon: int) -> _FittedEts:
        """Learn nothing across series; raises `BrokenWorldError` where statsforecast is not installed."""
        try:
            from statsforecast import models
        except ImportError as error:
            mend = "pip install 'fairlead[forecasters]'"
            raise BrokenWorldError("statsforecast is not installed", mend=mend) from error
        return _FittedEts(models, horizon)

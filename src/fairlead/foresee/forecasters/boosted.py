"""Gradient boosted trees over the windows of all series, by LightGBM: an extra, loaded when it first learns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.forecasters.base import Panel
from fairlead.foresee.forecasters.theta import Theta
from fairlead.foresee.forecasters.windows import Frame, Transform, seen_and_next
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["BoostedTrees"]

_NEWEST, _PERIODS = 8, 2
_MOST_ROWS = 200_000
_ROUNDS = 200
_CLIP = 60.0
_SETTINGS = {
    "objective": "l1",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 20,
    "seed": 0,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 2,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True, eq=False)
class _FittedTrees:
    trees: Any
    lookback: int
    horizon: int

    def predict(self, panel: Panel) -> NDArray[np.float64]:
        """Trees where the history fills a window, theta else."""
        answer = Theta().fit(panel, self.horizon).predict(panel)
        frame = Frame(panel.seasons)
        for place, history in enumerate(panel.values):
            if self.trees is None or len(history) < self.lookback:
                continue
            transform = Transform.of(history)
            window = transform.forward(history)[None, -self.lookback :]
            centre, scale = frame.of(window)
            rows = _features((window - centre) / scale, panel.seasons, self.horizon)
            answer[place] = transform.back(self.trees.predict(rows)[None, :] * scale + centre)[0]
        return answer


@dataclass(frozen=True, slots=True)
class BoostedTrees:
    """One model for all series and all steps ahead, of scaled lags; regressors are not used."""

    name: str = "lightgbm"

    def fit(self, panel: Panel, horizon: int) -> _FittedTrees:
        """Learn from at most 200,000 steps; raises `BrokenWorldError` where LightGBM is not installed."""
        try:
            import lightgbm
        except ImportError as error:
            raise BrokenWorldError("LightGBM is not installed", mend="pip install 'fairlead[forecasters]'") from error
        lookback = max(_NEWEST, *(season * (-(-horizon // season) + 1) for season in panel.seasons or (1,)))
        values = [Transform.of(history).forward(history) for history in panel.values]
        windows = max(1, _MOST_ROWS // horizon // len(values))
        pairs = [seen_and_next(one, lookback, horizon, max(1, len(one) // windows)) for one in values]
        seen, following = np.vstack([pair[0] for pair in pairs]), np.vstack([pair[1] for pair in pairs])
        if not len(seen):
            return _FittedTrees(None, lookback, horizon)
        centre, scale = Frame(panel.seasons).of(seen)
        rows = _features((seen - centre) / scale, panel.seasons, horizon)
        target = np.clip((following - centre) / scale, -_CLIP, _CLIP).reshape(-1)
        trees = lightgbm.train(dict(_SETTINGS), lightgbm.Dataset(rows, target), num_boost_round=_ROUNDS)
        return _FittedTrees(trees, lookback, horizon)


def _features(windows: NDArray[np.float64], seasons: tuple[int, ...], horizon: int) -> NDArray[np.float64]:
    """Rows (windows x horizon, features): the step ahead, the newest values, and per season those of the same phase."""
    steps = np.arange(horizon)
    columns = [np.broadcast_to(steps.astype(np.float64), (len(windows), horizon))]
    columns += [np.repeat(windows[:, -lag, None], horizon, axis=1) for lag in range(1, _NEWEST + 1)]
    for season in seasons:
        last = windows.shape[1] + steps - season * (steps // season + 1)
        columns += [windows[:, last - season * period] for period in range(_PERIODS) if (last >= season * period).all()]
    return np.clip(np.stack(columns, axis=2).reshape(len(windows) * horizon, -1), -_CLIP, _CLIP)

"""One linear model per group of series and lookback, solved in closed form over the windows of all its series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.forecasters.base import Panel
from fairlead.foresee.forecasters.groups import alike
from fairlead.foresee.forecasters.regressors import effects
from fairlead.foresee.forecasters.theta import Theta
from fairlead.foresee.forecasters.windows import Frame, Transform, seen_and_next

__all__ = ["GlobalRidge"]

_PENALTY = 0.1
"""Ridge penalty per window; windows have unit scale, so it needs no unit."""

_REWEIGHTINGS = 2
"""Rounds that turn squared errors towards absolute ones, so that a few wild windows do not rule."""

_SOFTENING = 0.3
_LEAST_ERROR = 1e-6
_CLIP = 60.0
"""Scaled values beyond this come from a window that was flat before a jump; they teach nothing."""

_STRIDE_SHARE = 6
_MOST_STRIDE = 8


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """Weights (lookback + 1, horizon) from a scaled window and a constant to the scaled future."""

    lookback: int
    frame: Frame
    weights: NDArray[np.float64]

    def predict(self, window: NDArray[np.float64]) -> NDArray[np.float64]:
        """Forecast (1, horizon) from a transformed window (1, lookback)."""
        centre, scale = self.frame.of(window)
        return _design(window, centre, scale) @ self.weights * scale + centre


@dataclass(frozen=True, slots=True, eq=False)
class _FittedRidge:
    """`models[i]` are the models of the i-th series, one per lookback that its group could learn."""

    models: tuple[tuple[_Model, ...], ...]
    horizon: int
    effects: tuple[NDArray[np.float64], ...] = ()

    def predict(self, panel: Panel) -> NDArray[np.float64]:
        """Mean over the lookbacks that fit into the history; theta where none does."""
        spare = Theta().fit(panel, self.horizon)
        return np.vstack(
            [
                _mean_forecast(history, models, added)
                if any(len(history) >= model.lookback for model in models)
                else spare.predict(Panel((history,), panel.seasons))
                for history, models, added in zip(panel.values, self.models, self._added(panel), strict=True)
            ]
        )

    def _added(self, panel: Panel) -> list[NDArray[np.float64]]:
        """What the regressors add in the models' space, (n_i + horizon,) per series."""
        if not self.effects:
            return [np.zeros(len(history) + self.horizon) for history in panel.values]
        known = panel.known_until(self.horizon)
        return [
            rows[: len(history) + self.horizon] @ effect
            for history, rows, effect in zip(panel.values, known, self.effects, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class GlobalRidge:
    """Ridge regression from the recent past to the whole horizon, shared by series that are alike."""

    name: str = "global-ridge"

    def fit(self, panel: Panel, horizon: int) -> _FittedRidge:
        """Solve one model per group and lookback; about a second for 400 series of 1,000 steps."""
        groups = alike(panel)
        values = [Transform.of(history).forward(history) for history in panel.values]
        moved = tuple(effects(values, panel.regressors)) if panel.regressors else ()
        for place, effect in enumerate(moved):
            values[place] = values[place] - panel.regressors[place][: len(values[place])] @ effect
        models: dict[int, tuple[_Model, ...]] = {}
        for group in np.unique(groups).tolist():
            members = [values[place] for place in np.flatnonzero(groups == group)]
            solved = (_solve(members, lookback, panel.seasons, horizon) for lookback in _lookbacks(panel, horizon))
            models[group] = tuple(model for model in solved if model is not None)
        return _FittedRidge(tuple(models[group] for group in groups.tolist()), horizon, moved)


def _lookbacks(panel: Panel, horizon: int) -> tuple[int, int]:
    if panel.seasons:
        shortest, longest = panel.seasons[0], panel.seasons[-1]
        return longest + shortest, 2 * longest
    return 5 * horizon, 8 * horizon


def _solve(members: list[NDArray[np.float64]], lookback: int, seasons: tuple[int, ...], horizon: int) -> _Model | None:
    """Weighted ridge by normal equations; None where no history is long enough."""
    stride = max(1, min(_MOST_STRIDE, horizon // _STRIDE_SHARE))
    pairs = [seen_and_next(values, lookback, horizon, stride) for values in members]
    seen, following = np.vstack([pair[0] for pair in pairs]), np.vstack([pair[1] for pair in pairs])
    if not len(seen):
        return None
    frame = Frame(seasons)
    centre, scale = frame.of(seen)
    design = _design(seen, centre, scale)
    target = np.clip((following - centre) / scale, -_CLIP, _CLIP).astype(np.float32)
    weights = _ridge(design, target, np.ones(len(design), dtype=np.float32))
    for _ in range(_REWEIGHTINGS):
        errors = np.abs(target - design @ weights.astype(np.float32)).mean(axis=1)
        trust = 1 / (errors + _SOFTENING * np.median(errors) + _LEAST_ERROR)
        weights = _ridge(design, target, trust / trust.mean())
    return _Model(lookback, frame, weights)


def _design(
    windows: NDArray[np.float64], centre: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float32]:
    scaled = np.ones((len(windows), windows.shape[1] + 1), dtype=np.float32)  # half the time of double precision
    scaled[:, :-1] = np.clip((windows - centre) / scale, -_CLIP, _CLIP)
    return scaled


def _ridge(design: NDArray[np.float32], target: NDArray[np.float32], trust: NDArray[np.float32]) -> NDArray[np.float64]:
    root = np.sqrt(trust)[:, None]
    weighted = design * root
    gram = (weighted.T @ weighted).astype(np.float64)  # of one matrix with itself: BLAS does half the work
    penalty = _PENALTY * len(design) * np.eye(len(gram))
    return np.asarray(np.linalg.solve(gram + penalty, weighted.T @ (target * root)), dtype=np.float64)


def _mean_forecast(
    history: NDArray[np.float64], models: tuple[_Model, ...], added: NDArray[np.float64]
) -> NDArray[np.float64]:
    transform, known = Transform.of(history), len(history)
    windows = (transform.forward(history) - added[:known])[None, :]
    fitting = [model for model in models if known >= model.lookback]
    forecasts = [
        transform.back(model.predict(windows[:, -model.lookback :]) + added[None, known:]) for model in fitting
    ]
    return np.asarray(np.mean(forecasts, axis=0))

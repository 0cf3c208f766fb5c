"""Windows of a history, centred and scaled, so that many series can teach one model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = ["Frame", "Transform", "seen_and_next"]

_FLOOR = 1e-9
_LOG_OFFSET = 0.01
_SHARE_OF_SPREAD = 0.1
_STEPS_WITHOUT_SEASON = 53
"""Without a season the scale looks back this far: a year of weeks, about two days of hours."""


@dataclass(frozen=True, slots=True)
class Transform:
    """Logarithms for a series that is never negative, else as it is.

    The offset is a hundredth of the mean, so that a scaled series is only shifted. Made from a history that the
    forecast may know.
    """

    offset: float
    logarithmic: bool

    @classmethod
    def of(cls, history: NDArray[np.float64]) -> Transform:
        """Choose by the history (n,)."""
        offset = _LOG_OFFSET * float(history.mean())
        return cls(offset, logarithmic=offset > 0 and float(history.min()) >= 0)

    def forward(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Into the space of the model."""
        return np.log(np.maximum(values, 0) + self.offset) if self.logarithmic else values

    def back(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Back into units; never negative where the history never was."""
        return np.maximum(np.exp(values) - self.offset, 0) if self.logarithmic else values


@dataclass(frozen=True, slots=True)
class Frame:
    """How windows are centred and scaled: by the mean and the seasonal steps of the longest season.

    Without a season: by the last value and single steps.
    """

    seasons: tuple[int, ...]

    def of(self, windows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return centre and scale of windows (n, length), each (n, 1); a flat window has scale 1."""
        length = windows.shape[1]
        span = min(self.seasons[-1] if self.seasons else _STEPS_WITHOUT_SEASON, length)
        lag = self.seasons[0] if self.seasons and self.seasons[0] < length else 1
        recent = windows[:, -span:]
        centre = recent.mean(axis=1, keepdims=True) if self.seasons else windows[:, -1:]
        steps = np.abs(windows[:, lag:] - windows[:, :-lag])[:, -span:].mean(axis=1, keepdims=True)
        spread = np.abs(recent - recent.mean(axis=1, keepdims=True)).mean(axis=1, keepdims=True)
        scale = steps + _SHARE_OF_SPREAD * spread
        flat = scale <= _FLOOR * (1 + np.abs(centre))
        return centre, np.where(flat, 1.0, scale)


def seen_and_next(
    values: NDArray[np.float64], lookback: int, horizon: int, stride: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut (n,) into pairs of a window (m, lookback) and what followed it (m, horizon), the newest pair kept."""
    if len(values) < lookback + horizon:
        return np.empty((0, lookback)), np.empty((0, horizon))
    pairs = sliding_window_view(values, lookback + horizon)
    first = (len(pairs) - 1) % stride
    chosen = pairs[first::stride]
    return chosen[:, :lookback], chosen[:, lookback:]

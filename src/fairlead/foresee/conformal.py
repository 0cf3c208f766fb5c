"""Intervals from backtest errors, pooled across series after scaling each by how hard it is to forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Calibration", "calibrate"]

_SHARE_OF_ERRORS = 0.5
"""Weight (of logarithms) of a series' own backtest errors against its usual step in what counts as its scale."""

_NEIGHBOURS = 2
"""Steps ahead are pooled with so many neighbours on either side."""

_FLOOR = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """`scores` (horizon, m): sorted scaled absolute errors per step ahead; `scales` (series,) in the series' units."""

    scores: tuple[NDArray[np.float64], ...]
    scales: NDArray[np.float64]

    def half_widths(self, level: float, scales: NDArray[np.float64]) -> NDArray[np.float64]:
        """Half of the interval's width, (n, horizon), for a coverage of `level` percent and series of `scales` (n,).

        The quantile has the finite-sample correction of split conformal prediction (Vovk et al. 2005).
        """
        quantiles = np.array([_quantile(scores, level / 100) for scores in self.scores])
        return np.asarray(scales[:, None] * quantiles[None, :])


def calibrate(errors: NDArray[np.float64], steps: NDArray[np.float64]) -> Calibration:
    """Pool the errors (origins, series, horizon) of a backtest; `steps` (series,) are the usual steps.

    The errors of an origin are scaled by the errors of the other origins only, and the future by those of all origins
    but the oldest: of as many, or the scales were steadier than those that the scores were made with, and the
    intervals too wide.
    """
    sizes = np.abs(errors).mean(axis=2)
    origins, _, horizon = errors.shape
    others = [_scales(np.delete(sizes, origin, axis=0), steps) for origin in range(origins)]
    scaled = np.abs(errors) / np.stack(others)[:, :, None]
    return Calibration(
        tuple(_pooled(scaled, slice(max(0, step - _NEIGHBOURS), step + _NEIGHBOURS + 1)) for step in range(horizon)),
        _scales(sizes[1:] if origins > 1 else sizes, steps),
    )


def _scales(
    sizes: Sequence[NDArray[np.float64]] | NDArray[np.float64], steps: NDArray[np.float64]
) -> NDArray[np.float64]:
    own = np.mean(sizes, axis=0) + _FLOOR * steps
    return np.asarray(np.exp(_SHARE_OF_ERRORS * np.log(own) + (1 - _SHARE_OF_ERRORS) * np.log(steps)))


def _pooled(scaled: NDArray[np.float64], ahead: slice) -> NDArray[np.float64]:
    return np.sort(scaled[:, :, ahead], axis=None)


def _quantile(scores: NDArray[np.float64], share: float) -> float:
    rank = int(np.ceil(share * (len(scores) + 1)))
    return float(scores[min(rank, len(scores)) - 1])

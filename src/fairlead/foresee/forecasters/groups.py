"""Which series of a panel are alike enough to learn from one another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.forecasters.base import Panel
from fairlead.foresee.forecasters.intermittent import mostly_zero
from fairlead.foresee.forecasters.windows import Transform

__all__ = ["alike"]

_LENGTH_CLASSES = 5
_FLOOR = 1e-12
_DAY_AND_WEEK = 2


def alike(panel: Panel) -> NDArray[np.int64]:
    """Number the groups, (series,): by fifths of the range of lengths, and by the kind of movement.

    Those that are mostly zero stand apart. Series of one length commonly come from one source. The kind of movement
    is whether the longest season explains more than the shortest where there are several, else whether the steps are
    larger than the panel's median.
    """
    lengths = np.array([len(history) for history in panel.values], dtype=np.float64)
    shortest, longest = lengths.min(), lengths.max() + 1
    length_class = ((lengths - shortest) * _LENGTH_CLASSES // (longest - shortest)).astype(np.int64)
    moves = np.array([_movement(history, panel.seasons) for history in panel.values])
    split = 0.0 if len(panel.seasons) >= _DAY_AND_WEEK else float(np.median(moves))
    sparse = np.array([mostly_zero(history) for history in panel.values])
    labels = (length_class * 2 + (moves > split)) * 2 + sparse
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _movement(history: NDArray[np.float64], seasons: tuple[int, ...]) -> float:
    values = Transform.of(history).forward(history)
    if len(seasons) >= _DAY_AND_WEEK:
        return float(np.log(_mean_step(values, seasons[0]) / _mean_step(values, seasons[-1])))
    return _mean_step(values, 1)


def _mean_step(values: NDArray[np.float64], lag: int) -> float:
    if len(values) <= lag:
        return _FLOOR
    return max(float(np.abs(values[lag:] - values[:-lag]).mean()), _FLOOR)

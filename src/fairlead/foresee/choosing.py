"""Which forecaster a series gets: the one with the smallest mean backtest error in the series' group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.backtest import Backtest

__all__ = ["Choice", "choose", "chosen_errors"]

_CLEARLY = 2.0


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen forecaster's place, and every one's mean error in the group, in units of the usual seasonal step.

    `errors` holds the last value's and the seasonal naive's too, also where those could not be chosen.
    """

    place: int
    errors: tuple[tuple[str, float], ...]

    @property
    def error(self) -> float:
        """The chosen one's."""
        return self.errors[self.place][1]

    def error_of(self, name: str) -> float:
        """The error of a forecaster by name; raises `KeyError` for one that was not tested."""
        return dict(self.errors)[name]


def choose(results: Sequence[Backtest], groups: NDArray[np.int64], eligible: int | None = None) -> tuple[Choice, ...]:
    """Return one choice per series: the best over all series, unless another is clearly better in the group.

    Only the first `eligible` results can be chosen (all, without a number). Clearly is by two standard errors of the
    paired differences: with few series the best of five is luck.
    """
    scores = np.stack([result.scores for result in results])
    overall = int(np.argmin(scores[:eligible].mean(axis=1)))
    names = [result.name for result in results]
    by_group = {
        group: _choice(scores[:, groups == group], overall, names, eligible) for group in np.unique(groups).tolist()
    }
    return tuple(by_group[group] for group in groups.tolist())


def _choice(scores: NDArray[np.float64], overall: int, names: Sequence[str], eligible: int | None) -> Choice:
    means = scores.mean(axis=1)
    best = int(np.argmin(means[:eligible]))
    gains = scores[overall] - scores[best]
    clear = len(gains) > 1 and gains.mean() > _CLEARLY * gains.std(ddof=1) / np.sqrt(len(gains))
    return Choice(best if clear else overall, tuple(zip(names, means.tolist(), strict=True)))


def chosen_errors(results: Sequence[Backtest], choices: Sequence[Choice]) -> NDArray[np.float64]:
    """Errors of each series' chosen forecaster, (origins, series, horizon)."""
    return np.stack([results[choice.place].errors[:, series] for series, choice in enumerate(choices)], axis=1)

"""Running sums of the steps to come, with bounds from how far such sums were off at earlier origins of the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.forecasters.base import Fitted, Forecaster, Panel
from fairlead.foresee.forecasters.naive import LastValue, SeasonalNaive
from fairlead.foresee.forecasters.theta import Theta

__all__ = ["Paths", "paths_ahead"]

_MEMBERS: tuple[Forecaster, ...] = (LastValue(), SeasonalNaive(), Theta())
_MOST_ORIGINS = 60
_FEWEST_BEFORE = 4
"""Steps before the oldest origin; a shorter past teaches nothing."""

_SHARE_TRIED = 0.5
"""Sums are tried over at most this share of the past, so that there are origins to try them at."""


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """`expected` (steps,): running sums that never fall. `misses` (steps, origins): sorted absolute errors of such."""

    expected: NDArray[np.float64]
    misses: NDArray[np.float64]
    forecaster: str

    @property
    def widest(self) -> float:
        """The widest level in percent that so many origins back; 0 without any."""
        origins: int = self.misses.shape[1]
        return 100 * origins / (origins + 1)

    def around(self, level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper sums, each (steps,), that hold the sum at each step with `level` percent.

        Split conformal prediction (Vovk et al. 2005) on the sums: errors that last add up, others cancel, as they did.
        """
        origins = self.misses.shape[1]
        rank = int(np.ceil(round(level / 100 * (origins + 1), 9)))
        widths = np.maximum.accumulate(self.misses[:, rank - 1])
        # Later lower sums bound earlier ones from above, as sums never fall; none is below zero.
        low = np.maximum(np.minimum.accumulate((self.expected - widths)[::-1])[::-1], 0)
        return np.maximum.accumulate(low), self.expected + widths


def paths_ahead(panel: Panel, steps: int, members: Sequence[Forecaster] = _MEMBERS) -> Paths:
    """Forecast the sums of a panel of one series by the member whose sums were nearest, at up to 60 earlier origins.

    Where the past is too short to try sums over all `steps`, those over its half are tried, and their errors grow
    from there with the steps, as if every error lasted: wide rather than narrow. A past of fewer than 6 steps is not
    tried at all.
    """
    history = panel.values[0]
    tried = min(steps, int((len(history) - _FEWEST_BEFORE) * _SHARE_TRIED)) if len(history) > _FEWEST_BEFORE else 0
    fitted = [member.fit(panel, steps) for member in members]
    backs = _origins(len(history), tried)
    misses = [_misses(member, panel, tried, backs) for member in fitted]
    best = int(np.argmin([miss[-1].mean() for miss in misses])) if len(backs) else len(members) - 1
    ahead = np.maximum(fitted[best].predict(panel)[0], 0)
    return Paths(np.cumsum(ahead), _stretched(misses[best], steps), members[best].name)


def _origins(known: int, tried: int) -> list[int]:
    """How many steps before the end each origin lies, evenly spread, the newest such that all tried steps are known."""
    if not tried:
        return []
    furthest = known - _FEWEST_BEFORE
    stride = max(1, (furthest - tried + 1) // _MOST_ORIGINS)
    return list(range(tried, furthest + 1, stride))[:_MOST_ORIGINS]


def _misses(fitted: Fitted, panel: Panel, tried: int, backs: Sequence[int]) -> NDArray[np.float64]:
    """Sorted absolute errors of the running sums, (tried, origins)."""
    history = panel.values[0]
    misses = np.empty((tried, len(backs)))
    for place, back in enumerate(backs):
        forecast = np.maximum(fitted.predict(panel.until(back))[0, :tried], 0)
        actual = history[len(history) - back : len(history) - back + tried]
        misses[:, place] = np.abs(np.cumsum(actual - forecast))
    return np.sort(misses, axis=1)


def _stretched(misses: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    tried, origins = misses.shape
    if not origins or tried >= steps:
        return misses[:steps] if origins else np.empty((steps, 0))
    beyond = np.arange(tried + 1, steps + 1)[:, None] / tried
    return np.vstack([misses, misses[-1] * beyond])

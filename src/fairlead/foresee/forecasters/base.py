"""What a way to forecast is given and what it answers; each member beside this file keeps the protocol."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fitted", "Forecaster", "Panel"]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Histories of one step and one set of seasons, all ending now.

    `values` holds one array (n_i,) per series, n_i >= 1, finite throughout; `seasons` are period lengths in steps,
    shortest first, empty where none is known. `regressors` holds, where something is known that also will be known
    (prices, planned launches), one finite array (n_i + m, k) per series with the same k columns for all: a row per step
    of the history, then one per step to come, at least as many as are forecast.
    """

    values: tuple[NDArray[np.float64], ...]
    seasons: tuple[int, ...]
    regressors: tuple[NDArray[np.float64], ...] = ()

    def __post_init__(self) -> None:
        if self.regressors and len(self.regressors) != len(self.values):
            raise ValueError(f"{len(self.regressors)} arrays of regressors for {len(self.values)} series")

    def until(self, steps_before_end: int) -> Panel:
        """Return the panel as it stood that many steps ago; every history must be longer."""
        if not steps_before_end:
            return self
        earlier = tuple(history[:-steps_before_end] for history in self.values)
        return Panel(earlier, self.seasons, self.regressors)  # what is planned is known as early as one likes

    def of(self, places: Iterable[int]) -> Panel:
        """Return the panel of some of the series."""
        some = list(places)
        known = tuple(self.regressors[place] for place in some) if self.regressors else ()
        return Panel(tuple(self.values[place] for place in some), self.seasons, known)

    def known_until(self, horizon: int) -> tuple[NDArray[np.float64], ...]:
        """The regressors of the histories and of `horizon` steps more; raises `ValueError` where they end earlier."""
        for place, (history, known) in enumerate(zip(self.values, self.regressors, strict=False)):
            if len(known) < len(history) + horizon:
                raise ValueError(
                    f"the regressors of series {place} end {len(history) + horizon - len(known)} steps too early"
                )
        return self.regressors


class Fitted(Protocol):
    """What was learnt; may forecast a later state of the same series, in the same order."""

    def predict(self, panel: Panel) -> NDArray[np.float64]:
        """Return the point forecast, (series, horizon), in the units of the histories."""
        ...


class Forecaster(Protocol):
    """A way to forecast. Deterministic: the same panel gives the same numbers."""

    @property
    def name(self) -> str:
        """What tables and people call it."""
        ...

    def fit(self, panel: Panel, horizon: int) -> Fitted:
        """Learn from the panel how to look `horizon` steps ahead."""
        ...

"""What a way to forecast is given and what it answers; each member beside this file keeps the protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fitted", "Forecaster", "Panel"]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Histories of one step and one set of seasons, all ending now.

    `values` holds one array (n_i,) per series, n_i >= 1, finite throughout; `seasons` are period lengths in steps,
    shortest first, empty where none is known.
    """

    values: tuple[NDArray[np.float64], ...]
    seasons: tuple[int, ...]

    def until(self, steps_before_end: int) -> Panel:
        """Return the panel as it stood that many steps ago; every history must be longer."""
        if not steps_before_end:
            return self
        return Panel(tuple(history[:-steps_before_end] for history in self.values), self.seasons)


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

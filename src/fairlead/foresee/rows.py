"""Results as rows of text cells, column by column as the CSV shows them; outputs only join them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fairlead.foresee.forecast import PanelForecast
from fairlead.foresee.grid import Grid
from fairlead.foresee.series import TimeForm, shown_times

__all__ = ["forecast_columns", "forecast_rows", "number"]


def number(value: float) -> str:
    """Return the shortest text with nine significant digits; empty for a value that is not known."""
    return "" if np.isnan(value) else f"{value:.9g}"


def forecast_columns(levels: Sequence[float]) -> tuple[str, ...]:
    """`series,time,mean`, then `lo-L,hi-L` per level."""
    return ("series", "time", "mean", *(f"{side}-{level:g}" for level in levels for side in ("lo", "hi")))


def forecast_rows(
    grids: Sequence[Grid], answer: PanelForecast, levels: Sequence[float], form: TimeForm
) -> Iterator[tuple[str, ...]]:
    """One row per series and step ahead, series in the order of `grids`."""
    horizon = answer.mean.shape[1]
    for place, grid in enumerate(grids):
        for step, time in enumerate(shown_times(grid.ahead(horizon), form)):
            bounds = (side[level][place, step] for level in levels for side in (answer.low, answer.high))
            yield (grid.name, time, number(answer.mean[place, step]), *map(number, bounds))

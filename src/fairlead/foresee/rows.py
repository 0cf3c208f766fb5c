"""Results as rows of text cells, column by column as the CSV shows them; outputs only join them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fairlead.foresee.anomalies.detector import Verdict
from fairlead.foresee.forecast import PanelForecast
from fairlead.foresee.grid import Grid
from fairlead.foresee.scaling.simulate import Replay
from fairlead.foresee.series import Series, TimeForm, shown_times

__all__ = [
    "ANOMALY_COLUMNS",
    "SCALING_COLUMNS",
    "anomaly_rows",
    "forecast_columns",
    "forecast_rows",
    "number",
    "scaling_rows",
]

ANOMALY_COLUMNS = ("series", "time", "value", "score", "expected", "low", "high", "alarm")
SCALING_COLUMNS = ("time", "demand", "ordered", "ready", "queue", "late")


def number(value: float) -> str:
    """Return the shortest text with twelve significant digits; empty for a value that is not known."""
    return "" if np.isnan(value) else f"{value:.12g}"


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


def anomaly_rows(series: Sequence[Series], verdicts: Sequence[Sequence[Verdict]]) -> Iterator[tuple[str, ...]]:
    """One row per row of the file, in the file's order; `verdicts` in the order of each series' rows."""
    cells = {
        row: (one.name, time, number(value), number(verdict.score), *map(number, verdict[1:4]), str(int(verdict.alarm)))
        for one, judged in zip(series, verdicts, strict=True)
        for row, time, value, verdict in zip(
            one.rows.tolist(), shown_times(one.times, one.form), one.values.tolist(), judged, strict=True
        )
    }
    return (cells[row] for row in sorted(cells))


def scaling_rows(replay: Replay) -> Iterator[tuple[str, ...]]:
    """One row per step, time in epoch seconds of the step's start."""
    columns = (replay.demand, replay.ordered, replay.ready, replay.queue, replay.late)
    for step, values in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        yield (number(replay.start + step * replay.step_s), *map(number, values))

"""Results as rows of text cells, column by column as the CSV shows them; outputs only join them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.anomalies.detector import Verdict
from fairlead.foresee.scaling.simulate import Replay
from fairlead.foresee.series import MICROSECONDS, TimeForm, shown_times

__all__ = [
    "ANOMALY_COLUMNS",
    "SCALING_COLUMNS",
    "anomaly_row",
    "forecast_columns",
    "forecast_rows",
    "number",
    "scaling_rows",
]

ANOMALY_COLUMNS = ("series", "time", "value", "score", "expected", "low", "high", "alarm")
SCALING_COLUMNS = ("time", "demand", "ordered", "ready", "queue", "late")


def number(value: float) -> str:
    """Return the shortest text with twelve significant digits; empty for a value that is not known."""
    return f"{value:.12g}" if value - value == 0 else ""  # neither NaN nor infinite


def forecast_columns(levels: Sequence[float]) -> tuple[str, ...]:
    """`series,time,mean`, then `lo-L,hi-L` per level."""
    return ("series", "time", "mean", *(f"{side}-{level:g}" for level in levels for side in ("lo", "hi")))


def forecast_rows(
    name: str,
    times: Sequence[str],
    mean: NDArray[np.float64],
    bounds: Mapping[float, tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> Iterator[tuple[str, ...]]:
    """One row per step ahead; `mean` and each level's low and high are (horizon,)."""
    for step, time in enumerate(times):
        sides = (side[step] for both in bounds.values() for side in both)
        yield (name, time, number(mean[step]), *map(number, sides))


def anomaly_row(series: str, time: str, value: float, verdict: Verdict) -> tuple[str, ...]:
    """The cells of one judged row."""
    return (series, time, number(value), number(verdict.score), *map(number, verdict[1:4]), str(int(verdict.alarm)))


def scaling_rows(replay: Replay, form: TimeForm) -> Iterator[tuple[str, ...]]:
    """One row per step; its time is the step's start."""
    columns = (replay.demand, replay.ordered, replay.ready, replay.queue, replay.late)
    starts = np.rint((replay.start + np.arange(len(replay.demand)) * replay.step_s) * MICROSECONDS).astype(np.int64)
    for time, *values in zip(shown_times(starts, form), *(column.tolist() for column in columns), strict=True):
        yield (time, *map(number, values))

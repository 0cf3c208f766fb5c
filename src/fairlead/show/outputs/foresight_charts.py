"""Foresight's pictures for a terminal: the forecast's fan, the timeline of alarms, the replay of a scaled service."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fairlead.flows.foresight.forecast import SeriesForecast
from fairlead.flows.foresight.scaling import Simulated
from fairlead.foresee.series import MICROSECONDS, shown_times
from fairlead.show.outputs.terminal_chart import Band, Line, TerminalChart

__all__ = ["MOST_CHARTS", "alarm_chart", "fan_chart", "replay_chart"]

MOST_CHARTS = 8
"""Series that are drawn, one below the other."""

_HORIZONS_SHOWN = 3
_FEWEST_SHOWN = 20


def fan_chart(each: SeriesForecast) -> TerminalChart:
    """The newest part of the history, and the fan of what is to come: at most two intervals, the widest ones."""
    horizon = len(each.mean)
    past = each.history.values[-max(_HORIZONS_SHOWN * horizon, _FEWEST_SHOWN) :]
    before, after = np.full(len(past), np.nan), np.full(horizon, np.nan)
    levels = sorted(each.bounds, reverse=True)[:2]
    bands = [
        Band(f"{level:g} %", _joined(before, each.bounds[level][0]), _joined(before, each.bounds[level][1]), shade)
        for shade, level in enumerate(levels)
        if np.isfinite(each.bounds[level][0]).any()
    ]
    lines = (
        Line("history", _joined(past, after), "*"),
        Line(f"forecast by {each.forecaster}", _joined(before, each.mean), "o", "good"),
    )
    first = shown_times(each.history.back(len(past) - 1), each.form)[0]
    return TerminalChart(f"Forecast of {each.name}", lines, (first, each.times[-1]), bands)


def _joined(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([before, after])


def alarm_chart(name: str, values: NDArray[np.float64], alarms: Sequence[int], ends: tuple[str, str]) -> TerminalChart:
    """All values of a series, and where it alarmed."""
    return TerminalChart(name, [Line("value", values, "*")], ends, events=alarms, event="alarm")


def replay_chart(simulated: Simulated) -> TerminalChart:
    """What was asked, ordered and ready in the counted steps, in replicas; marked where requests became late."""
    first, replay, service = simulated.counted_from, simulated.replay, simulated.config.service
    demand = replay.demand[first:] / service.capacity_per_step
    begins = [round((replay.start + step * replay.step_s) * MICROSECONDS) for step in (first, len(replay.demand) - 1)]
    start, end = shown_times(np.array(begins), simulated.form)
    lines = (
        Line("ready", replay.ready[first:].astype(np.float64), "+", "good"),
        Line("ordered", replay.ordered[first:].astype(np.float64), "*"),
    )
    bands = [Band("demand in replicas", np.zeros(len(demand)), demand, 1)]
    late = np.flatnonzero(replay.late[first:] > 0).tolist()
    title = f"Replay under {simulated.policy}"
    return TerminalChart(title, lines, (start, end), bands, events=late, event="requests late", zero=True)

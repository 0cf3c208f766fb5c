"""`fairlead forecast`: what the given series will do, with intervals, and which forecaster says so for which reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.flows.foresight.future import Future
from fairlead.foresee.forecast import EXTRA_FORECASTERS, OWN_FORECASTERS, PanelForecast, forecast_panel
from fairlead.foresee.forecasters.base import Panel
from fairlead.foresee.grid import Grid, grid_of
from fairlead.foresee.seasons import find_seasons
from fairlead.foresee.series import Note, NoteKind, Series, TimeForm, shown_times
from fairlead.kernel.errors import UsageError
from fairlead.ports import Progress

__all__ = ["MOST_HISTORY", "Asked", "Foreseen", "SeriesForecast", "foresee"]

MOST_HISTORY = 50_000
"""Newest steps of a series that are learnt from: half a year of five minutes. Older ones say nothing and cost time."""

_MOST_CELLS = 50_000_000
"""Series times steps ahead that fit into the memory."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`horizon` in steps; `levels` in percent, ascending; `seasons` in steps, None where they are to be found.

    `future` is what is known beforehand; `also` names extra forecasters that are tried beside our own.
    """

    horizon: int
    levels: tuple[float, ...]
    seasons: tuple[int, ...] | None = None
    future: Future | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SeriesForecast:
    """`mean` and the bounds by level are (horizon,); `errors` the backtest's by forecaster, empty without a test."""

    name: str
    form: TimeForm
    times: tuple[str, ...]
    mean: NDArray[np.float64]
    bounds: Mapping[float, tuple[NDArray[np.float64], NDArray[np.float64]]]
    history: Grid
    forecaster: str
    seasons: tuple[int, ...]
    errors: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Foreseen:
    """The whole answer; series without any value in a row with a time are in the notes only."""

    asked: Asked
    series: tuple[SeriesForecast, ...]
    notes: tuple[Note, ...]


def foresee(series: Sequence[Series], asked: Asked, progress: Progress) -> Foreseen:
    """Forecast all series. Those of one step learn from one another; intervals are pooled across them."""
    if asked.horizon * len(series) > _MOST_CELLS:
        what = f"{len(series):,} series times {asked.horizon:,} steps do not fit into the memory"
        raise UsageError(what, mend="give fewer series at once, or a shorter --horizon")
    notes: list[Note] = []
    grids: dict[str, tuple[Grid, TimeForm]] = {}
    for each in series:
        grid = grid_of(each)
        if grid is None:
            message = f"{each.name}: no row has both a time and a value, so there is nothing to forecast from"
            notes.append(Note(NoteKind.NO_VALUE, each.name, len(each), message))
            continue
        notes.extend(_of_grid(grid))
        grids[each.name] = (grid.newest(MOST_HISTORY), each.form)
    answers: dict[str, SeriesForecast] = {}
    for group in _by_step(grid for grid, _ in grids.values()):
        progress(len(answers), len(grids), "forecasting")
        for answer in _forecast(group, {name: form for name, (_, form) in grids.items()}, asked):
            answers[answer.name] = answer
    found = tuple(answers[name] for name in grids)
    return Foreseen(asked, found, (*notes, *_without_interval(found)))


def _of_grid(grid: Grid) -> Iterator[Note]:
    if grid.filled:
        steps = "1 step" if grid.filled == 1 else f"{grid.filled:,} steps"
        message = f"{grid.name}: a line between its neighbours is drawn through {steps} without a value"
        yield Note(NoteKind.FILLED_STEP, grid.name, grid.filled, message)
    if len(grid.values) > MOST_HISTORY:
        left = len(grid.values) - MOST_HISTORY
        message = f"{grid.name}: the newest {MOST_HISTORY:,} steps are learnt from, {left:,} older ones are not"
        yield Note(NoteKind.LONG_HISTORY, grid.name, left, message)


def _without_interval(found: Iterable[SeriesForecast]) -> Iterator[Note]:
    for each in found:
        if any(np.isnan(low).any() for low, _ in each.bounds.values()):
            message = f"{each.name}: too short for a backtest over this horizon, so no interval is given"
            yield Note(NoteKind.NO_INTERVAL, each.name, len(each.history.values), message)


def _by_step(grids: Iterable[Grid]) -> Iterator[list[Grid]]:
    groups: dict[tuple[int, int], list[Grid]] = {}
    for grid in grids:
        groups.setdefault((grid.step, grid.months), []).append(grid)
    yield from groups.values()


def _forecast(grids: Sequence[Grid], forms: Mapping[str, TimeForm], asked: Asked) -> Iterator[SeriesForecast]:
    values = tuple(grid.values for grid in grids)
    seasons = asked.seasons
    if seasons is None:
        seasons = grids[0].year or find_seasons(values, grids[0].step)
    known = tuple(asked.future.along(grid, asked.horizon) for grid in grids) if asked.future else ()
    tried = (*OWN_FORECASTERS, *(each for each in EXTRA_FORECASTERS if each.name in asked.also))
    answer = forecast_panel(Panel(values, seasons, known), asked.horizon, asked.levels, tried)
    for place, grid in enumerate(grids):
        yield _of_series(grid, forms[grid.name], seasons, answer, place)


def _of_series(
    grid: Grid, form: TimeForm, seasons: tuple[int, ...], answer: PanelForecast, place: int
) -> SeriesForecast:
    choice = answer.choices[place]
    mean = answer.mean[place]
    return SeriesForecast(
        grid.name,
        form,
        tuple(shown_times(grid.ahead(len(mean)), form)),
        mean,
        {level: (answer.low[level][place], answer.high[level][place]) for level in answer.low},
        grid,
        answer.forecasters[place],
        seasons,
        dict(choice.errors) if choice else {},
    )

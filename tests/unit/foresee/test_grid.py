"""Regular histories and their seasons."""

from __future__ import annotations

import numpy as np
import pytest

from fairlead.foresee.grid import grid_of
from fairlead.foresee.reading.table import read_lines
from fairlead.foresee.seasons import find_seasons
from fairlead.foresee.series import MICROSECONDS, Series

HOUR = 3600 * MICROSECONDS


def series(*rows: str) -> Series:
    """Read the rows as one series."""
    (only,) = read_lines(["time,value", *rows], stem="s", where="s.csv").series
    return only


def test_rows_become_one_value_per_step() -> None:
    """Rows are sorted, the last of equal times counts, and a gap is a line between its neighbours."""
    grid = grid_of(series("3600,1", "0,7", "0,0", "10800,9", "7200,nan", "14400,4", "?,1"))
    assert grid is not None
    assert (grid.step, grid.values.tolist(), grid.filled) == (HOUR, [0, 1, 5, 9, 4], 1)
    assert grid.ahead(2).tolist() == [5 * HOUR, 6 * HOUR]


def test_a_single_point_is_a_history() -> None:
    """One point gives a grid of one step."""
    grid = grid_of(series("0,3"))
    assert grid is not None
    assert grid.values.tolist() == [3]


def test_no_usable_row_is_no_grid() -> None:
    """Times and values that never meet in a row give nothing to forecast from."""
    assert grid_of(series("?,3", "0,nan")) is None


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_day_and_week_are_found_in_hourly_data(noise: float) -> None:
    """A series that repeats by day and by week has both seasons; white noise has none."""
    hours = np.arange(6 * 168)
    rng = np.random.default_rng(1)
    weekday = np.where(hours // 24 % 7 < 5, 1.0, 0.3)
    values = np.sin(hours * 2 * np.pi / 24) * weekday + 2 + noise * rng.standard_normal(len(hours))
    assert find_seasons([values], HOUR) == (24, 168)
    assert find_seasons([rng.standard_normal(1008)], HOUR) == ()


def test_seasons_do_not_change_with_the_unit() -> None:
    """A scaled and shifted copy has the same seasons."""
    values = np.tile(np.arange(24.0), 20)
    assert find_seasons([values], HOUR) == find_seasons([values * 1e6 + 5], HOUR) == (24, 168)

"""Regular histories and their seasons."""

from __future__ import annotations

import numpy as np
import pytest

from fairlead.foresee.grid import grid_of
from fairlead.foresee.reading.table import read_lines
from fairlead.foresee.seasons import find_seasons
from fairlead.foresee.series import MICROSECONDS, Series, TimeForm, shown_times

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


@pytest.mark.parametrize(
    ("rows", "ahead"),
    [
        (["2025-11-01,1", "2025-12-01,2", "2026-01-01,3"], ["2026-02-01", "2026-03-01", "2026-04-01"]),
        (["2025-11-30,1", "2025-12-31,2", "2026-01-31,3"], ["2026-02-28", "2026-03-31", "2026-04-30"]),
        (["2025-01-15,1", "2025-04-15,2", "2025-07-15,3"], ["2025-10-15", "2026-01-15", "2026-04-15"]),
    ],
    ids=["first of the month", "last of the month", "quarters"],
)
def test_months_are_steps_of_the_calendar(rows: list[str], ahead: list[str]) -> None:
    """Monthly figures go on by months, which are not equally long, and none is taken for missing."""
    grid = grid_of(series(*rows))
    assert grid is not None
    assert (grid.values.tolist(), grid.filled) == ([1, 2, 3], 0)
    assert [text[:10] for text in shown_times(grid.ahead(3), TimeForm.ISO)] == ahead


def test_years_of_months_have_a_season_of_twelve() -> None:
    """From two years on; a month that is missing is a line between its neighbours."""
    months = [f"{2023 + place // 12}-{place % 12 + 1:02}-01,{place}" for place in range(30) if place != 7]
    grid = grid_of(series(*months))
    assert grid is not None
    assert (grid.values.tolist(), grid.filled, grid.year) == (list(range(30)), 1, (12,))
    assert grid.newest(20).year == ()

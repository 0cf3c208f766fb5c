"""The commands of foresight, asked as a person would; and series to ask them about."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from fairlead.show.cli import main

__all__ = ["START", "STEP", "ask", "rows_of", "usual", "written"]

START, STEP = 1_700_000_000, 300


def ask(*words: str | Path) -> Result:
    """Run `fairlead` with these words."""
    return CliRunner(env={"COLUMNS": "80"}).invoke(main, [str(word) for word in words])


def rows_of(result: Result) -> list[dict[str, str]]:
    """The CSV that a command wrote; fails with what it said where it did not end well."""
    assert result.exit_code == 0, result.stderr or result.exception
    return list(csv.DictReader(io.StringIO(result.stdout)))


def usual(rows: int, seed: int = 0) -> NDArray[np.float64]:
    """A day's shape in five-minute steps with noise."""
    rng = np.random.default_rng(seed)
    return 100 + 20 * np.sin(np.arange(rows) * 2 * np.pi / 288) + 2 * rng.standard_normal(rows)


def written(path: Path, values: Iterable[float], *, first: int = 0, header: str = "time,value") -> Path:
    """A CSV file with one value per five minutes, the first one `first` steps after the start."""
    lines = (f"{START + (first + place) * STEP},{value!r}" for place, value in enumerate(map(float, values)))
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def column(rows: Sequence[dict[str, str]], name: str) -> list[str]:
    """One column of rows."""
    return [row[name] for row in rows]

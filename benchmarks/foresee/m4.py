"""M4 hourly and weekly: OWA, MSIS and coverage on the test part, which nothing here is chosen by.

Run `FAIRLEAD_DATA=DIR python -m benchmarks.foresee.m4`; DIR holds `m4/Hourly-train.csv`, `m4/Hourly-test.csv` and,
if at hand, the weekly pair. `--inside` scores the last horizon of the training part instead, without the test part.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.backtest import usual_steps
from fairlead.foresee.forecast import LEVELS, OWN_FORECASTERS, PanelForecast, forecast_panel
from fairlead.foresee.forecasters.base import Panel


@dataclass(frozen=True, slots=True)
class Frequency:
    """A part of the competition; `naive2_*` are the published scores that OWA divides by (Makridakis et al. 2020)."""

    name: str
    horizon: int
    seasons: tuple[int, ...]
    naive2_smape: float
    naive2_mase: float


FREQUENCIES = (Frequency("Hourly", 48, (24, 168), 18.383, 2.395), Frequency("Weekly", 13, (), 9.161, 2.777))
MSIS_LEVEL = 95.0
DISGUISE = 3.7


def read(path: Path) -> list[NDArray[np.float64]]:
    """Read one row per series, empty cells at its end."""
    with path.open(newline="") as lines:
        rows = list(csv.reader(lines))[1:]
    return [np.array([float(cell) for cell in row[1:] if cell]) for row in rows]


def owa(mean: NDArray[np.float64], actual: NDArray[np.float64], scale: NDArray[np.float64], part: Frequency) -> float:
    """Mean of sMAPE and MASE, each in units of Naive2's."""
    error = np.abs(mean - actual)
    smape = 200 * float((error / (np.abs(mean) + np.abs(actual))).mean())
    mase = float((error / scale).mean())
    return (smape / part.naive2_smape + mase / part.naive2_mase) / 2


def msis(answer: PanelForecast, actual: NDArray[np.float64], scale: NDArray[np.float64]) -> float:
    """Mean scaled interval score at 95 % (Gneiting and Raftery 2007)."""
    low, high = answer.low[MSIS_LEVEL], answer.high[MSIS_LEVEL]
    missed = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    return float(((high - low + 2 / (1 - MSIS_LEVEL / 100) * missed) / scale).mean())


def main() -> None:
    """Print one line per frequency and method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inside", action="store_true", help="score the end of the training part")
    inside = parser.parse_args().inside
    folder = Path(os.environ["FAIRLEAD_DATA"]) / "m4"
    for part in FREQUENCIES:
        train, test = folder / f"{part.name}-train.csv", folder / f"{part.name}-test.csv"
        if not train.exists() or not test.exists():
            print(f"{part.name}: not at hand, nothing is claimed")
            continue
        panel = Panel(tuple(read(train)), part.seasons)
        actual = np.stack([history[-part.horizon :] for history in panel.values]) if inside else np.stack(read(test))
        score(panel.until(part.horizon) if inside else panel, actual, part)


def score(panel: Panel, actual: NDArray[np.float64], part: Frequency) -> None:
    """Print the whole method's scores, each member's OWA, and the scores on a disguised copy."""
    lag = part.seasons[0] if part.seasons else 1
    scale = np.array([[np.abs(history[lag:] - history[:-lag]).mean()] for history in panel.values])
    started = time.process_time()
    answer = forecast_panel(panel, part.horizon)
    seconds = time.process_time() - started
    inside = {level: np.mean((actual >= answer.low[level]) & (actual <= answer.high[level])) for level in LEVELS}
    coverage = ", ".join(f"coverage at {level:g} % {100 * share:.1f} %" for level, share in inside.items())
    print(
        f"{part.name}: OWA {owa(answer.mean, actual, scale, part):.4f}, MSIS {msis(answer, actual, scale):.2f}, "
        f"{coverage}, {seconds:.1f} CPU s, {len(panel.values)} series"
    )
    chosen = {name: answer.forecasters.count(name) for name in dict.fromkeys(answer.forecasters)}
    print(f"  chosen: {chosen}")
    for member in OWN_FORECASTERS:
        print(f"  {member.name}: OWA {owa(member.fit(panel, part.horizon).predict(panel), actual, scale, part):.4f}")
    disguised = Panel(tuple(history * DISGUISE for history in panel.values), panel.seasons)
    again = forecast_panel(disguised, part.horizon).mean / DISGUISE
    change = float((np.abs(again - answer.mean) / usual_steps(panel)[:, None]).max())
    print(f"  disguised copy (times {DISGUISE}): largest change {change:.1e} usual steps")


if __name__ == "__main__":
    main()

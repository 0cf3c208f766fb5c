"""The Numenta Anomaly Benchmark, standard profile, on the files at hand.

Run `FAIRLEAD_DATA=DIR python -m benchmarks.foresee.nab`; DIR holds `nab/data/*/*.csv` and
`nab/labels/combined_windows.json`. Nothing of the detector was chosen on NAB's labels.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.foresee.nab_score import (
    Labelled,
    area_under_precision_recall,
    best_threshold,
    normalised,
    points_at,
    without_own_category,
)
from fairlead.foresee.anomalies.detector import Detector, Knobs, detect
from fairlead.foresee.reading.table import read_file
from fairlead.foresee.series import MICROSECONDS, Series

WHOLE = 58
FACTOR, LATER = 3.7, 86_400 * 7 * MICROSECONDS


def windows_of(series: Series, limits: list[list[str]]) -> tuple[tuple[int, int], ...]:
    """Turn pairs of times into pairs of rows."""
    pairs = np.array(limits, dtype="datetime64[us]").astype(np.int64).reshape(-1, 2)
    rows = {time: row for row, time in reversed(list(enumerate(series.times.tolist())))}
    return tuple((rows[first], rows[last]) for first, last in pairs.tolist())


def disguised(series: Series) -> Series:
    """Return another unit, a week later, under another name."""
    return Series("other", series.times + LATER, series.values * FACTOR, series.rows, series.form)


def scores_of(series: Series) -> NDArray[np.float64]:
    """The detector's score per row."""
    return np.array([verdict.score for verdict in detect(series, Detector(Knobs()))])


def report(name: str, files: list[Labelled]) -> None:
    """Print the score three ways."""
    print(
        f"{name}: NAB {normalised(points_at(files, best_threshold(files)), files):.1f}, thresholds without the scored "
        f"category {without_own_category(files):.1f}, AUC-PR of events {area_under_precision_recall(files):.3f}, "
        f"at the default threshold {normalised(points_at(files, Knobs().threshold), files):.1f}"
    )


def main() -> None:
    """Score the files as they are and disguised."""
    folder = Path(os.environ["FAIRLEAD_DATA"]) / "nab"
    limits = json.loads((folder / "labels" / "combined_windows.json").read_text())
    paths = sorted((folder / "data").glob("*/*.csv"))
    series = [read_file(path).series[0] for path in paths]
    windows = [
        windows_of(one, limits[f"{path.parent.name}/{path.name}"]) for one, path in zip(series, paths, strict=True)
    ]
    print(f"{len(paths)} of {WHOLE} files at hand, {sum(map(len, windows))} windows, {sum(map(len, series))} rows")
    for name, versions in (("as they are", series), ("disguised", [disguised(one) for one in series])):
        started = time.process_time()
        scores = [scores_of(one) for one in versions]
        seconds = time.process_time() - started
        files = [
            Labelled(path.parent.name, len(one), spans, found)
            for path, one, spans, found in zip(paths, series, windows, scores, strict=True)
        ]
        report(f"{name} ({seconds:.1f} CPU s)", files)


if __name__ == "__main__":
    main()

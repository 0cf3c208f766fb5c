"""The score of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015), and what it hides, from scores per row.

Within a labelled window the earliest alarm earns up to 1, by a sigmoid of its position; a missed window costs 1; an
alarm outside costs up to 0.11, less shortly after a window. 0 is a detector without alarms, 100 a perfect one. The
first min(15 %, 750) rows of a file are not scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FALSE_ALARM = 0.11
PROBATION_SHARE, PROBATION_ROWS = 0.15, 750
FAR = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A file: its category, rows, windows as (first row, last row), and a detector's score per row."""

    category: str
    rows: int
    windows: tuple[tuple[int, int], ...]
    scores: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """What lowering the threshold to each score adds: points, windows found and false alarms; scores fall."""

    thresholds: NDArray[np.float64]
    points: NDArray[np.float64]
    found: NDArray[np.float64]
    false: NDArray[np.float64]


def sigmoid(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 far before 0, 0 at 0, -1 far after."""
    return np.asarray(2 / (1 + np.exp(5 * position)) - 1)


def steps(files: Sequence[Labelled]) -> Steps:
    """Order all rows of all files by score, with what each adds once it alarms."""
    parts = [part for file in files for part in _parts(file)]
    thresholds, points, found, false = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(-thresholds, kind="stable")
    last = np.append(np.diff(thresholds[order]) != 0, True)
    totals = (np.cumsum(column[order])[last] for column in (points, found, false))
    return Steps(thresholds[order][last], *totals)


Part = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def _parts(file: Labelled) -> list[Part]:
    """Per window and for the rest: scores, and points, windows found and false alarms that each row adds."""
    probation = int(min(PROBATION_SHARE * file.rows, PROBATION_ROWS))
    outside = np.arange(file.rows) >= probation
    costs = np.full(file.rows, -FALSE_ALARM)
    parts = []
    for first, last in file.windows:
        outside[first : last + 1] = False
        width = last - first + 1
        past = (np.arange(last + 1, file.rows) - last) / max(width - 1, 1)
        costs[last + 1 :] = FALSE_ALARM * np.where(past > FAR, -1.0, sigmoid(np.minimum(past, FAR)))
        inside = np.arange(max(first, probation), last + 1)
        if len(inside):
            parts.append(_window(file.scores[inside], sigmoid((inside - last - 1) / width) / sigmoid(np.array(-1.0))))
    rest = np.flatnonzero(outside)
    parts.append((file.scores[rest], costs[rest], np.zeros(len(rest)), np.ones(len(rest))))
    return parts


def _window(scores: NDArray[np.float64], rewards: NDArray[np.float64]) -> Part:
    """A window is worth its earliest alarm, and -1 without any: rows add what they improve on the rows above them."""
    order = np.argsort(-scores, kind="stable")
    best = np.maximum.accumulate(rewards[order])
    found = np.zeros(len(order))
    found[0] = 1
    return scores[order], np.diff(best, prepend=-1.0), found, np.zeros(len(order))


def best_threshold(files: Sequence[Labelled]) -> float:
    """The threshold with most points, as NAB chooses it: on the labels that it scores."""
    table = steps(files)
    return float(table.thresholds[np.argmax(table.points)])


def points_at(files: Sequence[Labelled], threshold: float) -> float:
    """Points above a detector without alarms, at a threshold."""
    table = steps(files)
    place = int(np.searchsorted(-table.thresholds, -threshold, side="right")) - 1
    return float(table.points[place]) if place >= 0 else 0.0


def normalised(points: float, files: Sequence[Labelled]) -> float:
    """0 for no alarms, 100 for all windows at their first row; windows inside the probation count as missed."""
    return 100 * points / (2 * sum(len(file.windows) for file in files))


def without_own_category(files: Sequence[Labelled]) -> float:
    """The score with every category's threshold chosen on the other categories."""
    points = 0.0
    for category in {file.category for file in files}:
        others = [file for file in files if file.category != category]
        points += points_at([file for file in files if file.category == category], best_threshold(others))
    return normalised(points, files)


def area_under_precision_recall(files: Sequence[Labelled]) -> float:
    """Events found against false alarms over all thresholds: mean precision over recall."""
    table = steps(files)
    precision = table.found / np.maximum(table.found + table.false, 1)
    recall = table.found / sum(len(file.windows) for file in files)
    return float((np.diff(recall, prepend=0.0) * precision).sum())

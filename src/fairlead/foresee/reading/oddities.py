"""What is odd in a series, as notes: the answer is given all the same, and the person is told."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.series import UNKNOWN_TIME, Note, NoteKind, Series

__all__ = ["cleaned", "oddities", "usual_step"]


def cleaned(series: Series) -> Series:
    """The same rows with infinities taken for missing values."""
    values = np.where(np.isfinite(series.values), series.values, np.nan)
    return Series(series.name, series.times, values, series.rows, series.form)


def usual_step(times: NDArray[np.int64]) -> int:
    """The commonest distance between neighbouring distinct times, in microseconds; 0 with fewer than two times.

    `times` is sorted and holds no unknown time. Of equally common distances the smallest counts.
    """
    distances = np.diff(times)
    distances = distances[distances > 0]
    if not len(distances):
        return 0
    lengths, counts = np.unique(distances, return_counts=True)
    return int(lengths[np.argmax(counts)])


def oddities(series: Series) -> Iterator[Note]:
    """Yield one note per kind of oddity; `series` is as read, with infinities still in it."""
    for kind, count, text in (*_odd_times(series.times), *_odd_values(series.values)):
        if count:
            yield Note(kind, series.name, count, f"{series.name}: {text.format(count)}")


def _odd_times(times: NDArray[np.int64]) -> Iterator[tuple[NoteKind, int, str]]:
    known = times[times != UNKNOWN_TIME]
    yield NoteKind.UNREADABLE_TIME, len(times) - len(known), "{} times are unreadable"
    yield NoteKind.UNSORTED, int(np.sum(np.diff(known) < 0)), "{} rows are earlier than the row before"
    ordered = np.sort(known)
    distances = np.diff(ordered)
    yield NoteKind.DUPLICATE_TIME, int(np.sum(distances == 0)), "{} times stand twice"
    step = usual_step(ordered)
    missing = int(np.sum(np.rint(distances[distances > 1.5 * step] / step) - 1)) if step else 0
    yield NoteKind.GAP, missing, "{} steps are missing"


def _odd_values(values: NDArray[np.float64]) -> Iterator[tuple[NoteKind, int, str]]:
    infinite = int(np.isinf(values).sum())
    finite = values[np.isfinite(values)]
    yield NoteKind.INFINITE_VALUE, infinite, "{} values are infinite and count as missing"
    yield NoteKind.MISSING_VALUE, len(values) - len(finite) - infinite, "{} values are missing"
    yield NoteKind.NO_VALUE, int(not len(finite)), "no value can be read"
    yield NoteKind.ONE_POINT, int(len(finite) == 1), "there is one point only"
    if len(finite) > 1 and finite.min() == finite.max():
        kind, text = (NoteKind.CONSTANT, "constant") if finite[0] else (NoteKind.ALL_ZERO, "zero")
        yield kind, len(finite), f"all {{}} values are {text}"

"""What is odd in a series, as notes: the answer is given all the same, and the person is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.series import COUNTED_STEP, UNKNOWN_TIME, Note, NoteKind, Series, TimeForm

__all__ = ["cleaned", "oddities", "usual_step"]


_LARGEST = 1e150
"""The square of a larger value is infinite, and so would be what is computed from it."""

_REGULAR = 0.4
"""Share of the distances from which on the commonest one is the step of the series."""


def cleaned(series: Series) -> Series:
    """The same rows with infinities, and what is as good as infinite, taken for missing values."""
    values = np.where(np.abs(series.values) <= _LARGEST, series.values, np.nan)
    if (series.times == UNKNOWN_TIME).all():
        counted = np.arange(len(series), dtype=np.int64) * COUNTED_STEP
        return replace(series, values=values, times=counted, form=TimeForm.COUNTED)
    return replace(series, values=values)


def usual_step(times: NDArray[np.int64]) -> int:
    """The commonest distance between neighbouring distinct times, in microseconds; 0 with fewer than two times.

    `times` is sorted and holds no unknown time. Of equally common distances the smallest counts. Where times are
    irregular, so that no distance is common, it is the median distance.
    """
    distances = np.diff(times)
    distances = distances[distances > 0]
    if not len(distances):
        return 0
    lengths, counts = np.unique(distances, return_counts=True)
    most = int(np.argmax(counts))
    return int(lengths[most]) if counts[most] >= _REGULAR * len(distances) else int(np.median(distances))


def oddities(series: Series) -> Iterator[Note]:
    """Yield one note per kind of oddity; `series` is as read, with infinities still in it."""
    for kind, count, text in (*_odd_times(series.times), *_odd_values(series.values)):
        if count:
            yield Note(kind, series.name, count, f"{series.name}: {_told(count, text)}")


def _told(count: int, text: str) -> str:
    """`1 time is unreadable`, `2 times are unreadable`."""
    told = text.format(f"{count:,}")
    if count != 1:
        return told
    for many, one in _ONE:
        told = told.replace(many, one, 1)
    return told


_ONE = (
    ("times are", "time is"),
    ("times stand", "time stands"),
    ("rows are", "row is"),
    ("steps are", "step is"),
    ("values are", "value is"),
    ("and count", "and counts"),
)


def _odd_times(times: NDArray[np.int64]) -> Iterator[tuple[NoteKind, int, str]]:
    known = times[times != UNKNOWN_TIME]
    if not len(known):
        yield NoteKind.UNREADABLE_TIME, len(times), "none of {} times can be read: rows count as steps of five minutes"
        return
    yield NoteKind.UNREADABLE_TIME, len(times) - len(known), "{} times are unreadable"
    yield NoteKind.UNSORTED, int(np.sum(np.diff(known) < 0)), "{} rows are earlier than the row before"
    ordered = np.sort(known)
    distances = np.diff(ordered)
    yield NoteKind.DUPLICATE_TIME, int(np.sum(distances == 0)), "{} times stand twice"
    step = usual_step(ordered)
    missing = int(np.sum(np.rint(distances[distances > 1.5 * step] / step) - 1)) if step else 0
    yield NoteKind.GAP, missing, "{} steps are missing"


def _odd_values(values: NDArray[np.float64]) -> Iterator[tuple[NoteKind, int, str]]:
    infinite = int((np.abs(values) > _LARGEST).sum())
    finite = values[np.abs(values) <= _LARGEST]
    yield NoteKind.INFINITE_VALUE, infinite, "{} values are infinite, or too large, and count as missing"
    yield NoteKind.MISSING_VALUE, len(values) - len(finite) - infinite, "{} values are missing"
    yield NoteKind.NO_VALUE, int(not len(finite)), "no value can be read"
    yield NoteKind.ONE_POINT, int(len(finite) == 1), "there is one point only"
    if len(finite) > 1 and finite.min() == finite.max():
        kind, text = (NoteKind.CONSTANT, "constant") if finite[0] else (NoteKind.ALL_ZERO, "zero")
        yield kind, len(finite), f"all {{}} values are {text}"

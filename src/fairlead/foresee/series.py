"""A series as it was read, and the notes about what was odd in it: what every method of foresight starts from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["MICROSECONDS", "UNKNOWN_TIME", "Note", "NoteKind", "Series", "TimeForm", "shown_times"]

MICROSECONDS = 1_000_000
"""Times are whole microseconds since 1970 in UTC; a time without a zone is taken for UTC."""

UNKNOWN_TIME = int(np.datetime64("NaT").astype(np.int64))
"""Stands in `Series.times` where a row's time could not be read."""


class TimeForm(StrEnum):
    """How the file wrote its times, so that answers are written likewise."""

    ISO = "iso"
    EPOCH = "epoch"


class NoteKind(StrEnum):
    """What was odd in a series, without stopping the answer."""

    UNREADABLE_TIME = "unreadable-time"
    UNREADABLE_VALUE = "unreadable-value"
    MISSING_VALUE = "missing-value"
    INFINITE_VALUE = "infinite-value"
    UNSORTED = "unsorted"
    DUPLICATE_TIME = "duplicate-time"
    GAP = "gap"
    CONSTANT = "constant"
    ALL_ZERO = "all-zero"
    ONE_POINT = "one-point"
    NO_VALUE = "no-value"


@dataclass(frozen=True, slots=True)
class Note:
    """A warning as data: `count` rows (or missing steps, for a gap) of `series` are odd in the way of `kind`."""

    kind: NoteKind
    series: str
    count: int
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Rows of one series in the order of the file.

    `times` (n,) int64 microseconds, `UNKNOWN_TIME` where unreadable; `values` (n,) float64, NaN where missing,
    unreadable or infinite; `rows` (n,) the position of each row among all rows of the file.
    """

    name: str
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    rows: NDArray[np.int64]
    form: TimeForm = TimeForm.ISO

    def __len__(self) -> int:
        return len(self.values)


def shown_times(times: NDArray[np.int64], form: TimeForm) -> list[str]:
    """Write times the way that the file did: ISO 8601 in UTC, or epoch seconds; empty where unknown."""
    known = times != UNKNOWN_TIME
    if form is TimeForm.EPOCH:
        return [_seconds(int(time)) if is_known else "" for time, is_known in zip(times, known, strict=True)]
    moments = times.astype(np.dtype("datetime64[us]"))
    fractions = bool(np.any(times[known] % MICROSECONDS))
    texts = np.datetime_as_string(moments, unit="us" if fractions else "s")
    return [str(text) if is_known else "" for text, is_known in zip(texts, known, strict=True)]


def _seconds(time: int) -> str:
    whole, rest = divmod(time, MICROSECONDS)
    return f"{whole}.{rest:06d}".rstrip("0") if rest else str(whole)

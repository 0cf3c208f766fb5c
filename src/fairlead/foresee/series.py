"""A series as it was read, and the notes about what was odd in it: what every method of foresight starts from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "COUNTED_STEP",
    "MICROSECONDS",
    "UNKNOWN_TIME",
    "Note",
    "NoteKind",
    "Series",
    "TimeForm",
    "known_times",
    "shown_times",
]

MICROSECONDS = 1_000_000
"""Times are whole microseconds since 1970 in UTC; a time without a zone is taken for UTC."""

UNKNOWN_TIME = int(np.datetime64("NaT").astype(np.int64))
"""Stands in `Series.times` where a row's time could not be read."""


COUNTED_STEP = 300 * MICROSECONDS
"""Rows count as steps of five minutes where no time of a series can be read."""


class TimeForm(StrEnum):
    """How the file wrote its times, so that answers are written likewise."""

    ISO = "iso"
    ISO_UTC = "iso-utc"
    """With a zone: answers end in Z."""

    EPOCH = "epoch"
    EPOCH_MILLIS = "epoch-millis"
    COUNTED = "counted"
    """No time can be read: a row's time is its number, from 0 on."""


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
    SAME_NAME = "same-name"
    ALREADY_JUDGED = "already-judged"
    LONG_HISTORY = "long-history"
    NO_INTERVAL = "no-interval"
    FILLED_STEP = "filled-step"
    ONE_WINDOW = "one-window"


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
    unreadable or infinite; `rows` (n,) the position of each row among all rows of the file; `spread` (n,) a second
    number of each row where one was asked for and is there.
    """

    name: str
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    rows: NDArray[np.int64]
    form: TimeForm = TimeForm.ISO
    spread: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.values)


def known_times(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """The times with every unknown one replaced by the known one before it; before the first by the first."""
    known = np.flatnonzero(times != UNKNOWN_TIME)
    if not len(known):
        return np.zeros_like(times)
    places = np.maximum.accumulate(np.where(times == UNKNOWN_TIME, -1, np.arange(len(times))))
    return np.asarray(np.where(places < 0, times[known[0]], times[places]))


def shown_times(times: NDArray[np.int64], form: TimeForm) -> list[str]:
    """Write times the way that the file did: ISO 8601 in UTC, epoch, or a row's number; empty where unknown."""
    known = (times != UNKNOWN_TIME).tolist()
    if form in {TimeForm.ISO, TimeForm.ISO_UTC}:
        fractions = bool(np.any(times[times != UNKNOWN_TIME] % MICROSECONDS))
        texts = np.datetime_as_string(times.astype(np.dtype("datetime64[us]")), unit="us" if fractions else "s")
        end = "Z" if form is TimeForm.ISO_UTC else ""
        return [f"{text}{end}" if is_known else "" for text, is_known in zip(texts.tolist(), known, strict=True)]
    unit = _UNITS[form]
    return [_count(time, unit) if is_known else "" for time, is_known in zip(times.tolist(), known, strict=True)]


_UNITS = {TimeForm.EPOCH: MICROSECONDS, TimeForm.EPOCH_MILLIS: MICROSECONDS // 1000, TimeForm.COUNTED: COUNTED_STEP}
"""Microseconds that one of what is written stands for."""


def _count(time: int, unit: int) -> str:
    whole, rest = divmod(time, unit)
    return f"{time / unit:.6f}".rstrip("0") if rest else str(whole)

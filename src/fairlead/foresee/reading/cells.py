"""From the texts of a column to arrays: whole chunks where they are plain, cell by cell where they are not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from fairlead.foresee.series import MICROSECONDS, UNKNOWN_TIME, TimeForm

__all__ = ["read_times", "read_values", "time_form"]

_DASHES_IN_A_DATE = 2
_MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "-"})
_LAST_SECOND = 9.2e12
"""The largest epoch second that fits into whole microseconds."""


def time_form(text: str) -> TimeForm:
    """Tell epoch seconds from ISO 8601 by one cell."""
    return TimeForm.ISO if np.isnan(_number(text)) else TimeForm.EPOCH


def read_times(texts: Sequence[str], form: TimeForm) -> NDArray[np.int64]:
    """Microseconds since 1970 in UTC, (n,); `UNKNOWN_TIME` where a cell is no time."""
    if form is TimeForm.EPOCH:
        seconds = _numbers(texts)
        fits = np.abs(seconds) < _LAST_SECOND  # false for NaN
        return np.where(fits, np.round(np.where(fits, seconds, 0.0) * MICROSECONDS), UNKNOWN_TIME).astype(np.int64)
    plain = _without_zulu(texts)
    joined = "".join(plain)
    if "+" not in joined and joined.count("-") == _DASHES_IN_A_DATE * len(plain):  # no cell has a zone
        try:
            return np.asarray(plain, dtype="datetime64[us]").astype(np.int64)
        except ValueError:
            pass  # one odd cell: the slow way finds which
    return np.fromiter(map(_iso_time, texts), dtype=np.int64, count=len(texts))


def read_values(texts: Sequence[str]) -> tuple[NDArray[np.float64], int]:
    """Values (n,), NaN where missing or unreadable and infinite as written; and how many are unreadable."""
    try:
        return np.asarray(texts, dtype=np.float64), 0
    except ValueError:
        values = _numbers(texts)
        odd = [texts[place] for place in np.flatnonzero(np.isnan(values)).tolist()]
        return values, sum(text.strip().lower() not in _MISSING for text in odd)


def _without_zulu(texts: Sequence[str]) -> Sequence[str]:
    if texts and texts[0].endswith("Z") and all(text.endswith("Z") for text in texts):
        return [text[:-1] for text in texts]
    return texts


def _iso_time(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return UNKNOWN_TIME
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    elapsed = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * MICROSECONDS + elapsed.microseconds


def _numbers(texts: Sequence[str]) -> NDArray[np.float64]:
    return np.fromiter(map(_number, texts), dtype=np.float64, count=len(texts))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")

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

_FIRST_MILLISECOND = 1e11
"""An epoch of so much and more is in milliseconds: as seconds it would lie beyond the year 5000."""


def time_form(texts: Sequence[str]) -> TimeForm | None:
    """Tell how times are written by the first cell that is one; None where none is."""
    for text in texts:
        number = _number(text)
        if np.isfinite(number):
            return TimeForm.EPOCH_MILLIS if abs(number) >= _FIRST_MILLISECOND else TimeForm.EPOCH
        if _iso_time(text) != UNKNOWN_TIME:
            return TimeForm.ISO_UTC if datetime.fromisoformat(text.strip()).tzinfo else TimeForm.ISO
    return None


def read_times(texts: Sequence[str], form: TimeForm) -> NDArray[np.int64]:
    """Microseconds since 1970 in UTC, (n,); `UNKNOWN_TIME` where a cell is no time."""
    if form in {TimeForm.EPOCH, TimeForm.EPOCH_MILLIS}:
        seconds = _numbers(texts) / (1000 if form is TimeForm.EPOCH_MILLIS else 1)
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


def read_values(texts: Sequence[str], *, decimal_comma: bool = False) -> tuple[NDArray[np.float64], int]:
    """Values (n,), NaN where missing or unreadable and infinite as written; and how many are unreadable.

    With `decimal_comma` `1.234,5` is a number too, as it is where the delimiter is no comma.
    """
    try:
        return np.asarray(texts, dtype=np.float64), 0
    except ValueError:
        values = _numbers([_with_point(text) for text in texts] if decimal_comma else texts)
        odd = [texts[place] for place in np.flatnonzero(np.isnan(values)).tolist()]
        return values, sum(text.strip().lower() not in _MISSING for text in odd)


def _with_point(text: str) -> str:
    return text.replace(".", "").replace(",", ".") if text.count(",") == 1 else text


def _without_zulu(texts: Sequence[str]) -> Sequence[str]:
    if texts and texts[0].endswith("Z") and all(text.endswith("Z") for text in texts):
        return [text[:-1] for text in texts]
    return texts


def _iso_time(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return UNKNOWN_TIME
    try:
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        elapsed = aware - datetime(1970, 1, 1, tzinfo=UTC)
    except OverflowError:  # an offset that leads out of the calendar
        return UNKNOWN_TIME
    return (elapsed.days * 86_400 + elapsed.seconds) * MICROSECONDS + elapsed.microseconds


def _numbers(texts: Sequence[str]) -> NDArray[np.float64]:
    return np.fromiter(map(_number, texts), dtype=np.float64, count=len(texts))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")

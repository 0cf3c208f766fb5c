"""Quantities as people write them in YAML: durations, memory, exact decimals."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from fairlead.kernel.money import plain

__all__ = ["Bytes", "Day", "Duration", "Exact", "duration_text"]

_DURATION = re.compile(r"([0-9]{1,12})(ms|s|m|h|d)")
_LONGEST = timedelta(days=3650)
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_MEMORY = re.compile(r"([0-9]{1,15})(Ki|Mi|Gi|Ti|k|M|G|T)?")
_UNIT_BYTES = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip
_DIGITS = re.compile(r"-?[0-9]{1,64}(\.[0-9]{1,64})?")
_MOST_DIGITS = 30
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        message = "a duration is a whole number and a unit: 500ms, 30s, 5m, 1h, 7d"
        raise ValueError(message)
    ms = int(match[1]) * _UNIT_MS[match[2]]
    if ms > _LONGEST / timedelta(milliseconds=1):
        message = "a duration is at most 3650d"
        raise ValueError(message)
    return timedelta(milliseconds=ms)


def duration_text(value: timedelta) -> str:
    """The span as it is written in YAML, in the largest unit that leaves no rest; shorter than 1 ms is left out."""
    ms = int(value / timedelta(milliseconds=1))
    unit = next(unit for unit in ("d", "h", "m", "s", "ms") if ms % _UNIT_MS[unit] == 0)
    return f"{ms // _UNIT_MS[unit]}{unit}"


def _bytes(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = _MEMORY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        message = "memory is a whole number with an optional unit: 512Mi, 2Gi, 500M"
        raise ValueError(message)
    return int(match[1]) * _UNIT_BYTES[match[2] or ""]


def _exact(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        message = "an exact number is written as digits, for example 0.0425"
        raise ValueError(message)
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        message = "the text is not a number; write digits, for example 0.0425"
        raise ValueError(message)
    number = Decimal(value)
    # An exponent of a million would be a text of a million digits once it is written out.
    if not number.is_finite() or number.adjusted() >= _MOST_DIGITS or number.as_tuple().exponent < -_MOST_DIGITS:  # type: ignore[operator]
        message = f"the number must be finite and have at most {_MOST_DIGITS} digits on each side of the point"
        raise ValueError(message)
    return number


def _day(value: object) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        return date.fromisoformat(value)
    message = "a day is written as 2026-07-20"
    raise ValueError(message)


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(duration_text),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(ms|s|m|h|d)$", "examples": ["30s", "5m"]}),
]
"""A span of time, written as `500ms`, `30s`, `5m`, `1h` or `7d`."""

Bytes = Annotated[
    int,
    BeforeValidator(_bytes),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": r"^\d+(Ki|Mi|Gi|Ti|k|M|G|T)?$"},
            ]
        }
    ),
]
"""A size in bytes, written as Kubernetes does: `512Mi`, `2Gi`."""

Exact = Annotated[
    Decimal,
    BeforeValidator(_exact),
    PlainSerializer(plain),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
            ]
        }
    ),
]
"""An exact decimal. The reader hands digits over as text, so that 0.1 in YAML is one tenth, not a float."""

Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
"""A calendar day, written as `2026-07-20`; the reader hands it over as text."""

"""Quantities as people write them in YAML: durations, memory, exact decimals."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from fairlead.kernel.money import plain

__all__ = ["Bytes", "Duration", "Exact"]

_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_MEMORY = re.compile(r"(\d+)(Ki|Mi|Gi|Ti|k|M|G|T)?")
_UNIT_BYTES = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        message = "a duration is a whole number and a unit: 500ms, 30s, 5m, 1h, 7d"
        raise ValueError(message)
    return timedelta(milliseconds=int(match[1]) * _UNIT_MS[match[2]])


def _show_duration(value: timedelta) -> str:
    ms = int(value / timedelta(milliseconds=1))
    unit = next(unit for unit in ("d", "h", "m", "s", "ms") if ms % _UNIT_MS[unit] == 0)
    return f"{ms // _UNIT_MS[unit]}{unit}"


def _bytes(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = _MEMORY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        message = "memory is a whole number with an optional unit: 512Mi, 2Gi, 500M"
        raise ValueError(message)
    return int(match[1]) * _UNIT_BYTES[match[2] or ""]


def _exact(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        message = "an exact number is written as digits, for example 0.0425"
        raise ValueError(message)
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        message = f"{value!r} is not a number"
        raise ValueError(message) from error
    if not number.is_finite():
        message = "the number must be finite"
        raise ValueError(message)
    return number


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(_show_duration),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d+(ms|s|m|h|d)$", "examples": ["30s", "5m"]}
    ),
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

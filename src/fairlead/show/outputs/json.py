"""JSON of any answer: exact, in a stable order, with a version that programs can check."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any

from fairlead.kernel.money import Money, plain
from fairlead.kernel.windows import iso

__all__ = ["SCHEMA_VERSION", "encode", "to_json", "to_json_line"]

SCHEMA_VERSION = 1
"""Raised when a field is renamed, removed or changes its meaning; a new field raises nothing."""

_UNSAFE = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def encode(value: object) -> Any:  # noqa: ANN401 - JSON's own types have no other name
    """`value` as what JSON knows: dicts, lists, strings, numbers, booleans and None.

    A field that its class keeps out of `repr` holds a secret and is left out. Money is an object of amount and
    currency, a Decimal a plain string, a moment RFC 3339 in UTC, a span seconds.
    TypeError for what has no form here, so that nothing is shown by accident.
    """
    if value is None or type(value) in {bool, int, float, str}:
        return value
    if isinstance(value, Money):
        return {"amount": plain(value.amount), "currency": value.currency}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value) if field.repr}
    if isinstance(value, Mapping):
        return {str(key): encode(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(each) for each in value]
    for kind, form in _FORMS:
        if isinstance(value, kind):
            return form(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_FORMS: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
    (Enum, lambda value: value.value),
    (Decimal, plain),
    (datetime, iso),
    (date, date.isoformat),
    (timedelta, timedelta.total_seconds),
    (PurePath, str),
    (frozenset, lambda value: sorted(encode(each) for each in value)),
)
"""The first that fits holds: a datetime is a date too."""


def _document(value: object, key: str) -> dict[str, Any]:
    content = encode(value)
    if not isinstance(content, dict):
        content = {key: content}
    return {"schema_version": SCHEMA_VERSION, **content}


def to_json(value: object, *, key: str = "items") -> str:
    """A whole document with `schema_version` first; an answer that is no object stands under `key`."""
    return _text(json.dumps(_document(value, key), indent=2, ensure_ascii=False, allow_nan=False))


def to_json_line(value: object, *, key: str = "item") -> str:
    """The same on one line, for streams."""
    return _text(json.dumps(_document(value, key), ensure_ascii=False, allow_nan=False))


def _text(text: str) -> str:
    """Characters that could act on a terminal stand only in strings, where an escape means the same."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)

"""Documents and data as JSON for an engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

__all__ = ["as_json"]


def as_json(value: object) -> bytes:
    """JSON on one line, which frames of many documents rely on, and in ASCII: text may be no Unicode.

    Dates, which YAML knows and JSON does not, become text as they were written. TypeError for what is no document.
    """
    return json.dumps(value, separators=(",", ":"), default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a document")

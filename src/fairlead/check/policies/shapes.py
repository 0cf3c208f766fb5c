"""JSON of unknown shape, taken as what it should be; what it is not is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["list_of", "mapping_of", "text_of"]


def mapping_of(value: object) -> Mapping[str, Any]:
    """The mapping, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: object) -> list[Any]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: object) -> str:
    """The text on one line, or ''."""
    return " ".join(value.split()) if isinstance(value, str) else ""

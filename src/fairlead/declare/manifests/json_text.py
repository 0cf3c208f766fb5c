"""JSON that others' tools wrote -> plain data, within bounds: size, depth, finite numbers."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["MAX_LEVELS", "JsonProblemError", "read_json", "read_json_stream"]

MAX_LEVELS = 100
"""Levels of nesting. A plan's deepest configuration stays far below."""


_BLANK = re.compile(r"\s*")


class JsonProblemError(Exception):
    """The text is not JSON that can be read; `line` counts from 1."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def read_json(text: str) -> Any:  # noqa: ANN401 - JSON is whatever it is
    """The value in `text`. JsonProblemError where there is none, or where it is nested too deep."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise JsonProblemError(error.msg, error.lineno) from error
    except RecursionError as error:
        raise JsonProblemError(f"nested deeper than {MAX_LEVELS} levels") from error
    except ValueError as error:
        raise JsonProblemError("a number that cannot be read") from error
    if _too_deep(value):
        raise JsonProblemError(f"nested deeper than {MAX_LEVELS} levels")
    return value


def read_json_stream(text: str) -> list[Any]:
    """All values that stand one after another in `text`, as `kubectl` takes them. JsonProblemError as above."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    values, at = [], len(text) - len(text.lstrip())
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            if _too_deep(value):
                raise JsonProblemError(f"nested deeper than {MAX_LEVELS} levels")
            values.append(value)
            blank = _BLANK.match(text, at)
            at = blank.end() if blank else at
    except (ValueError, RecursionError) as error:
        raise JsonProblemError("the JSON is broken") from error
    return values


def _refuse(name: str) -> object:
    raise JsonProblemError(f"`{name}` is no JSON")


def _too_deep(value: object) -> bool:
    level: list[object] = [value]
    for _ in range(MAX_LEVELS):
        level = [
            below
            for each in level
            if isinstance(each, (dict, list))
            for below in (each.values() if isinstance(each, dict) else each)
            if isinstance(below, (dict, list))
        ]
        if not level:
            return False
    return True

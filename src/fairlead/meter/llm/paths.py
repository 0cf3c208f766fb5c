"""Ways into a body: `usage.prompt_tokens`, `details[modality=AUDIO].tokenCount`, `results[].tokenCount`, `a|b`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

__all__ = ["Json", "reached", "there"]

Json: TypeAlias = Any
"""What JSON says: nobody knows which type it has before it was looked at."""

_STEP = re.compile(r"(?P<key>[^\[\]]+)(?:\[(?P<field>[^=\]]*)(?:=(?P<value>[^\]]*))?\])?")


@dataclass(frozen=True, slots=True)
class _Step:
    """Into the value of `key`; where `field` is not None into its entries: all, or the first whose field is `value`."""

    key: str
    field: str | None
    value: str | None


def reached(body: Json, path: str) -> list[Json]:
    """The values at `path`, none or one; with `[]` one of each entry. A null is as good as nothing."""
    for way in _ways(path):
        found = [value for value in _walk(body, way) if value is not None]
        if found:
            return found
    return []


def there(body: Json, path: str) -> bool:
    """Whether something stands at `path`, be it null; `path=value` wants that very text."""
    steps, wanted = _place(path)
    last = steps[-1].key
    for holder in _walk(body, steps[:-1]):
        if isinstance(holder, dict) and last in holder and (wanted is None or holder[last] == wanted):
            return True
    return False


@cache
def _ways(path: str) -> tuple[tuple[_Step, ...], ...]:
    return tuple(_steps(way) for way in path.split("|"))


@cache
def _place(path: str) -> tuple[tuple[_Step, ...], str | None]:
    way, equals, wanted = path.partition("=")
    return _steps(way), wanted if equals else None


def _steps(way: str) -> tuple[_Step, ...]:
    found = (_STEP.fullmatch(step) for step in way.split(".")) if way else ()
    return tuple(_Step(step["key"], step["field"], step["value"]) for step in found if step)


def _walk(body: Json, steps: tuple[_Step, ...]) -> list[Json]:
    held = [body]
    for step in steps:
        if step.field is None and len(held) == 1:  # the usual way, and much the faster one
            only = held[0]
            if not isinstance(only, dict) or step.key not in only:
                return []
            held = [only[step.key]]
            continue
        values = [each[step.key] for each in held if isinstance(each, dict) and step.key in each]
        held = values if step.field is None else [entry for value in values for entry in _entries(value, step)]
    return held


def _entries(value: Json, step: _Step) -> list[Json]:
    entries = value if isinstance(value, list) else []
    if not step.field:
        return entries
    fitting = [entry for entry in entries if isinstance(entry, dict) and entry.get(step.field) == step.value]
    return fitting[:1]

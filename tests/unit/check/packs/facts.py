"""Documents as facts: changing one of them, and counting in how many two documents differ."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

Path = tuple[str | int, ...]

ABSENT = object()
"""Stands for a field that is not there."""


def changed(document: dict[str, Any], path: Sequence[str | int], value: object) -> dict[str, Any]:
    """A copy in which `value` stands at `path`; `ABSENT` takes the field out."""
    copied = copy.deepcopy(document)
    holder: Any = copied
    for key in path[:-1]:
        holder = holder[key]
    if value is ABSENT:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return copied


def differences(left: object, right: object, path: Path = ()) -> Iterator[Path]:
    """Where two documents differ: leaves, and fields that only one of them has."""
    if isinstance(left, dict) and isinstance(right, dict) and left and right:
        for key in sorted(left.keys() | right.keys()):
            if key in left and key in right:
                yield from differences(left[key], right[key], (*path, key))
            else:
                yield (*path, key)
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from differences(one, other, (*path, index))
    elif left != right:
        yield path

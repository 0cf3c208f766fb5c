"""Golden answers: whether what came holds what was expected."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

__all__ = ["differences"]

_MOST = 5


def differences(expected: object, found: object, tolerance: Decimal) -> list[str]:
    """Up to five places where `found` does not hold what is `expected`; none is a pass.

    Both are JSON whose numbers are int or Decimal. What an object of the expected answer leaves out is not compared,
    so that ids and times of day may differ; lists have the same length; numbers differ by at most `tolerance`.
    """
    return list(islice(_differences(expected, found, tolerance, "$"), _MOST))


def _differences(expected: object, found: object, tolerance: Decimal, place: str) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            if key in found:
                yield from _differences(value, found[key], tolerance, f"{place}.{key}")
            else:
                yield f"{place}.{key} is missing"
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{place} has {len(found)} items, {len(expected)} are expected"
            return
        for index, pair in enumerate(zip(expected, found, strict=True)):
            yield from _differences(*pair, tolerance, f"{place}[{index}]")
    elif _is_number(expected) and _is_number(found):
        off = abs(Decimal(str(expected)) - Decimal(str(found)))
        if off > tolerance:
            yield f"{place} is {found}, {expected} is expected (off by {off})"
    elif type(expected) is not type(found) or expected != found:
        yield f"{place} is {_shown(found)}, {_shown(expected)} is expected"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _shown(value: object) -> str:
    return type(value).__name__ if isinstance(value, (dict, list)) else repr(value)[:80]

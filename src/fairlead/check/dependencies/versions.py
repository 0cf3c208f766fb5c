"""Versions in the order that their ecosystem gives them: PEP 440 for PyPI, Semantic Versioning for npm."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from packaging.version import InvalidVersion, Version

__all__ = ["BEGINNING", "Order", "order_of"]

Order: TypeAlias = Callable[[str], Any]
"""A version's text -> a value that compares; ValueError where it is no version."""

BEGINNING = "0"
"""What an advisory writes for *before every version*."""

# After the expression that https://semver.org suggests at its end.
_SEMVER = re.compile(
    r"v?(0|[1-9]\d{0,17})\.(0|[1-9]\d{0,17})\.(0|[1-9]\d{0,17})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?"
)


def _pep440(text: str) -> Version:
    """Without the local part: `2.1.0+cu118` is a build of 2.1.0, and as vulnerable."""
    try:
        return Version(Version(text).public)
    except InvalidVersion as error:
        raise ValueError(str(error)) from error


def _semver(text: str) -> tuple[Any, ...]:
    """Section 11: numbers by size and below words, a release above its pre-releases; build metadata does not count."""
    match = _SEMVER.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text[:40]!r} is no semantic version")
    numbers = tuple(int(part) for part in match.groups()[:3])
    parts = match[4].split(".") if match[4] else []
    return (*numbers, not parts, tuple((not each.isdigit(), int(each) if each.isdigit() else each) for each in parts))


_ORDERS: Mapping[str, Order] = {"PyPI": _pep440, "npm": _semver}


def order_of(ecosystem: str) -> Order:
    """The order of an ecosystem's versions."""
    return _ORDERS[ecosystem]

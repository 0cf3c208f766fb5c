"""Patterns of paths: `*` and `?` within a name, `**` over folders. Time grows with pattern times path, no faster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["name_fits", "path_fits"]

_Part = TypeVar("_Part")


def path_fits(pattern: str, path: str) -> bool:
    """Whether all of `path` fits `pattern`; both are split at `/`, and `**` stands for any number of folders."""
    return _fits(pattern.split("/"), path.split("/"), lambda part: part == "**", name_fits)


def name_fits(pattern: str, name: str) -> bool:
    """Whether all of one name fits: `*` is any text, `?` one letter, all else itself."""
    return _fits(pattern, name, lambda letter: letter == "*", lambda letter, other: letter in {other, "?"})


def _fits(
    pattern: Sequence[_Part],
    text: Sequence[_Part],
    is_star: Callable[[_Part], bool],
    fits: Callable[[_Part, _Part], bool],
) -> bool:
    """A match with stars: after a mismatch only the last star takes one more, so that no input takes endless time."""
    at = place = 0
    star, resume = -1, 0
    while place < len(text):
        if at < len(pattern) and is_star(pattern[at]):
            star, resume = at, place
            at += 1
        elif at < len(pattern) and fits(pattern[at], text[place]):
            at, place = at + 1, place + 1
        elif star >= 0:
            resume += 1
            at, place = star + 1, resume
        else:
            return False
    return all(is_star(part) for part in pattern[at:])

"""Shell patterns of rules as conditions on a column: `*` is any text, `?` one letter, all else stands for itself.

A pattern fits what is there: `*` does not fit where nothing is, and the empty pattern fits only that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["any_of", "fits"]

_WILD = re.compile(r"[*?]")
_LIKE_SPECIAL = re.compile(r"[%_\\]")
_LIKE = str.maketrans({"*": "%", "?": "_"})


def fits(value: ir.StringValue, patterns: Sequence[str]) -> ir.BooleanValue:
    """Whether a text, '' for none, fits one of the patterns."""
    names = [pattern for pattern in patterns if not _WILD.search(pattern)]
    wild = [pattern for pattern in patterns if _WILD.search(pattern)]
    conditions = [_wild(value, pattern) for pattern in wild]
    if names:
        conditions.append(value.isin(names) if len(names) > 1 else value == names[0])
    return any_of(conditions)


def any_of(conditions: Iterable[ir.BooleanValue]) -> ir.BooleanValue:
    """Whether one of the conditions holds; none of no conditions does."""
    import ibis

    found = ibis.literal(value=False)
    for place, condition in enumerate(conditions):
        found = found | condition if place else condition
    return found


def _wild(value: ir.StringValue, pattern: str) -> ir.BooleanValue:
    """LIKE where it can say it: some three times as fast as a regular expression."""
    if pattern.strip("*") == "":
        return value != ""
    start, star, rest = pattern.partition("*")
    if star and not rest and "?" not in start:
        return value.startswith(start)
    if not _LIKE_SPECIAL.search(pattern):
        return (value != "") & value.like(pattern.translate(_LIKE))
    return (value != "") & value.re_search(rf"\A(?s:{_expression(pattern)})\z")


def _expression(pattern: str) -> str:
    """In the syntax that RE2 and Java share."""
    wild = {"*": ".*", "?": "."}
    return "".join(wild.get(letter) or (letter if letter.isalnum() else f"\\{letter}") for letter in pattern)

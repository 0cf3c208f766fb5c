"""What a reader of a price list yields, and which readers there are. Members stand beside this file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TextIO, TypeAlias

from fairlead.domain.price_list import HOUR, Term

__all__ = [
    "GROUP",
    "READERS",
    "Item",
    "Left",
    "Line",
    "NextPage",
    "Problem",
    "Published",
    "ReadList",
    "UnreadableListError",
    "column",
    "day_of",
    "exact_price",
]

GROUP = "fairlead.price_lists"
READERS = {
    "aws": "fairlead.plan.price_lists.aws:read_aws",
    "azure": "fairlead.plan.price_lists.azure:read_azure",
    "gcp": "fairlead.plan.price_lists.google:read_google",
    "csv": "fairlead.plan.price_lists.table:read_table",
}
"""Built-in readers, by the name that `fairlead prices import` takes."""

_PRICE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST_DIGITS = 24


@dataclass(frozen=True, slots=True)
class Line:
    """One price of a list. `row` is the line of a CSV file, or the number of an item; `as_of` None: as the list."""

    row: int
    provider: str
    region: str
    name: str
    price: Decimal
    currency: str
    unit: str = HOUR
    term: Term = Term.ON_DEMAND
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that cannot be read, and why."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Left:
    """A row that is understood and not kept: `why` in a few words, by which such rows are counted."""

    why: str


@dataclass(frozen=True, slots=True)
class Published:
    """The day of which the list says that it is."""

    day: date


@dataclass(frozen=True, slots=True)
class NextPage:
    """There is more: `address` is where, or `token` the parameter by which the same address answers it."""

    address: str = ""
    token: str = ""


Item: TypeAlias = Line | Problem | Left | Published | NextPage

ReadList: TypeAlias = Callable[[str, TextIO], Iterator[Item]]
"""Reads a list: the text's first letters, by which its form is told, and the text from its beginning.

UnreadableListError where nothing more of it can be read.
"""


class UnreadableListError(Exception):
    """A list that cannot be read from `row` on."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(reason)
        self.row = row
        self.reason = reason


def exact_price(value: object) -> Decimal:
    """The price that a text or a number says. ValueError for what is no price: a sign, a word, too many digits."""
    text = str(value).strip()
    if isinstance(value, (bool, float)) or not _PRICE.fullmatch(text):
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        message = f"`{shown}` is no price: digits are wanted, with a point, at most {_MOST_DIGITS} behind it"
        raise ValueError(message)
    price = Decimal(text)
    exponent = price.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_MOST_DIGITS or price >= _HIGHEST:
        message = f"`{text}` has more digits than are kept"
        raise ValueError(message)
    return price


_SHOWN = 40
_HIGHEST = Decimal(10) ** 12


def day_of(text: str) -> date | None:
    """The day that a date or a moment begins with; None where it is none."""
    found = _DAY.match(text)
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


def column(row: Mapping[str, str | None], name: str) -> str:
    """The text of a column; '' where the row is too short for it."""
    return (row.get(name) or "").strip()

"""Closed months: which they are, and where what is found out later about them is booked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fairlead.domain.journal import Actor, Draft
from fairlead.domain.ledger import Part
from fairlead.kernel.windows import iso, parse_iso
from fairlead.ports import StateStore

__all__ = [
    "Closing",
    "closings",
    "is_closed",
    "month_after",
    "open_after",
    "write_closing",
]

_FACTS = "ledger/closed/"


@dataclass(frozen=True, slots=True)
class Closing:
    """A closed month. `statements` is the version of each bill when it was closed."""

    period: str
    at: datetime
    by: str
    statements: Mapping[str, int]


def closings(state: StateStore) -> dict[str, Closing]:
    """Closed months, by month."""
    return {month: _decode(month, text) for month, text in sorted(state.facts(_FACTS).items())}


def is_closed(closed: Mapping[str, Closing], part: Part) -> bool:
    """Whether a part may not change any more."""
    return part.period[:7] in closed


def open_after(closed: Mapping[str, Closing], period: str) -> str:
    """First day of the first month after `period` that is not closed: where an adjustment of it is booked."""
    month = month_after(period[:7])
    while month in closed:
        month = month_after(month)
    return f"{month}-01"


def month_after(month: str) -> str:
    """The month that follows, as `2026-11`."""
    year, number = int(month[:4]), int(month[5:7])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def write_closing(state: StateStore, closing: Closing, actor: Actor) -> None:
    """Close a month, with the record that says so."""
    told = {"at": iso(closing.at), "by": closing.by, "statements": dict(closing.statements)}
    body = {"period": closing.period, "statements": dict(closing.statements)}
    state.put_fact(_FACTS + closing.period, json.dumps(told), Draft("ledger.closed", actor, body=body))


def _decode(month: str, text: str) -> Closing:
    told = json.loads(text)
    return Closing(month, parse_iso(told["at"]), told["by"], told["statements"])

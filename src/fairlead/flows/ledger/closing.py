"""`fairlead ledger close`: a month is frozen. What is found out later about it is booked as an adjustment, later."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fairlead.domain.journal import Actor, Draft
from fairlead.domain.ledger import BILLS, Part
from fairlead.flows.principals import authorise
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError, UsageError
from fairlead.kernel.windows import iso, parse_iso
from fairlead.ports import StateStore

__all__ = ["Closing", "close", "closings", "is_closed", "open_after", "require_month"]

_FACTS = "ledger/closed/"
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Closing:
    """A closed month. `statements` is the version of the bills by source when it was closed."""

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
    month = _next(period[:7])
    while month in closed:
        month = _next(month)
    return f"{month}-01"


def close(world: World, period: str, actor: Actor) -> Closing:
    """Close a month; a month that is closed already answers as it was closed.

    UsageError for what is no month or has not ended; NotFoundError where no bill of it was imported.
    """
    authorise(world, actor, "operator")
    require_month(period)
    if _begin(_next(period)) > world.clock.now():
        raise UsageError(f"{period} has not ended", mend=f"close it from {_next(period)}-01 on")
    already = closings(world.state).get(period)
    if already is not None:
        return already
    parts = [each for each in world.ledger.parts(BILLS) if each.part.period[:7] == period]
    if not parts:
        raise NotFoundError(f"no bill of {period} was imported", mend="import one, or look with `fairlead cost`")
    made = Closing(period, world.clock.now(), actor.name, {each.part.source: each.version for each in parts})
    told = {"period": period, "statements": dict(made.statements)}
    world.state.put_fact(_FACTS + period, _encode(made), Draft("ledger.closed", actor, body=told))
    return made


def require_month(period: str) -> None:
    """UsageError for what is no month."""
    if not _MONTH.fullmatch(period):
        raise UsageError(f"{period[:40]!r} is no period", mend="write a month, as 2026-10")


def _next(month: str) -> str:
    year, number = int(month[:4]), int(month[5:7])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def _begin(month: str) -> datetime:
    return datetime(int(month[:4]), int(month[5:7]), 1, tzinfo=UTC)


def _encode(closing: Closing) -> str:
    return json.dumps({"at": iso(closing.at), "by": closing.by, "statements": dict(closing.statements)})


def _decode(month: str, text: str) -> Closing:
    told = json.loads(text)
    return Closing(month, parse_iso(told["at"]), told["by"], told["statements"])

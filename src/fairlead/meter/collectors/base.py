"""What a collector of usage hands over, whatever it reads: rows of the ledger's table `usage`, and where none could be.

The first step of `fairlead ledger collect`. A collector knows one kind of source; what becomes of its rows (findings,
months, replacing what was collected before) is the same for all of them after that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Protocol

from fairlead.kernel.windows import Window

__all__ = ["LONGEST_WINDOW", "QUANTITY_DIGITS", "ROLES", "Collector", "Gap", "UsageRow", "measured"]

QUANTITY_DIGITS = 9
"""Digits after the point of a quantity of use: a nanosecond, a billionth of a GiB."""

LONGEST_WINDOW = timedelta(days=31)
"""A month; use over a longer time says nothing of when its cost arose."""

ROLES = ("used", "reserved", "capacity")
"""What was used, what was requested whether used or not, and what the resource has in all."""

_WIDE = Context(prec=100)
_UNIT = Decimal(1).scaleb(-QUANTITY_DIGITS)


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One measure of one consumer of one resource in one window: `domain.ledger_tables.USAGE_COLUMNS` says more.

    The window is half-open and in UTC. `quantity` is 0 or more, in the unit of `domain.measures`, with at most 9 digits
    after the point. `source_file` and `source_row` say where it stands in what was read.
    """

    window_start: datetime
    window_end: datetime
    measure: str
    quantity: Decimal
    role: str = "used"
    resource: str = ""
    environment: str = ""
    model: str = ""
    release: str = ""
    customer: str = ""
    team: str = ""
    stage: str = ""
    namespace: str = ""
    pod: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    source_file: str = ""
    source_row: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """A span in which something that is measured was not: nobody knows what was used in it.

    `missed` is what a counter rose by over the span, where it went on afterwards: known, but not when, so in no row.
    """

    query: str
    series: str
    start: datetime
    end: datetime
    missed: Decimal = Decimal(0)


class Collector(Protocol):
    """A source of usage that is asked for a span of time."""

    def collect(self, span: Window) -> Iterator[UsageRow | Gap]:
        """Rows of the windows that begin in `span`, and its gaps. BrokenWorldError where the source does not answer."""


def measured(exact: Decimal) -> Decimal:
    """A computed quantity as the ledger holds it: rounded once to 9 digits after the point, ties to even."""
    return exact.quantize(_UNIT, ROUND_HALF_EVEN, _WIDE)

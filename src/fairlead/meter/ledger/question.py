"""A question about cost, checked before anything is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from fairlead.domain.ledger import Basis, Charge
from fairlead.kernel.errors import UsageError

__all__ = [
    "DIMENSIONS",
    "EVER",
    "INCLUDABLE",
    "NOBODY",
    "UNITS",
    "WINDOW",
    "WINDOW_END",
    "CostQuestion",
    "Per",
    "dimensions",
    "included",
    "keys_of",
    "lines_wanted",
    "restrictions",
]

_MONTH = re.compile(r"(?:19[7-9]\d|[2-8]\d{3})-(?:0[1-9]|1[0-2])")

_CONSUMER = ("environment", "model", "release", "customer", "team", "stage")
WINDOW, WINDOW_END = "window", "window_end"
_MOMENTS = (WINDOW, "day", "month")

DIMENSIONS = (
    *_CONSUMER, "owner", "resource", "service", "account", "region", "source", "period", "rule", "charge", "line",
    *_MOMENTS,
)  # fmt: skip
"""What cost is grouped by."""

OF_USAGE = frozenset({*_CONSUMER, "resource", *_MOMENTS})
"""The dimensions that usage tells as well: only by these are unit costs known."""

EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))

NOBODY = "(none)"
"""How an address writes the value of a line that names none."""

ALL = "all"
INCLUDABLE: Mapping[str, Charge] = {
    "idle": Charge.IDLE,
    "shared": Charge.SHARED,
    "unused": Charge.UNUSED,
    "commitment": Charge.COMMITMENT,
    "credit": Charge.CREDIT,
    "tax": Charge.TAX,
}
"""Charges that `include` adds to what was used, by the name that asks for them."""


class Per(StrEnum):
    """What a unit cost is for."""

    INFERENCE = "inference"
    THOUSAND_INFERENCES = "1k_inferences"
    THOUSAND_TOKENS = "1k_tokens"
    MILLION_INPUT = "1m_input_tokens"
    MILLION_OUTPUT = "1m_output_tokens"
    TRAINED_MODEL = "trained_model"
    CUSTOMER = "customer"


UNITS: Mapping[Per, tuple[tuple[str, ...], int]] = {
    Per.INFERENCE: (("inferences",), 1),
    Per.THOUSAND_INFERENCES: (("inferences",), 1_000),
    Per.THOUSAND_TOKENS: (("input_tokens", "output_tokens"), 1_000),
    Per.MILLION_INPUT: (("input_tokens",), 1_000_000),
    Per.MILLION_OUTPUT: (("output_tokens",), 1_000_000),
    Per.TRAINED_MODEL: (("trained_models",), 1),
}
"""Measures that are counted, and how many of them make a unit. Customers are counted in the lines themselves."""


@dataclass(frozen=True, slots=True)
class CostQuestion:
    """Cost of charges that begin in `[since, until)`, grouped `by` dimensions.

    `period` (2026-11) keeps what was booked in that month: of a closed one it never changes again. A late change of it
    has the charge's own time, and is booked later.

    `only` keeps lines with these values; `usage` names the sources whose use counts, where not all do. Rows hold what
    was used and what belongs to nobody; `include` adds other charges. Where `by` names the charge itself, all
    charges are told apart and none is left out.
    """

    by: tuple[str, ...] = ("model",)
    since: datetime = EVER[0]
    until: datetime = EVER[1]
    basis: Basis = Basis.EFFECTIVE
    period: str = ""
    per: Per | None = None
    include: frozenset[Charge] = frozenset()
    only: Mapping[str, str] = field(default_factory=dict)
    usage: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """UsageError for a period that is no month."""
        if self.period:
            month_span(self.period)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The moments that lie both in the period, where one is named, and in `[since, until)`."""
        if not self.period:
            return self.since, self.until
        begin, end = month_span(self.period)
        return max(begin, self.since), min(end, self.until)

    @property
    def keys(self) -> tuple[str, ...]:
        """What a row is told apart by: see `keys_of`."""
        return keys_of(self.by)

    @property
    def charges(self) -> frozenset[Charge]:
        """Charges that the rows hold."""
        plain = {Charge.USED, Charge.UNALLOCATED, *self.include}
        return frozenset(Charge) if "charge" in self.by else frozenset(plain)

    @property
    def beyond_usage(self) -> tuple[str, ...]:
        """Dimensions asked for that usage does not tell."""
        return tuple(each for each in (*self.by, *self.only) if each not in OF_USAGE)


def keys_of(by: Iterable[str]) -> tuple[str, ...]:
    """The dimensions, and behind `window` its end: windows differ in length, where no use says when in a day."""
    return tuple(name for each in by for name in ((WINDOW, WINDOW_END) if each == WINDOW else (each,)))


def month_span(month: str) -> tuple[datetime, datetime]:
    """The first moment of a month and of the one after it. UsageError for what is no month."""
    if not _MONTH.fullmatch(month):
        raise UsageError(f"{month[:40]!r} is no period", mend="write a month, as 2026-10")
    year, number = int(month[:4]), int(month[5:])
    return datetime(year, number, 1, tzinfo=UTC), datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def dimensions(names: Iterable[str]) -> tuple[str, ...]:
    """The dimensions of a list that may hold commas. UsageError for an unknown one, or for one named twice."""
    found = [name.strip() for each in names for name in each.split(",")]
    for name in found:
        if name not in DIMENSIONS:
            raise UsageError(f"unknown dimension {name!r}", mend=f"use some of: {', '.join(DIMENSIONS)}")
        if found.count(name) > 1:
            raise UsageError(f"dimension {name!r} is named twice")
    return tuple(found)


def included(names: Iterable[str]) -> frozenset[Charge]:
    """The charges of a list that may hold commas, `all` for each of them. UsageError for one that cannot be added."""
    known = {**INCLUDABLE, **{each.value: each for each in INCLUDABLE.values()}}
    found = [name.strip() for each in names for name in each.split(",")]
    for name in found:
        if name not in known and name != ALL:
            raise UsageError(f"{name!r} cannot be included", mend=f"use some of: {', '.join(INCLUDABLE)}, or {ALL}")
    return frozenset(INCLUDABLE.values()) if ALL in found else frozenset(known[name] for name in found)


def lines_wanted(asked: Mapping[str, str]) -> dict[str, str]:
    """What a page's address narrows lines by: dimensions with their value, `(none)` for those that have none."""
    named = (name for name in DIMENSIONS if name in asked and name not in {"period", *_MOMENTS})
    return {name: "" if asked[name] == NOBODY else asked[name] for name in named}


def restrictions(pairs: Iterable[str]) -> dict[str, str]:
    """`service=AmazonEC2` and the like, by dimension. UsageError for an unknown dimension, or without a value."""
    found = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise UsageError(f"{pair!r} names no value", mend="write DIMENSION=VALUE")
        if name in _MOMENTS:
            raise UsageError(f"{name} is no value to look for", mend="use --from and --to")
        found[dimensions([name])[0]] = value
    return found

"""Pure: what was earned, joined to what it cost: margin and cost per outcome. A figure that is not there is not known.

Business value comes from outside as rows: some dimensions of the ledger, `revenue` with its `currency`, `outcomes`
(tickets solved, pages read), and a `day` where it belongs to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from fairlead.kernel.errors import UsageError
from fairlead.kernel.money import added, less
from fairlead.meter.ledger.question import DIMENSIONS, WINDOW, CostQuestion
from fairlead.meter.ledger.report import LedgerRow
from fairlead.meter.ledger.units import quotient

__all__ = ["Earned", "earned", "with_value"]

_FIGURES = ("revenue", "currency", "outcomes", "day")
_LARGEST = Decimal(10) ** 20
_MOST_DIGITS = 12


@dataclass(slots=True)
class Earned:
    """Sums of a group: None where no row names the figure."""

    revenue: Decimal | None = None
    outcomes: Decimal | None = None

    def add(self, revenue: Decimal | None, outcomes: Decimal | None) -> None:
        """Add one row's figures."""
        if revenue is not None:
            self.revenue = added((self.revenue or Decimal(0), revenue))
        if outcomes is not None:
            self.outcomes = added((self.outcomes or Decimal(0), outcomes))


_Key = tuple[tuple[str, ...], str]


def earned(rows: Iterable[Mapping[str, str | None]], question: CostQuestion, where: str) -> dict[_Key, Earned]:
    """Sums by the question's groups and currency. UsageError naming the row (from 1) for what cannot be read.

    A row counts where its `day` lies in the question's span, or where it has none. Every dimension of the question
    must be a column, so that nothing is earned twice.
    """
    if WINDOW in question.by:
        raise UsageError("business value is of days, not of windows", where=where, mend="group --by day")
    sums: dict[_Key, Earned] = {}
    for number, row in enumerate(rows, 1):
        place = f"{where}, row {number}"
        if number == 1:
            _require_columns(row, question, where)
        moment = _day(row.get("day"), place)
        if moment is not None and not question.since <= moment < question.until:
            continue
        if any((row.get(name) or "") != value for name, value in question.only.items()):
            continue
        revenue, outcomes = (_figure(row, name, place) for name in ("revenue", "outcomes"))
        currency = (row.get("currency") or "").strip().upper()
        if revenue is not None and not currency:
            raise UsageError("revenue without a currency", where=place, mend="add a column `currency`, for example USD")
        key = (tuple(_group(row, name) for name in question.by), currency)
        sums.setdefault(key, Earned()).add(revenue, outcomes)
    return sums


def with_value(rows: Iterable[LedgerRow], sums: Mapping[_Key, Earned]) -> tuple[LedgerRow, ...]:
    """The rows with revenue, margin, outcomes and cost per outcome; a group that earned nothing known keeps None."""
    return tuple(_valued(row, sums) for row in rows)


def _valued(row: LedgerRow, sums: Mapping[_Key, Earned]) -> LedgerRow:
    group = tuple(row.key.values())
    own = sums.get((group, row.currency), Earned())
    outcomes = own.outcomes if own.outcomes is not None else sums.get((group, ""), Earned()).outcomes
    return replace(
        row,
        revenue=own.revenue,
        margin=None if own.revenue is None or row.amount is None else less(own.revenue, row.amount),
        outcomes=outcomes,
        cost_per_outcome=quotient(row.amount, outcomes) if row.amount is not None and outcomes else None,
    )


def _require_columns(row: Mapping[str, str | None], question: CostQuestion, where: str) -> None:
    unknown = [name for name in row if name not in DIMENSIONS and name not in _FIGURES]
    if unknown:
        known = ", ".join((*_FIGURES, *DIMENSIONS))
        raise UsageError(f"unknown column {unknown[0]!r}", where=where, mend=f"known are: {known}")
    missing = [name for name in (*question.by, *question.only) if name not in row and name != "month"]
    if missing:
        raise UsageError(f"there is no column {missing[0]!r} to join by", where=where, mend="group --by what it has")


def _group(row: Mapping[str, str | None], name: str) -> str:
    if name == "month":
        return (row.get("month") or row.get("day") or "")[:7]
    return row.get(name) or ""


def _day(text: str | None, place: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise UsageError(f"{text[:40]!r} is no day", where=place, mend="write 2026-11-23") from None


def _figure(row: Mapping[str, str | None], name: str, place: str) -> Decimal | None:
    text = (row.get(name) or "").strip()
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) > _LARGEST or int(value.as_tuple().exponent) < -_MOST_DIGITS:
        raise UsageError(f"{name} {text[:40]!r} cannot be read exactly", where=place, mend="write digits, as 12.50")
    return value

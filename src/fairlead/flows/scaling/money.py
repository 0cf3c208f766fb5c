"""The ceiling of money: how many replicas a budget pays for, now and for the rest of the month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from fairlead.domain.scaling import Scaling

__all__ = ["Spent", "ceiling", "spent_on"]

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of replicas that ran in a month (`2026-11`), each from its start to its end."""

    month: str = ""
    replica_ms: int = 0

    def with_more(self, now: datetime, replicas: int, span: timedelta) -> Spent:
        """With `replicas` that ran for `span` until now; what ran across the month's end counts in the new month."""
        month = f"{now:%Y-%m}"
        before = self.replica_ms if month == self.month else 0
        return Spent(month, before + replicas * (span // timedelta(milliseconds=1)))

    @classmethod
    def unknown(cls, now: datetime, scaling: Scaling, hour: Decimal | None) -> Spent:
        """Where nobody knows what ran this month, as after the loss of the state: its part of the budget is spent."""
        month = f"{now:%Y-%m}"
        if hour is None or scaling.budget is None or scaling.budget.monthly is None or not hour:
            return cls(month)
        begin, end = _month(now)
        share = Decimal((now - begin) // timedelta(seconds=1)) / Decimal((end - begin) // timedelta(seconds=1))
        return cls(month, int(scaling.budget.monthly * share / hour * _HOUR_MS))


def spent_on(replica_ms: int, hour: Decimal) -> Decimal:
    """Money of so many milliseconds of replicas."""
    return Decimal(replica_ms) * hour / _HOUR_MS


def ceiling(scaling: Scaling, hour: Decimal | None, spent: Spent, now: datetime, step: timedelta) -> int | None:
    """Most replicas that the budget pays for during the next step; None: without a budget.

    Of a monthly budget the fewest replicas (at least one) are set aside for the rest of the month; what is left of it
    may be used now.
    """
    budget = scaling.budget
    if budget is None or not hour:
        return None
    if budget.hourly is not None:
        return int(budget.hourly / hour)
    if budget.monthly is None:
        return None
    _, end = _month(now)
    fewest = max(scaling.min, 1)
    gone = spent.replica_ms if spent.month == f"{now:%Y-%m}" else 0
    left = budget.monthly - spent_on(gone + fewest * ((end - now) // timedelta(milliseconds=1)), hour)
    each = spent_on(max(1, step // timedelta(milliseconds=1)), hour)
    return fewest + max(0, int(left / each))


def _month(now: datetime) -> tuple[datetime, datetime]:
    """The first moments of this month and of the next."""
    begin = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return begin, (begin + timedelta(days=32)).replace(day=1)

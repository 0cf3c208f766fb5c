"""Pure: what became dearer and what cheaper between two reports, the greatest change first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from fairlead.kernel.money import less
from fairlead.meter.ledger.report import LedgerRow

__all__ = ["Mover", "movers"]


@dataclass(frozen=True, slots=True)
class Mover:
    """A group's amount in two spans. A group that was not there before cost nothing then."""

    name: str
    currency: str
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        """What it costs more."""
        return less(self.after, self.before)


def movers(before: Iterable[LedgerRow], after: Iterable[LedgerRow], most: int = 10) -> tuple[Mover, ...]:
    """The groups whose amounts changed most. A group whose amount is not known in one of the spans is left out."""
    old = {_key(row): row.amount for row in before}
    new = {_key(row): row.amount for row in after}
    found = []
    for name, currency in {**old, **new}:
        then, now = (each.get((name, currency), Decimal(0)) for each in (old, new))
        if then is not None and now is not None and then != now:
            found.append(Mover(name, currency, then, now))
    return tuple(sorted(found, key=lambda each: (-abs(each.change), each.name, each.currency))[:most])


def _key(row: LedgerRow) -> tuple[str, str]:
    return " / ".join(value or "(none)" for value in row.key.values()), row.currency

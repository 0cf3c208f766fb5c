"""Pure: from the rows of a report to its invoice, so that every table closes, whatever it leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from fairlead.domain.ledger import Charge
from fairlead.kernel.money import added, less
from fairlead.meter.ledger.question import CostQuestion
from fairlead.meter.ledger.report import Bridge, BridgePart, Closure, LedgerRow

__all__ = ["closures"]


def closures(question: CostQuestion, rows: Iterable[LedgerRow], bridges: Iterable[Bridge]) -> tuple[Closure, ...]:
    """One for each currency, from the bridges' parts."""
    sums: dict[str, list[Decimal]] = {}
    for row in rows:
        sums.setdefault(row.currency, []).append(row.known)
    return tuple(_closure(question, added(sums.get(bridge.currency, ())), bridge) for bridge in bridges)


def _closure(question: CostQuestion, shown: Decimal, bridge: Bridge) -> Closure:
    held = added(part.amount for part in bridge.parts if _held(question, part))
    return Closure(
        currency=bridge.currency,
        rows=shown,
        narrowed=less(held, shown),
        left_out=tuple(part for part in bridge.parts if not _held(question, part)),
        invoiced=bridge.invoiced,
        unknown=bridge.unknown,
    )


def _held(question: CostQuestion, part: BridgePart) -> bool:
    """Whether rows hold the part: the residual is in no line, and so in no row."""
    return part.charge in question.charges and part.charge is not Charge.RESIDUAL

"""Whether all bills together can be added up: beyond some amount an engine's digits turn over, and it says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from fairlead.domain.ledger import BILLS, COSTS, TablePart
from fairlead.domain.ledger_tables import MOST_ADDED
from fairlead.kernel.errors import UsageError
from fairlead.kernel.money import added
from fairlead.meter.bills.statements import statement_of
from fairlead.ports import LedgerEngine

__all__ = ["bounded", "require_countable"]


def bounded(each: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """Bounds of several statements as one, by currency."""
    whole: dict[str, Decimal] = {}
    for most in each:
        for currency, amount in most.items():
            whole[currency] = added((whole.get(currency, Decimal(0)), amount))
    return whole


def require_countable(engine: LedgerEngine, bills: Sequence[TablePart]) -> None:
    """UsageError where the amounts of these bills without their signs are more than can be added up exactly.

    Where the bounds that statements have are too high, or one has none, the rows themselves are asked.
    """
    told = [(each, statement_of(each)) for each in bills]
    bounds = bounded(statement.most for _, statement in told if statement)
    unbounded = [each for each, statement in told if statement is None or set(statement.sums) - set(statement.most)]
    if not unbounded and all(amount <= MOST_ADDED for amount in bounds.values()):
        return
    for currency, amount in sorted(_measured(engine, bills).items()):
        if amount > MOST_ADDED:
            what = f"all bills in {currency} are more than {MOST_ADDED:,} together, and cannot be added up exactly"
            raise UsageError(what, mend="keep them in two workspaces")


def _measured(engine: LedgerEngine, bills: Sequence[TablePart]) -> dict[str, Decimal]:
    """By currency, the greatest of the four costs' sums without signs, in whole units of the currency."""
    table = engine.table(BILLS, bills)
    sizes = {
        name: table[column].abs().cast("decimal(38,0)").sum().cast("decimal(38,0)")
        for name, column in COSTS.items()
        if column in table.columns
    }
    rows = engine.rows(table.group_by(currency=table.BillingCurrency).agg(**sizes))
    return {str(row["currency"]): max((row[name] or Decimal(0) for name in sizes), default=Decimal(0)) for row in rows}

"""What bills name and the ledger could not take: money of refused rows, which is the residual of every report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from fairlead.domain.ledger import COSTS, BillFile, TablePart
from fairlead.kernel.money import added, less
from fairlead.meter.bills.statements import statement_of
from fairlead.meter.ledger.question import EVER, CostQuestion

__all__ = ["refused"]


def refused(statements: Iterable[TablePart], question: CostQuestion) -> dict[str, Decimal]:
    """By currency, what the files of these statements sum to beyond the rows that were accepted.

    When a refused row was charged is not known, since that may be what could not be read. So it counts in the first
    period that its file is of, and only in reports that hold no span shorter than that.
    """
    if (question.since, question.until) != EVER:
        return {}
    found: dict[str, Decimal] = {}
    for period, sums in _booked(statements, COSTS[question.basis]):
        if period.startswith(question.period):
            for currency, amount in sums.items():
                found[currency] = added((found.get(currency, Decimal(0)), amount))
    return {currency: amount for currency, amount in found.items() if amount}


def _booked(statements: Iterable[TablePart], column: str) -> Iterator[tuple[str, dict[str, Decimal]]]:
    """What each statement refused, by the period in which it is booked; each file counts once.

    A late statement of a closed period is of the whole bill again: what it refuses more, or less, than what is booked
    of that period already.
    """
    seen: set[tuple[str, str, bool]] = set()
    of_bill: dict[tuple[str, str], dict[str, Decimal]] = {}
    for each in sorted(statements, key=lambda each: (each.part.adjusts != "", each.part)):
        statement = statement_of(each)
        sums: dict[str, Decimal] = {}
        for file in statement.files if statement else ():
            key = (each.part.source, file.sha256, bool(each.part.adjusts))
            if key not in seen:
                seen.add(key)
                _add_beyond(sums, file, column)
        bill = (each.part.source, each.part.adjusts or each.part.period)
        before = of_bill.get(bill, {})
        of_bill[bill] = sums
        yield (
            each.part.period,
            {
                currency: less(sums.get(currency, Decimal(0)), before.get(currency, Decimal(0)))
                for currency in {**sums, **before}
            },
        )


def _add_beyond(sums: dict[str, Decimal], file: BillFile, column: str) -> None:
    for currency, told in file.file_sums.items():
        accepted = file.sums.get(currency, {}).get(column)
        beyond = less(told.get(column) or Decimal(0), accepted or Decimal(0))
        sums[currency] = added((sums.get(currency, Decimal(0)), beyond))

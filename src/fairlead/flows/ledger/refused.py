"""What bills name and the ledger could not take: money of refused rows, which is the residual of every report."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal

from fairlead.domain.ledger import COSTS, BillFile, TablePart
from fairlead.meter.bills.statements import statement_of
from fairlead.meter.ledger.question import EVER, CostQuestion

__all__ = ["refused"]

_EXACT = Context(prec=60)


def refused(statements: Iterable[TablePart], question: CostQuestion) -> dict[str, Decimal]:
    """By currency, what the files of these statements sum to beyond the rows that were accepted.

    When a refused row was charged is not known, since that may be what could not be read. So it counts in the first
    period that its file is of, and only in reports that hold no span shorter than that.
    """
    if (question.since, question.until) != EVER:
        return {}
    found: dict[str, Decimal] = {}
    column = COSTS[question.basis]
    for period, file in _first(statements):
        if not period.startswith(question.period):
            continue
        for currency, sums in file.file_sums.items():
            whole, accepted = sums.get(column), file.sums.get(currency, {}).get(column)
            beyond = _EXACT.subtract(whole or Decimal(0), accepted or Decimal(0))
            if beyond:
                found[currency] = _EXACT.add(found.get(currency, Decimal(0)), beyond)
    return found


def _first(statements: Iterable[TablePart]) -> list[tuple[str, BillFile]]:
    """Each file once, with the first period that its source has of it. What adjusts a closed period has no own."""
    files: dict[tuple[str, str], tuple[str, BillFile]] = {}
    for each in sorted(statements, key=lambda each: each.part):
        statement = statement_of(each)
        if statement is None or each.part.adjusts:
            continue
        for file in statement.files:
            files.setdefault((each.part.source, file.sha256), (each.part.period, file))
    return list(files.values())

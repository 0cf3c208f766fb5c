"""What an import answers: every file with its sums, every breach, and what each billing period was before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from fairlead.domain.ledger import BillFile, BillFinding, Part, Statement, Sums
from fairlead.kernel import money

__all__ = ["Change", "ImportRequest", "ImportResult", "ImportedPeriod", "Replaced", "added", "difference"]


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What was asked for: `schema` by name or `auto`; `currency` for files that have no BillingCurrency at all.

    `since` and `until` are the first day and the day after the last of what is fetched from an address.
    """

    source: str
    schema: str = "auto"
    currency: str = ""
    strict: bool = False
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one service and category of charge, from one statement to the next."""

    currency: str
    service: str
    category: str
    rows_before: int
    rows_after: int
    billed_before: Decimal
    billed_after: Decimal
    effective_before: Decimal | None
    effective_after: Decimal | None

    @property
    def billed(self) -> Decimal:
        """How much more is billed now."""
        return money.less(self.billed_after, self.billed_before)


@dataclass(frozen=True, slots=True)
class Replaced:
    """The statement that this import took the place of, and what changed: `rows` and `sums` are new less old."""

    statement: Statement | None
    imported: datetime
    rows_before: int
    rows: int
    sums_before: Sums
    sums: Sums
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class ImportedPeriod:
    """A billing period as it stands now, and what it was before (None: nothing)."""

    statement: Statement
    replaced: Replaced | None

    @property
    def part(self) -> Part:
        """Which period of which source."""
        return self.statement.part


@dataclass(frozen=True, slots=True)
class ImportResult:
    """`unchanged`: the ledger had all of it already. `refused`: by --strict, so that nothing was written."""

    files: tuple[BillFile, ...]
    findings: tuple[BillFinding, ...]
    periods: tuple[ImportedPeriod, ...] = ()
    unchanged: bool = False
    refused: bool = False

    @property
    def exit_code(self) -> int:
        """0: all rows are in the ledger; 1: some were refused; 2: the import was."""
        return 2 if self.refused else int(any(file.rows_refused for file in self.files))


def added(sums: Sums, more: Sums) -> Sums:
    """The sums of both; what is known of one only is known."""
    return _combined(sums, more, 1)


def difference(after: Sums, before: Sums) -> Sums:
    """The first less the second."""
    return _combined(after, before, -1)


def _combined(one: Sums, other: Sums, sign: int) -> Sums:
    return {
        currency: {
            name: _pair(one.get(currency, {}).get(name), other.get(currency, {}).get(name), sign)
            for name in {**one.get(currency, {}), **other.get(currency, {})}
        }
        for currency in {**one, **other}
    }


def _pair(one: Decimal | None, other: Decimal | None, sign: int) -> Decimal | None:
    if one is None and other is None:
        return None
    return money.added((one or Decimal(), (other or Decimal()).copy_negate() if sign < 0 else other or Decimal()))

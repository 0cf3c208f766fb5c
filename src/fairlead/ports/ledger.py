"""The ledger as flows see it: tables whose parts are replaced at once, and an engine that answers questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from fairlead.domain.ledger import Part, TablePart

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["LedgerEngine", "LedgerStore"]


class LedgerStore(Protocol):
    """The tables `bills`, `usage` and `lines`. A part of a table is replaced whole or not at all."""

    def writing(self) -> AbstractContextManager[None]:
        """Hold the ledger for one writer. ConflictError, naming who holds it, where another does."""

    def stage(self, table: str) -> Path:
        """A path for a new Parquet file of the table, on its disk; in no table until `replace` names it.

        `stage` and `replace` are asked within `writing` only: what was staged and not named is cleared by the next.
        """

    def replace(self, table: str, files: Mapping[Part, Sequence[Path]], note: Mapping[str, str]) -> int:
        """Make these staged files the whole content of their parts, as one atomic act; the table's new version.

        A part with no files is emptied. Other parts stay. The files' columns beside the partition's may be more than
        the table had: it then has them, null elsewhere. `note` stays readable with the version. BrokenWorldError (a
        full disk) leaves the table as it was.
        """

    def parts(self, table: str, as_of: datetime | None = None) -> Sequence[TablePart]:
        """Parts of the table now, or as of a moment, sorted; () where there are none."""

    def columns(self, table: str) -> Mapping[str, str]:
        """Type by column of the table as it stands; empty before its first part."""

    def history(self, table: str, part: Part) -> Sequence[TablePart]:
        """What the part has been, newest first."""


class LedgerEngine(Protocol):
    """Answers questions that are written once, as Ibis expressions. Amounts come back as Decimal, moments as UTC.

    Questions may call two functions by name: `fairlead_seconds(moment)`, whole seconds since 1970 UTC, parts of one
    cut; and `fairlead_amount(units)`, a whole number of the ledger's smallest unit as an amount.
    """

    def table(self, name: str, parts: Sequence[TablePart] | None = None) -> ir.Table:
        """A table of the ledger, all of it as it stands, or those parts. Never fails for lack of rows.

        `metered_usage` and `metered_lines` are the meter's own windows in the shapes of `usage` and `lines`.
        """

    def ratio(self, total: ir.Value, whole: ir.Value) -> ir.Value:
        """floor(total / whole) of whole numbers, exactly: decimal(38,0); 0 <= total, whole < 1.3e19, null for 0."""

    def part(self, rest: ir.Value, weight: ir.Value, whole: ir.Value) -> ir.Value:
        """floor(rest x weight / whole) of whole numbers, exactly; 0 <= rest, weight <= whole < 1.3e19."""

    def remainder(self, rest: ir.Value, weight: ir.Value, whole: ir.Value) -> ir.Value:
        """(rest x weight) mod whole of whole numbers as in `part`, exactly."""

    def units(self, amount: ir.Value) -> ir.Value:
        """All digits of a decimal as a whole number: 1.50 with two digits after the point is 150. Or of its text."""

    def rows(self, question: ir.Table) -> list[dict[str, Any]]:
        """The answer's rows by column name."""

    def hold(self, question: ir.Table) -> ir.Table:
        """The answer, found once: as a table that the engine holds until no question is built on it any more."""

    def write(self, question: ir.Table, path: Path) -> int:
        """Write the answer to one Parquet file; how many rows it has."""

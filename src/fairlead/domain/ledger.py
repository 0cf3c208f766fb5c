"""The ledger's nouns: bills by source and period, statements of them, and the lines that their money is charged as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

__all__ = [
    "BILLS",
    "COSTS",
    "LINES",
    "USAGE",
    "Basis",
    "BillFile",
    "BillFinding",
    "Charge",
    "Part",
    "Statement",
    "Sums",
    "TablePart",
]

BILLS, USAGE, LINES = "bills", "usage", "lines"
"""The ledger's tables: bill rows as they were invoiced, usage as it was measured, lines as they are charged."""


Sums = Mapping[str, Mapping[str, Decimal | None]]
"""Amounts by currency and column of FOCUS; None is not known."""


class Basis(StrEnum):
    """Which cost of a bill row is meant; FOCUS defines the four."""

    BILLED = "billed"
    EFFECTIVE = "effective"
    CONTRACTED = "contracted"
    LIST = "list"


COSTS: Mapping[Basis, str] = {
    Basis.BILLED: "BilledCost",
    Basis.EFFECTIVE: "EffectiveCost",
    Basis.CONTRACTED: "ContractedCost",
    Basis.LIST: "ListCost",
}
"""FOCUS column of each basis."""


class Charge(StrEnum):
    """What a line of the ledger pays for: the invoice is the sum over all of them."""

    USED = "used"
    IDLE = "idle"
    SHARED = "shared"
    UNUSED = "unused-commitment"
    COMMITMENT = "commitment"
    CREDIT = "credit"
    TAX = "tax"
    UNALLOCATED = "unallocated"
    RESIDUAL = "residual"


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """What is replaced at once: a source's billing period (ISO date of its first day, UTC).

    `adjusts` is empty for the bill itself; for what was found out later about a closed period it is that period, and
    `period` is the open one in which the difference is booked.
    """

    source: str
    period: str
    adjusts: str = ""


@dataclass(frozen=True, slots=True)
class TablePart:
    """One part of a table as it stands: its Parquet files, and the note and moment of the commit that wrote it."""

    part: Part
    files: tuple[str, ...]
    rows: int
    written: datetime
    version: int
    note: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BillFinding:
    """A breach in one file of a bill. The row was accepted, unless `refused`.

    `row` counts data rows from 1 (0: the file as a whole), `value` is the value as it stood there, cut at 200
    characters; `count` is how often the same rule was broken in the same column, where later ones are not listed.
    """

    path: str
    row: int
    column: str
    value: str
    rule: str
    message: str
    mend: str = ""
    refused: bool = False
    count: int = 1


@dataclass(frozen=True, slots=True)
class BillFile:
    """What became of one file.

    `sums` are of the rows accepted, as they stand in the ledger; `file_sums` are of all rows of the file, refused ones
    included, wherever the figure can be read. Both: currency -> FOCUS column -> amount, None where no row has one.
    """

    path: str
    sha256: str
    schema: str
    rows_read: int
    rows_accepted: int
    rows_refused: int
    sums: Sums
    file_sums: Sums


@dataclass(frozen=True, slots=True)
class Statement:
    """A source's bill for one period, as it was imported at a moment. A later statement takes its place.

    `id` is the digest of the files' digests and of how they were read: the same files again are the same statement.
    `most` bounds, by currency, the sum of the amounts without their signs in each of the four costs; a currency that it
    lacks has no known bound.
    """

    part: Part
    id: str
    imported: datetime
    files: tuple[BillFile, ...]
    rows: int
    sums: Sums
    most: Mapping[str, Decimal] = field(default_factory=dict)

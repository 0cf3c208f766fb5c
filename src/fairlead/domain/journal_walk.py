"""What is wrong with a journal as it is stored: an altered, a missing or an unreadable record, each by its number.

Pure: rows in, faults out. The audit adds what Git knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fairlead.domain.journal import GENESIS, JournalRow, Record, digest_of_text, read_record
from fairlead.kernel.errors import IntegrityError

__all__ = ["Fault", "Seen", "walk"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with the record `sequence`: `rule` is a stable identifier, `message` a sentence."""

    sequence: int
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One row, walked over: the digest of its text, its record where it could be read, and its faults.

    A broken link is a fault of the record before this one, since it is that one's digest which does not hold.
    """

    row: JournalRow
    digest: str
    record: Record | None
    faults: tuple[Fault, ...]


def walk(rows: Iterable[JournalRow]) -> Iterator[Seen]:
    """Walk rows in the order of their sequence, in constant memory."""
    before: Seen | None = None
    for row in rows:
        before = _look(row, before)
        yield before


def _look(row: JournalRow, before: Seen | None) -> Seen:
    digest = digest_of_text(row.text)
    expected = before.row.sequence + 1 if before else 1
    faults = list(_missing(expected, row.sequence))
    record: Record | None = None
    if digest != row.digest:
        faults.append(Fault(row.sequence, "altered-record", "its text does not have the digest that stands beside it"))
    else:
        try:
            record = read_record(row.text)
        except IntegrityError:
            faults.append(Fault(row.sequence, "unreadable-record", "its text is no journal record"))
    if record is not None:
        faults += _columns(row, record)
        faults += _link(record, before, whole=row.sequence == expected)
    return Seen(row, digest, record, tuple(faults))


def _missing(expected: int, found: int) -> Iterator[Fault]:
    if found > expected:
        several = f"records {expected} to {found - 1} are" if found - 1 > expected else f"record {expected} is"
        yield Fault(expected, "missing-record", f"{several} missing")
    elif found < expected:
        yield Fault(found, "altered-record", f"it stands where record {expected} should")


def _columns(row: JournalRow, record: Record) -> Iterator[Fault]:
    draft = record.draft
    told = (record.sequence, draft.kind, draft.environment, draft.model)
    stored = (row.sequence, row.kind, row.environment, row.model)
    for name, text, column in zip(("sequence", "kind", "environment", "model"), told, stored, strict=True):
        if text != column:
            message = f"its column {name} says {column!r}, its text {text!r}"
            yield Fault(row.sequence, "altered-record", message)


def _link(record: Record, before: Seen | None, *, whole: bool) -> Iterator[Fault]:
    """Whether the record before is the one that this record names.

    Either of its two digests will do: where they differ, it has been reported already.
    """
    if not whole:
        return
    if before is None:
        if record.before != GENESIS:
            yield Fault(record.sequence, "altered-record", "it is the first, and names one before it")
    elif record.before not in (before.digest, before.row.digest):
        message = f"record {record.sequence} remembers another digest of it"
        yield Fault(before.row.sequence, "altered-record", message)

"""Statements as the note of the commit that wrote them: what was imported, from which files, with which sums."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from fairlead.domain.ledger import BillFile, Part, Statement, Sums, TablePart
from fairlead.kernel.digests import canonical_json, digest_of
from fairlead.kernel.windows import iso, parse_iso

__all__ = ["note_of", "statement_id", "statement_of"]

_KEY = "statements"

_READER = 1
"""Raised when the same file would be read otherwise than before: importing it again then changes the ledger."""


def statement_id(files: Iterable[BillFile], currency: str) -> str:
    """Digest of the files that a statement was made of, and of how they were read."""
    told = sorted(f"{file.sha256} {file.schema}" for file in files)
    return digest_of({"reader": _READER, "currency": currency, "files": told})


def note_of(statements: Iterable[Statement]) -> Mapping[str, str]:
    """The note of the commit that writes these statements."""
    return {_KEY: canonical_json([_statement(each) for each in statements]).decode()}


def statement_of(written: TablePart) -> Statement | None:
    """The statement that a part of the table `bills` is; None where something else wrote it."""
    for told in json.loads(written.note.get(_KEY, "[]")):
        if Part(*told["part"]) == written.part:
            files = tuple(_file_of(each) for each in told["files"])
            imported, sums = parse_iso(told["imported"]), _sums_of(told["sums"])
            most = {currency: Decimal(amount) for currency, amount in told.get("most", {}).items()}
            return Statement(written.part, told["id"], imported, files, told["rows"], sums, most)
    return None


def _statement(statement: Statement) -> dict[str, Any]:
    part = statement.part
    return {
        "part": [part.source, part.period, part.adjusts],
        "id": statement.id,
        "imported": iso(statement.imported),
        "files": [_file(file) for file in statement.files],
        "rows": statement.rows,
        "sums": statement.sums,
        "most": statement.most,
    }


def _file(file: BillFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "sha256": file.sha256,
        "schema": file.schema,
        "rows": [file.rows_read, file.rows_accepted, file.rows_refused],
        "sums": file.sums,
        "file_sums": file.file_sums,
    }


def _file_of(told: Mapping[str, Any]) -> BillFile:
    read, accepted, refused = told["rows"]
    return BillFile(
        told["path"],
        told["sha256"],
        told["schema"],
        read,
        accepted,
        refused,
        _sums_of(told["sums"]),
        _sums_of(told["file_sums"]),
    )


def _sums_of(told: Mapping[str, Mapping[str, str | None]]) -> Sums:
    return {
        currency: {name: None if amount is None else Decimal(amount) for name, amount in amounts.items()}
        for currency, amounts in told.items()
    }

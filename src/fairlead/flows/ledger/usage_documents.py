"""JSON of OpenCost on the stage: one document, read as a whole, its allocations as rows of usage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from fairlead.domain.ledger import BillFinding
from fairlead.drivers.ledger.usage_staging import UsageStaging
from fairlead.meter.collectors.base import UsageRow
from fairlead.meter.collectors.opencost import opencost_usage_rows
from fairlead.meter.collectors.outcome import CollectedFile

__all__ = ["is_document", "take_document"]

_BEGINNING = 512
_LARGEST = 256 << 20
"""Bytes: the document is in memory as a whole."""


def is_document(path: Path) -> bool:
    """Whether the file is JSON by its first letter."""
    with path.open("rb") as file:
        return file.read(_BEGINNING).removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"["))


def take_document(stage: UsageStaging, path: Path) -> tuple[CollectedFile, list[BillFinding]]:
    """Stage the document's rows. ValueError where it is no JSON, or larger than one document may be."""
    findings: list[BillFinding] = []
    staged = stage.take_rows(path.name, _rows(_read(path), path, findings))
    return CollectedFile(str(path), staged.rows + len(findings), staged.accepted, len(findings)), findings


def _rows(document: Mapping[str, Any], path: Path, findings: list[BillFinding]) -> Iterator[UsageRow]:
    for each in opencost_usage_rows(document, path.name):
        if isinstance(each, UsageRow):
            yield each
        else:
            findings.append(each)


def _read(path: Path) -> Mapping[str, Any]:
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"a document of more than {_LARGEST >> 20} MiB; ask for a shorter window")
    try:
        document = json.loads(path.read_bytes(), parse_float=Decimal)
    except RecursionError as error:
        raise ValueError("its JSON is nested too deeply") from error
    if not isinstance(document, Mapping):
        raise ValueError("its JSON is no object")
    return document

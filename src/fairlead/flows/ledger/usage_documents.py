"""JSON of OpenCost on the stage: a document of any size, its allocations as rows of usage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from fairlead.domain.ledger import BillFinding
from fairlead.drivers.ledger.usage_staging import UsageStaging
from fairlead.meter.bills.opencost import each_allocation
from fairlead.meter.collectors.base import UsageRow
from fairlead.meter.collectors.opencost import opencost_usage_rows
from fairlead.meter.collectors.outcome import CollectedFile

__all__ = ["is_document", "take_document"]

_BEGINNING, _PIECE = 512, 1 << 20
_LISTED = 10
"""Findings that are told one by one; the last stands for the rest as well."""


def is_document(path: Path) -> bool:
    """Whether the file is JSON by its first letter."""
    with path.open("rb") as file:
        return file.read(_BEGINNING).removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"["))


def take_document(stage: UsageStaging, path: Path) -> tuple[CollectedFile, list[BillFinding]]:
    """Stage the document's rows. ValueError where it is no JSON, breaks off, or says an error of OpenCost's."""
    findings: list[BillFinding] = []
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        allocations = each_allocation(iter(lambda: file.read(_PIECE), ""))
        staged = stage.take_rows(path.name, _rows(allocations, path, findings))
    refused = sum(finding.count for finding in findings)
    return CollectedFile(str(path), staged.rows + refused, staged.accepted, refused), findings


def _rows(allocations: Iterable[str], path: Path, findings: list[BillFinding]) -> Iterator[UsageRow]:
    for each in opencost_usage_rows(allocations, path.name):
        if isinstance(each, UsageRow):
            yield each
        elif len(findings) < _LISTED:
            findings.append(each)
        else:
            findings[-1] = replace(findings[-1], count=findings[-1].count + 1)

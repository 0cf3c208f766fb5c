"""One commit of a Delta table: what it says, and how it comes to be on the disk whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fairlead import __version__
from fairlead.domain.ledger import Part
from fairlead.domain.ledger_tables import PART_COLUMNS
from fairlead.drivers.lake_manifest import sync_folder
from fairlead.drivers.ledger.column_types import delta_type
from fairlead.drivers.ledger.delta_log import LOG, DeltaLog, commit_name

__all__ = ["UNFINISHED", "NewFile", "actions_of", "write_commit"]

UNFINISHED = ".tmp"
"""Ending of a commit that is being written."""

_PROTOCOL = {"minReaderVersion": 1, "minWriterVersion": 2}
_FOR_GOOD = "interval 36500 days"
_CONFIGURATION = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": _FOR_GOOD,
    "delta.deletedFileRetentionDuration": _FOR_GOOD,
}
"""Other engines are told to keep what earlier statements are read from."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A staged Parquet file: `columns` holds our type by column, partition columns left out."""

    path: Path
    rows: int
    size: int
    columns: Mapping[str, str]


def actions_of(
    log: DeltaLog,
    files: Mapping[Part, Iterable[NewFile]],
    note: Mapping[str, str],
    columns: Mapping[str, str],
    moment: datetime,
) -> list[dict[str, Any]]:
    """The commit that makes `files` the whole content of their parts, where the table then has `columns`."""
    stamp = int(moment.timestamp() * 1000)
    info = {
        "timestamp": stamp,
        "operation": "WRITE",
        "operationParameters": {"mode": "Overwrite", "partitionBy": json.dumps(list(PART_COLUMNS))},
        "engineInfo": f"fairlead/{__version__}",
        "parts": [[part.source, part.period, part.adjusts] for part in files],
        "note": dict(note),
    }
    actions: list[dict[str, Any]] = [{"commitInfo": info}]
    if log.version < 0:
        actions.append({"protocol": _PROTOCOL})
    if columns != log.columns:
        actions.append({"metaData": _metadata(log, columns, stamp)})
    for part, new in files.items():
        before = log.now(part)
        actions += [{"remove": _removed(log, path, part, stamp)} for path in (before.files if before else ())]
        actions += [{"add": _added(log, file, part, stamp)} for file in new]
    return actions


def write_commit(log: DeltaLog, actions: Iterable[Mapping[str, Any]]) -> None:
    """Publish the next version at once; when this returns it survives a power cut.

    FileExistsError where somebody else wrote that version meanwhile; OSError (a full disk) publishes nothing.
    """
    folder = log.folder / LOG
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{uuid4().hex}{UNFINISHED}"
    try:
        with unfinished.open("x", encoding="utf-8") as file:
            file.writelines(json.dumps(action, ensure_ascii=False) + "\n" for action in actions)
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, folder / commit_name(log.version + 1))
    finally:
        unfinished.unlink(missing_ok=True)
    for each in (folder, log.folder, log.folder.parent):
        sync_folder(each)


def _metadata(log: DeltaLog, columns: Mapping[str, str], stamp: int) -> dict[str, Any]:
    fields = [
        {"name": name, "type": delta_type(kind), "nullable": True, "metadata": {}} for name, kind in columns.items()
    ]
    new = {
        "id": str(uuid4()),
        "format": {"provider": "parquet", "options": {}},
        "partitionColumns": list(PART_COLUMNS),
        "configuration": _CONFIGURATION,
        "createdTime": stamp,
    }
    return {**new, **log.metadata, "schemaString": json.dumps({"type": "struct", "fields": fields})}


def _added(log: DeltaLog, file: NewFile, part: Part, stamp: int) -> dict[str, Any]:
    return {
        "path": _relative(log, str(file.path)),
        "partitionValues": _values(part),
        "size": file.size,
        "modificationTime": stamp,
        "dataChange": True,
        "stats": json.dumps({"numRecords": file.rows}),
    }


def _removed(log: DeltaLog, path: str, part: Part, stamp: int) -> dict[str, Any]:
    return {
        "path": _relative(log, path),
        "deletionTimestamp": stamp,
        "dataChange": True,
        "extendedFileMetadata": True,
        "partitionValues": _values(part),
    }


def _relative(log: DeltaLog, path: str) -> str:
    return quote(str(Path(path).relative_to(log.folder)))


def _values(part: Part) -> dict[str, str]:
    return {"source": part.source, "period": part.period, "adjusts": part.adjusts}

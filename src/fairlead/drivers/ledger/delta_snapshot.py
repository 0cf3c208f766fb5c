"""A table's log summed up beside it, so that who opens it need not read all of it, and what came before may go.

For tables whose past nobody asks for: lines are worked out anew for whatever moment they are asked as of. A checkpoint
of Delta would not do, since it does not have the notes of the commits.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

from fairlead.domain.ledger import Part, TablePart
from fairlead.drivers.lake_manifest import sync_folder
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["Snapshot", "newest_snapshot", "remove_before", "snapshot_name", "still_asked", "write_snapshot"]

_PREFIX = "_fairlead."
_UNFINISHED = ".tmp"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A table as of a version: `history` are its parts' states that are still asked for, each part's oldest first.

    Files stand by their place in the table's folder; `rows` has the rows of each.
    """

    version: int
    written: datetime
    metadata: Mapping[str, Any]
    history: Sequence[TablePart]
    rows: Mapping[str, int]


def snapshot_name(version: int) -> str:
    """Name of a snapshot in the log. Other engines pass it over."""
    return f"{_PREFIX}{version:020d}.json"


def still_asked(versions: Sequence[TablePart], since: datetime) -> Iterator[TablePart]:
    """States of a part that stood after `since`, and the last; nothing of one that had been emptied by then."""
    for before, after in pairwise(versions):
        if after.written > since:
            yield before
    if versions[-1].files or versions[-1].written > since:
        yield versions[-1]


def write_snapshot(log: Path, snapshot: Snapshot) -> None:
    """Write it into the folder of the log, whole or not at all."""
    told = {
        "version": snapshot.version,
        "written": snapshot.written.isoformat(),
        "metadata": snapshot.metadata,
        "history": [_told(each) for each in snapshot.history],
        "rows": snapshot.rows,
    }
    unfinished = log / f"{uuid4().hex}{_UNFINISHED}"
    try:
        with unfinished.open("x", encoding="utf-8") as file:
            json.dump(told, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(log / snapshot_name(snapshot.version))
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(log)


def newest_snapshot(log: Path) -> Snapshot | None:
    """The newest one in the folder of a log. BrokenWorldError where it cannot be read."""
    path = max(log.glob(f"{_PREFIX}*.json"), default=None)
    if path is None:
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Snapshot(
            told["version"],
            datetime.fromisoformat(told["written"]),
            told["metadata"],
            tuple(_state(each) for each in told["history"]),
            told["rows"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BrokenWorldError(f"cannot be read: {error!r}", where=str(path)) from error


def remove_before(log: Path, version: int) -> None:
    """Remove commits, checkpoints and snapshots of earlier versions, the oldest first: one after it sums them up."""
    for path in sorted(log.iterdir(), key=_version):
        if -1 < _version(path) < version:
            path.unlink(missing_ok=True)


def _version(path: Path) -> int:
    """Version in the name of a file of the log; -1 for any other file."""
    number = path.name.removeprefix(_PREFIX).partition(".")[0]
    return int(number) if len(number) == len(f"{0:020d}") and number.isdecimal() else -1


def _told(state: TablePart) -> dict[str, Any]:
    part = state.part
    return {
        "part": [part.source, part.period, part.adjusts],
        "files": state.files,
        "rows": state.rows,
        "written": state.written.isoformat(),
        "version": state.version,
        "note": dict(state.note),
    }


def _state(told: Mapping[str, Any]) -> TablePart:
    written = datetime.fromisoformat(told["written"])
    return TablePart(Part(*told["part"]), tuple(told["files"]), told["rows"], written, told["version"], told["note"])

"""The log of one Delta table: read into what every part has been, and extended by one commit at a time.

Commits are written here and not through deltalake, which cannot replace parts and widen the schema in one commit,
does not wait until a commit is on the disk, and stamps commits by a clock of its own. What is written is plain Delta
(reader version 1, writer version 2), so that any engine reads it. All of the log is kept, since a bill's earlier
statements stay readable for good; so it is all there to read. Of lines, whose past is worked out anew, it begins with
a snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from fairlead.domain.ledger import Part, TablePart
from fairlead.drivers.ledger.column_types import name_of_delta
from fairlead.drivers.ledger.delta_snapshot import Snapshot, newest_snapshot, snapshot_name, still_asked
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["LOG", "DeltaLog", "commit_name"]

LOG = "_delta_log"

_NEVER = datetime.min.replace(tzinfo=UTC)

Action = Mapping[str, Any]
"""One line of a commit: a single key that names the action, and its body."""


@dataclass(slots=True)
class DeltaLog:
    """A table as its log tells it, up to `version` (-1: there is no table yet)."""

    folder: Path
    version: int = -1
    written: datetime = _NEVER
    metadata: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    """Our type by column, partition columns included."""
    history: dict[Part, list[TablePart]] = field(default_factory=dict)
    """What each part has been, oldest first."""
    files: dict[str, tuple[Part, int]] = field(default_factory=dict)
    """Part and rows of every file that any version names."""
    began: int = -1
    """Version of the snapshot that it was begun with; -1 for none."""

    def refresh(self) -> None:
        """Read the commits that came since; where they are gone by now, what sums them up."""
        if self.version < 0:
            self._begin()
        while (path := self._next()).exists() or self._overtaken():
            if not path.exists():
                if not self._begin():
                    return
                continue
            try:
                actions = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
                self._take(actions)
            except (OSError, ValueError, KeyError, TypeError) as error:
                if not path.exists() and self._begin():
                    continue
                raise BrokenWorldError(f"cannot be read: {error!r}", where=str(path)) from error

    def now(self, part: Part) -> TablePart | None:
        """The part as it stands."""
        return self.history[part][-1] if part in self.history else None

    def replaced(self) -> dict[str, datetime]:
        """Files that no part has any more, and when the last that had them was replaced."""
        return {
            file: after.written
            for versions in self.history.values()
            for before, after in pairwise(versions)
            for file in before.files
            if file not in after.files
        }

    def summed_up(self, since: datetime) -> Snapshot:
        """The table as it stands, with what was replaced after `since`."""
        history = [each for versions in self.history.values() for each in still_asked(versions, since)]
        inside = [replace(each, files=tuple(map(self._inside, each.files))) for each in history]
        rows = {self._inside(file): self.files[file][1] for each in history for file in each.files}
        return Snapshot(self.version, self.written, self.metadata, inside, rows)

    def names(self) -> list[str]:
        """What of the log tells the table as it stands: none of these files ever changes."""
        begun = [snapshot_name(self.began), f"{self.began:020d}.checkpoint.parquet"] if self.began >= 0 else []
        there = [name for name in begun if (self.folder / LOG / name).exists()]
        return [*there, *(commit_name(version) for version in range(max(self.began, 0), self.version + 1))]

    def _next(self) -> Path:
        return self.folder / LOG / commit_name(self.version + 1)

    def _overtaken(self) -> bool:
        """Whether so much was committed since that our own version is no more."""
        return self.version >= 0 and not (self.folder / LOG / commit_name(self.version)).exists()

    def _begin(self) -> bool:
        """Begin with the newest snapshot; whether there is one that is newer than what was read."""
        snapshot = newest_snapshot(self.folder / LOG)
        if snapshot is None or snapshot.version <= self.version:
            return False
        self.history, self.files = {}, {}
        for each in snapshot.history:
            files = tuple(str(self.folder / file) for file in each.files)
            self.history.setdefault(each.part, []).append(replace(each, files=files))
            self.files |= {str(self.folder / file): (each.part, snapshot.rows[file]) for file in each.files}
        self._take_metadata(snapshot.metadata)
        self.version = self.began = snapshot.version
        self.written = snapshot.written
        return True

    def _inside(self, file: str) -> str:
        return str(Path(file).relative_to(self.folder))

    def _take(self, actions: list[Action]) -> None:
        number = self.version + 1
        info: Mapping[str, Any] = {}
        named: set[Part] = set()
        added: dict[Part, list[str]] = {}
        removed: set[str] = set()
        for action in actions:
            match action:
                case {"commitInfo": body}:
                    info = body
                    named |= {Part(*each) for each in body.get("parts", ())}
                case {"metaData": body}:
                    self._take_metadata(body)
                case {"add": body}:
                    path, part = self._place(body["path"]), _part(body["partitionValues"])
                    self.files[path] = (part, int(json.loads(body["stats"])["numRecords"]))
                    added.setdefault(part, []).append(path)
                case {"remove": body}:
                    removed.add(self._place(body["path"]))
        named |= {*added, *(self.files[path][0] for path in removed)}
        self.written = max(self.written, datetime.fromtimestamp(info.get("timestamp", 0) / 1000, UTC))
        for part in named:
            before = self.now(part)
            kept = [file for file in before.files if file not in removed] if before else []
            files = (*kept, *added.get(part, ()))
            rows = sum(self.files[file][1] for file in files)
            taken = TablePart(part, files, rows, self.written, number, info.get("note", {}))
            self.history.setdefault(part, []).append(taken)
        self.version = number

    def _take_metadata(self, body: Mapping[str, Any]) -> None:
        self.metadata = body
        fields = json.loads(body["schemaString"])["fields"]
        self.columns = {each["name"]: name_of_delta(each["type"]) for each in fields}

    def _place(self, path: str) -> str:
        return str(self.folder / unquote(path))


def commit_name(version: int) -> str:
    """Name of a version's file in the log."""
    return f"{version:020d}.json"


def _part(values: Mapping[str, str | None]) -> Part:
    return Part(*(values[name] or "" for name in ("source", "period", "adjusts")))

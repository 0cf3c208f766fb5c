"""The list in a backup: names, sizes and digests. Read with distrust, since a backup may come from anywhere."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import IO

from fairlead.kernel.digests import canonical_json
from fairlead.kernel.errors import IntegrityError

__all__ = ["LIST", "BackupList", "Entry", "list_text", "read_list"]

LIST = "backup.json"

_FORMAT = "fairlead-backup/1"
_LONGEST = 64 << 20
_NAME = re.compile(
    r"state\.db|signing\.key|lake/manifest\.json|lake/[a-z_]{1,40}/[A-Za-z0-9_-][A-Za-z0-9._-]{0,150}\.parquet"
    r"|ledger/[a-z_]{1,40}/(?:_delta_log/[0-9]{20}\.json|[0-9a-f]{32}\.parquet)"
)
"""Every name that a backup may hold; nothing else is ever written, so no path leaves the state folder."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a backup: its path in the state folder, size in bytes, hex sha256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BackupList:
    """When a backup was made (RFC 3339), and what it holds."""

    at: str
    files: tuple[Entry, ...]


def list_text(listed: BackupList) -> bytes:
    """The text of `backup.json`."""
    return canonical_json({"format": _FORMAT, "at": listed.at, "files": [asdict(entry) for entry in listed.files]})


def read_list(content: IO[bytes], *, at_most: int) -> BackupList:
    """What `list_text` wrote. IntegrityError for another name or form, or for files larger than `at_most` in all."""
    try:
        raw = json.loads(content.read(_LONGEST))
        files = tuple(Entry(str(each["name"]), int(each["size"]), str(each["sha256"])) for each in raw["files"])
        listed = BackupList(str(raw["at"]), files)
        known = raw["format"] == _FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError("the backup's list cannot be read") from error
    names = [entry.name for entry in files]
    strange = next((name for name in names if not _NAME.fullmatch(name)), None)
    if not known or strange or len(set(names)) != len(names) or "state.db" not in names:
        raise IntegrityError(f"the backup's list is not one of ours: {strange or 'its format or its files'}")
    if any(entry.size < 0 for entry in files) or sum(entry.size for entry in files) > at_most:
        raise IntegrityError("the backup's list names more bytes than the file has")
    return listed

"""The lake's manifest: which files are the lake. Replacing it is the one atomic act of every publish."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from fairlead.kernel.errors import BrokenWorldError
from fairlead.kernel.windows import iso, parse_iso

__all__ = ["LakeFile", "Manifest", "Retired", "read_manifest", "sync_folder", "write_manifest"]

_NAME = "manifest.json"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class LakeFile:
    """One Parquet file of a table and a UTC day. `level` 0 is a window's own; compaction raises it."""

    table: str
    day: str
    level: int
    name: str


@dataclass(frozen=True, slots=True)
class Retired:
    """A file that compaction replaced; it stays a while for readers that still hold the manifest before."""

    table: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Manifest:
    """The lake as of one publish."""

    generation: int = 0
    files: tuple[LakeFile, ...] = ()
    retired: tuple[Retired, ...] = ()
    checkpoint: Mapping[str, str] = field(default_factory=dict)


def read_manifest(folder: Path) -> Manifest:
    """The newest manifest; an empty one before the first publish. BrokenWorldError where it cannot be understood."""
    try:
        raw = json.loads((folder / _NAME).read_bytes())
    except FileNotFoundError:
        return Manifest()
    except (ValueError, OSError) as error:
        raise BrokenWorldError(f"cannot be read: {error}", where=str(folder / _NAME)) from error
    if raw.get("version") != _VERSION:
        version = raw.get("version")
        raise BrokenWorldError(f"has version {version!r}, not {_VERSION}", where=str(folder / _NAME))
    return Manifest(
        raw["generation"],
        tuple(LakeFile(**each) for each in raw["files"]),
        tuple(Retired(each["table"], each["name"], parse_iso(each["at"])) for each in raw["retired"]),
        raw["checkpoint"],
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest at once; when this returns, it survives a power cut."""
    content = {
        "version": _VERSION,
        "generation": manifest.generation,
        "files": [asdict(file) for file in manifest.files],
        "retired": [{"table": each.table, "name": each.name, "at": iso(each.at)} for each in manifest.retired],
        "checkpoint": dict(manifest.checkpoint),
    }
    new = folder / f"{_NAME}.new"
    with new.open("w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / _NAME)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

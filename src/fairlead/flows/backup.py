"""`fairlead backup` and `fairlead restore`: the state in one file, also while the control plane runs.

A backup is an uncompressed tar. Its first member, `backup.json`, lists every other one with size and sha256: the
database, the signing key, the lake's manifest and the Parquet files that it names, and the ledger's tables. Caches,
mirrors, logs and what belongs to running processes are left out: they are made again. It holds a private key, so only
its owner reads it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import IO

from fairlead.domain.journal import Actor, Draft
from fairlead.drivers.lake_manifest import read_manifest
from fairlead.drivers.ledger.delta import ledger_files
from fairlead.drivers.signing import SIGNING_KEY
from fairlead.drivers.state import open_state
from fairlead.drivers.state_copy import copy_state
from fairlead.drivers.state_engine import SQLITE_FILE
from fairlead.flows.audit_report import RESTORED
from fairlead.flows.backup_list import LIST, BackupList, Entry, list_text, read_list
from fairlead.kernel.digests import sha256_stream
from fairlead.kernel.errors import BrokenWorldError, ConflictError, IntegrityError
from fairlead.kernel.windows import iso
from fairlead.ports import Clock, Progress

__all__ = ["backup", "restore"]

_BLOCK = 1 << 20


def backup(state: Path, target: Path, clock: Clock, progress: Progress) -> BackupList:
    """Write a backup of the state to the file `target`, whole or not at all; answers what is in it.

    ConflictError where the file is there already.
    """
    if target.exists():
        raise ConflictError("the file is there already", where=str(target), mend="name another one")
    with TemporaryDirectory(prefix=".fairlead-backup-", dir=target.parent) as folder:
        sources = _snapshot(state, Path(folder))
        listed = BackupList(iso(clock.now()), tuple(_entry(name, path) for name, path in sorted(sources.items())))
        made = Path(folder, "backup.tar")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _write(file, listed, sources, progress)
            file.flush()
            os.fsync(file.fileno())
        made.replace(target)
    return listed


def restore(file: Path, state: Path, clock: Clock, actor: Actor) -> BackupList:
    """Make the folder `state` from a backup, whole or not at all; the journal goes on with a record that says so.

    ConflictError where the folder is not empty; IntegrityError for anything in the file that its list does not name
    with this size and digest.
    """
    if state.exists() and any(state.iterdir()):
        raise ConflictError("the state folder is not empty", where=str(state), mend="name an empty one with --state")
    state.parent.mkdir(parents=True, exist_ok=True)
    made = Path(mkdtemp(prefix=".fairlead-restore-", dir=state.parent))
    try:
        listed = _extract(file, made)
        store = open_state(made, clock)
        store.append(Draft(RESTORED, actor, body={"backup": listed.at}))
        store.close()
        made.replace(state)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return listed


def _snapshot(state: Path, folder: Path) -> dict[str, Path]:
    """Files of a backup by their names. The lake's files never change, and stay for a while once they are replaced."""
    copy_state(state, folder / SQLITE_FILE)
    sources = {SQLITE_FILE: folder / SQLITE_FILE}
    if (state / SIGNING_KEY).is_file():
        sources[SIGNING_KEY] = state / SIGNING_KEY
    if (state / "lake" / "manifest.json").is_file():
        shutil.copyfile(state / "lake" / "manifest.json", folder / "manifest.json")
        sources["lake/manifest.json"] = folder / "manifest.json"
        for each in read_manifest(folder).files:
            sources[f"lake/{each.table}/{each.name}"] = state / "lake" / each.table / each.name
    ledger = state / "ledger"
    return sources | {f"ledger/{name}": ledger / name for name in ledger_files(ledger)}


def _entry(name: str, path: Path) -> Entry:
    try:
        with path.open("rb") as file:
            digest, size = sha256_stream(iter(lambda: file.read(_BLOCK), b""))
    except OSError as error:
        raise BrokenWorldError(f"cannot be read: {error.strerror}", where=str(path), mend="try again") from error
    return Entry(name, size, digest)


def _write(file: IO[bytes], listed: BackupList, sources: Mapping[str, Path], progress: Progress) -> None:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        text = list_text(listed)
        tar.addfile(_member(LIST, len(text)), BytesIO(text))
        for done, entry in enumerate(listed.files, 1):
            with sources[entry.name].open("rb") as source:
                tar.addfile(_member(entry.name, entry.size), source)
            progress(done, len(listed.files), "backup")


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _extract(file: Path, folder: Path) -> BackupList:
    try:
        with tarfile.open(file, "r:") as tar:
            return _take(tar, folder, file.stat().st_size)
    except tarfile.TarError as error:
        raise IntegrityError(f"this is no whole backup: {error}", where=str(file), mend="use another one") from error
    except OSError as error:
        raise BrokenWorldError(f"the backup cannot be read or written: {error}", where=str(file)) from error


def _take(tar: tarfile.TarFile, folder: Path, size: int) -> BackupList:
    """Take what the list names, in its order. Names and sizes were judged by `read_list` before anything is written."""
    members = iter(tar)
    listed = read_list(_content(tar, next(members, None), LIST), at_most=size)
    for entry in listed.files:
        member = next(members, None)
        with _content(tar, member, entry.name) as source:
            _copy(source, folder / entry.name, entry)
    if next(members, None) is not None:
        raise IntegrityError("the backup holds more than its list names")
    return listed


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo | None, name: str) -> IO[bytes]:
    content = tar.extractfile(member) if member is not None and member.type == tarfile.REGTYPE else None
    if member is None or content is None or member.name != name:
        raise IntegrityError(f"the backup holds no file {name} where its list says so")
    return content


def _copy(source: IO[bytes], path: Path, entry: Entry) -> None:
    """Write exactly the listed bytes; one more or one other is an IntegrityError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), entry.size + 1
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while left and (block := source.read(min(_BLOCK, left))):
            digest.update(block)
            file.write(block)
            left -= len(block)
        os.fsync(file.fileno())
    if left != 1 or digest.hexdigest() != entry.sha256:
        raise IntegrityError(f"{entry.name} in the backup is not what its list says", mend="use another backup")

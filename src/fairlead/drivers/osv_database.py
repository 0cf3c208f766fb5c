"""An OSV database in a folder: JSON files, or the archives (all.zip) that osv.dev offers per ecosystem. No network.

Looked through once: an index says which file tells of which package, and is made again when a file's name, size or time
has changed. Memory does not grow with the database.
"""

from __future__ import annotations

import json
import os
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from fairlead.domain.dependency import ECOSYSTEMS, normal_name
from fairlead.kernel.digests import sha256_hex
from fairlead.kernel.errors import BrokenWorldError
from fairlead.ports import Progress

__all__ = ["OsvFolder", "open_osv"]

_LARGEST = 16 << 20
"""Bytes of an entry; the largest known one is far smaller."""

_NOTED = 1_000
"""Broken entries that are told apart; the rest would only repeat them."""

_LOCAL_HEAD = struct.Struct("<IHHHHHIIIHH")
"""What stands before a member of an archive (APPNOTE.TXT, 4.3.7); it ends in the lengths of name and extra field."""

_SCHEMA = """
CREATE TABLE entry (ecosystem TEXT, name TEXT, file TEXT, member TEXT, offset INTEGER, size INTEGER, method INTEGER);
CREATE TABLE problem (entry TEXT, reason TEXT);
CREATE TABLE state (entries INTEGER, newest TEXT);
"""
_OF_PACKAGE = """
SELECT file, member, offset, size, method FROM entry WHERE ecosystem = ? AND name = ? ORDER BY file, member
"""
_STEP = 500


class _Place(NamedTuple):
    """Where an entry is: a file, or a member of an archive with its place and form there."""

    file: str
    member: str = ""
    offset: int = 0
    size: int = 0
    method: int = 0


class OsvFolder:
    """A database behind its index. Made by `open_osv`."""

    def __init__(self, folder: Path, index: sqlite3.Connection) -> None:
        """Read what the index says of the whole."""
        self._folder, self._index = folder, index
        self.entries, self.newest = index.execute("SELECT entries, newest FROM state").fetchone()
        self._problems = [(str(entry), str(reason)) for entry, reason in index.execute("SELECT * FROM problem")]

    @property
    def problems(self) -> tuple[tuple[str, str], ...]:
        """Entries that could not be read, and why."""
        return tuple(self._problems)

    def advisories(self, ecosystem: str, name: str) -> Iterator[Mapping[str, Any]]:
        """Every entry about a package, read from its file now."""
        for row in self._index.execute(_OF_PACKAGE, (ecosystem, name)).fetchall():
            place = _Place(*row)
            try:
                yield _parsed(_content(self._folder, place))
            except ValueError as error:
                self.broken(place.member or place.file, str(error))

    def broken(self, entry: str, reason: str) -> None:
        """Note a broken entry."""
        if len(self._problems) < _NOTED and (entry, reason) not in self._problems:
            self._problems.append((entry, reason))


@contextmanager
def open_osv(folder: Path, cache: Path, progress: Progress) -> Iterator[OsvFolder]:
    """The database in `folder`, its index kept in `cache`. BrokenWorldError where there is no such folder."""
    if not folder.is_dir():
        mend = "fetch one, for example https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
        raise BrokenWorldError("there is no folder with a vulnerability database", where=str(folder), mend=mend)
    files = sorted(_files(folder))
    name = f"osv-{sha256_hex(str(folder.resolve()).encode())[:16]}"
    place = cache / f"{name}-{_state_of(folder, files)}.sqlite"
    if not place.exists():
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        _build(folder, files, place, progress)
        for older in cache.glob(f"{name}-*.sqlite"):
            if older != place:
                older.unlink(missing_ok=True)
    with closing(sqlite3.connect(f"{place.as_uri()}?mode=ro", uri=True)) as index:
        yield OsvFolder(folder, index)


def _files(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in names:
            if name.endswith((".json", ".zip")):
                yield str(Path(place, name).relative_to(folder))


def _state_of(folder: Path, files: list[str]) -> str:
    """Names a state of the folder: every file's name, size and time of change."""
    lines = []
    for file in files:
        status = (folder / file).stat()
        lines.append(f"{file}\0{status.st_size}\0{status.st_mtime_ns}")
    return sha256_hex("\n".join(lines).encode("utf-8", "surrogateescape"))[:16]


def _build(folder: Path, files: list[str], place: Path, progress: Progress) -> None:
    """Written under another name and renamed when it is whole, so that two who build it do not meet."""
    made = place.with_name(f".{uuid4().hex}")
    try:
        with closing(sqlite3.connect(made)) as index:
            index.executescript(_SCHEMA)
            _fill(index, folder, files, progress)
            index.execute("CREATE INDEX by_package ON entry (ecosystem, name)")
            index.commit()
        made.replace(place)
    finally:
        made.unlink(missing_ok=True)


def _fill(index: sqlite3.Connection, folder: Path, files: list[str], progress: Progress) -> None:
    entries, newest, noted = 0, "", 0
    for place, total, content in _contents(folder, files):
        entries += 1
        if entries % _STEP == 0:
            progress(entries, total, "reading the vulnerability database")
        try:
            if isinstance(content, ValueError):
                raise content
            entry = _parsed(content)
            packages = set(_packages(entry))
        except ValueError as error:
            noted += 1
            if noted <= _NOTED:
                index.execute("INSERT INTO problem VALUES (?, ?)", (place.member or place.file, str(error)[:200]))
            continue
        newest = max(newest, str(entry.get("modified", ""))[:30])
        rows = [(*each, *place) for each in sorted(packages)]
        index.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    index.execute("INSERT INTO state VALUES (?, ?)", (entries, newest))


def _contents(folder: Path, files: list[str]) -> Iterator[tuple[_Place, int, bytes | ValueError]]:
    """Where each entry is, how many there are beside it, and its bytes, or what is wrong with it."""
    for file in files:
        if file.endswith(".json"):
            yield from _one(folder, _Place(file), len(files))
            continue
        try:
            with zipfile.ZipFile(folder / file) as archive:
                members = [each for each in archive.infolist() if each.filename.endswith(".json")]
        except (zipfile.BadZipFile, OSError) as error:
            yield _Place(file), 0, ValueError(f"the archive cannot be read: {error}")
            continue
        for member in members:
            place = _Place(file, member.filename, member.header_offset, member.compress_size, member.compress_type)
            yield from _one(folder, place, len(members))


def _one(folder: Path, place: _Place, total: int) -> Iterator[tuple[_Place, int, bytes | ValueError]]:
    try:
        yield place, total, _content(folder, place)
    except ValueError as error:
        yield place, total, error


def _content(folder: Path, place: _Place) -> bytes:
    """An entry's bytes; ValueError where they cannot be had. A member is read where it is, without the directory."""
    try:
        with (folder / place.file).open("rb") as stream:
            if not place.member:
                return _bounded(stream.read(_LARGEST + 1))
            stream.seek(place.offset)
            head = stream.read(_LOCAL_HEAD.size)
            *_, name, extra = _LOCAL_HEAD.unpack(head)
            stream.seek(name + extra, os.SEEK_CUR)
            packed = stream.read(min(place.size, _LARGEST + 1))
        if place.method == zipfile.ZIP_STORED:
            return _bounded(packed)
        if place.method == zipfile.ZIP_DEFLATED:
            return _bounded(zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, _LARGEST + 1))
    except (OSError, struct.error, zlib.error) as error:
        raise ValueError(f"it cannot be read: {error}") from error
    raise ValueError("it is packed in a way that is not read: only stored and deflated members are")


def _bounded(content: bytes) -> bytes:
    if len(content) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST} bytes")
    return content


def _parsed(content: bytes) -> Mapping[str, Any]:
    try:
        entry = json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise ValueError("it is no OSV entry: an object with an id is wanted")
    return entry


def _packages(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    affected = entry.get("affected") or []
    if not isinstance(affected, list) or not all(isinstance(each, dict) for each in affected):
        raise ValueError("`affected` is no list of objects")
    for each in affected:
        package = each.get("package")
        if isinstance(package, dict):
            ecosystem, name = str(package.get("ecosystem")).partition(":")[0], str(package.get("name"))
            if ecosystem in ECOSYSTEMS:
                yield ecosystem, normal_name(ecosystem, name)

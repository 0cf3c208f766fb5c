"""An OSV database in a folder of a tree: JSON files, or the archives (all.zip) that osv.dev offers. No network.

Looked through once for each state of the folder: an index keeps the entries by package, packed, and is made again when
a file has changed. Memory does not grow with the database.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO
from uuid import uuid4

from fairlead.domain.dependency import ECOSYSTEMS, normal_name
from fairlead.domain.tree import TreeEntry
from fairlead.kernel.digests import sha256_hex
from fairlead.kernel.errors import BrokenWorldError
from fairlead.ports import Progress, Tree, leaves

__all__ = ["OsvDatabase", "open_osv"]

_LARGEST = 16 << 20
"""Bytes of an entry; the largest known one is far smaller."""

_NOTED = 1_000
"""Broken entries that are told apart; the rest would only repeat them."""

_SCHEMA = """
CREATE TABLE entry (number INTEGER PRIMARY KEY, name TEXT, content BLOB);
CREATE TABLE package (ecosystem TEXT, name TEXT, number INTEGER);
CREATE TABLE problem (entry TEXT, reason TEXT);
CREATE TABLE state (entries INTEGER, newest TEXT);
"""
_OF_PACKAGE = """
SELECT entry.name, content FROM package JOIN entry USING (number)
WHERE ecosystem = ? AND package.name = ? ORDER BY number
"""
_STEP = 500


class OsvDatabase:
    """A database behind its index. Made by `open_osv`."""

    def __init__(self, index: sqlite3.Connection) -> None:
        """Read what the index says of the whole."""
        self._index = index
        self.entries, self.newest = index.execute("SELECT entries, newest FROM state").fetchone()
        self._problems = [(str(entry), str(reason)) for entry, reason in index.execute("SELECT * FROM problem")]

    @property
    def problems(self) -> tuple[tuple[str, str], ...]:
        """Entries that could not be read, and why."""
        return tuple(self._problems)

    def advisories(self, ecosystem: str, name: str) -> Iterator[Mapping[str, Any]]:
        """Every entry about a package."""
        for _, content in self._index.execute(_OF_PACKAGE, (ecosystem, name)).fetchall():
            yield json.loads(zlib.decompress(content))

    def broken(self, entry: str, reason: str) -> None:
        """Note a broken entry."""
        if len(self._problems) < _NOTED and (entry, reason) not in self._problems:
            self._problems.append((entry, reason))


@contextmanager
def open_osv(tree: Tree, folder: str, cache: Path, progress: Progress) -> Iterator[OsvDatabase]:
    """The database in `folder` of `tree` ('' is all of it), its index kept in `cache`.

    BrokenWorldError where there is no such folder, or nothing in it.
    """
    files = [each for each in leaves(tree, folder) if each.kind == "blob" and each.path.endswith((".json", ".zip"))]
    if not files:
        mend = "fetch one from OSV: its data dump has an all.zip for each ecosystem"
        raise BrokenWorldError("there is no vulnerability database", where=folder or tree.label, mend=mend)
    state = sha256_hex("\n".join(f"{each.path}\0{each.id}" for each in files).encode("utf-8", "surrogateescape"))
    place = cache / f"osv-{state[:32]}.sqlite"
    if not place.exists():
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        _build(tree, files, place, progress)
    with closing(sqlite3.connect(f"{place.resolve().as_uri()}?mode=ro", uri=True)) as index:
        yield OsvDatabase(index)


def _build(tree: Tree, files: list[TreeEntry], place: Path, progress: Progress) -> None:
    """Written under another name and renamed when it is whole, so that two who build it do not meet.

    One older index is kept, for the other side of a comparison; what is older still goes.
    """
    made = place.with_name(f".{uuid4().hex}")
    try:
        with closing(sqlite3.connect(made)) as index:
            index.executescript(_SCHEMA)
            _fill(index, tree, files, progress)
            index.execute("CREATE INDEX by_package ON package (ecosystem, name)")
            index.commit()
        made.replace(place)
    finally:
        made.unlink(missing_ok=True)
    older = sorted(place.parent.glob("osv-*.sqlite"), key=lambda each: each.stat().st_mtime_ns)
    for each in older[:-2]:
        each.unlink(missing_ok=True)


def _fill(index: sqlite3.Connection, tree: Tree, files: list[TreeEntry], progress: Progress) -> None:
    entries, newest, noted = 0, "", 0
    for name, total, content in _contents(tree, files):
        entries += 1
        if entries % _STEP == 0:
            progress(entries, total, "reading the vulnerability database")
        try:
            entry = _parsed(content)
            packages = sorted(set(_packages(entry)))
        except ValueError as error:
            noted += 1
            if noted <= _NOTED:
                index.execute("INSERT INTO problem VALUES (?, ?)", (name, str(error)[:200]))
            continue
        newest = max(newest, str(entry.get("modified", ""))[:30])
        if packages and isinstance(content, bytes):
            index.execute("INSERT INTO entry VALUES (?, ?, ?)", (entries, name, zlib.compress(content, 1)))
            index.executemany("INSERT INTO package VALUES (?, ?, ?)", [(*each, entries) for each in packages])
    index.execute("INSERT INTO state VALUES (?, ?)", (entries, newest))


def _contents(tree: Tree, files: list[TreeEntry]) -> Iterator[tuple[str, int, bytes | ValueError]]:
    """Name of each entry, how many there are beside it (0: not known), and its bytes, or what is wrong with it."""
    for file in files:
        with tree.open(file) as stream:
            if file.path.endswith(".json"):
                yield file.path, len(files), stream.read(_LARGEST + 1)
            else:
                yield from _members(stream, file.path)


def _members(stream: BinaryIO, path: str) -> Iterator[tuple[str, int, bytes | ValueError]]:
    with TemporaryFile() as spool:
        seekable = stream
        if not stream.seekable():
            shutil.copyfileobj(stream, spool)
            seekable = spool
        try:
            with zipfile.ZipFile(seekable) as archive:
                members = [each for each in archive.namelist() if each.endswith(".json")]
                for member in members:
                    yield f"{path}/{member}", len(members), _member(archive, member)
        except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
            yield path, 0, ValueError(f"the archive cannot be read: {error}")


def _member(archive: zipfile.ZipFile, member: str) -> bytes | ValueError:
    try:
        with archive.open(member) as stream:
            return stream.read(_LARGEST + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        return ValueError(f"it cannot be read: {error}")


def _parsed(content: bytes | ValueError) -> Mapping[str, Any]:
    if isinstance(content, ValueError):
        raise content
    if len(content) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST} bytes")
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

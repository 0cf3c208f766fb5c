"""A database in a folder is looked through once, whatever lies in it, and read in bounded memory."""

from __future__ import annotations

import json
import os
import subprocess
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from fairlead.check.vulnerabilities import vulnerabilities
from fairlead.domain.dependency import Dependency
from fairlead.drivers.folder import FolderTree
from fairlead.drivers.git_local import local_repository
from fairlead.drivers.osv_database import open_osv
from fairlead.kernel.errors import BrokenWorldError
from fairlead.testing.progress import RecordedProgress, no_progress
from tests.unit.dependencies.entries import affected, entry

TORCH = Dependency("PyPI", "torch", "2.1", "requirements.txt")


def ids(folder: Path, cache: Path) -> list[str]:
    """What is known of torch 2.1."""
    with open_osv(FolderTree(folder), "", cache, no_progress) as database:
        return [one.id for one in vulnerabilities([TORCH], database)]


@pytest.fixture
def osv(tmp_path: Path) -> Path:
    """One entry in a file, one stored and one deflated in an archive."""
    folder = tmp_path / "osv"
    (folder / "PyPI").mkdir(parents=True)
    (folder / "one.json").write_text(json.dumps(entry(id="GHSA-file")))
    with zipfile.ZipFile(folder / "PyPI" / "all.zip", "w") as archive:
        archive.writestr("stored.json", json.dumps(entry(id="GHSA-stored")), zipfile.ZIP_STORED)
        archive.writestr("deflated.json", json.dumps(entry(id="GHSA-deflated")), zipfile.ZIP_DEFLATED)
        archive.writestr("readme.txt", "no entry")
    return folder


def test_files_and_archives(osv: Path, tmp_path: Path) -> None:
    """Single files, and the archives that osv.dev offers."""
    assert ids(osv, tmp_path / "cache") == ["GHSA-deflated", "GHSA-file", "GHSA-stored"]
    with open_osv(FolderTree(osv), "", tmp_path / "cache", no_progress) as database:
        assert (database.entries, database.newest, database.problems) == (3, "2025-05-28T19:46:11Z", ())


def test_the_index_is_made_once_for_each_state(osv: Path, tmp_path: Path) -> None:
    """The second look reads the index; a changed or a removed file makes another one, and the oldest goes."""
    cache = tmp_path / "cache"
    ids(osv, cache)
    (made,) = cache.iterdir()
    before = made.stat()
    ids(osv, cache)
    assert (list(cache.iterdir()), made.stat().st_mtime_ns) == ([made], before.st_mtime_ns)
    (osv / "one.json").write_text(json.dumps(entry(id="GHSA-changed")))
    os.utime(osv / "one.json", (1, 1))
    assert "GHSA-changed" in ids(osv, cache)
    (osv / "one.json").unlink()
    assert ids(osv, cache) == ["GHSA-deflated", "GHSA-stored"]
    assert len(list(cache.iterdir())) == 2


def test_a_database_in_a_commit(osv: Path, tmp_path: Path) -> None:
    """The rules come from the target branch, and the database with them: whatever the folder holds now."""
    git = ["git", "-C", str(osv), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "Add"], ["rm", "-q", "one.json"]):
        subprocess.run([*git, *command], check=True)
    repository = local_repository(osv)
    assert repository is not None
    with open_osv(repository.tree(repository.resolve("HEAD")), "", tmp_path / "cache", no_progress) as database:
        found = [one.id for one in vulnerabilities([TORCH], database)]
    assert found == ["GHSA-deflated", "GHSA-file", "GHSA-stored"]


def test_what_is_broken_is_told_and_hides_nothing(osv: Path, tmp_path: Path) -> None:
    """No JSON, no entry, too deep, too large, a torn archive, a member of other bytes: told, and the rest is read."""
    (osv / "no.json").write_text("{")
    (osv / "list.json").write_text("[]")
    (osv / "deep.json").write_text("[" * 100_000)
    (osv / "shape.json").write_text(json.dumps(entry(affected=3)))
    (osv / "latin.json").write_bytes(b"\xff\xfe")
    with (osv / "large.json").open("wb") as stream:
        stream.truncate((16 << 20) + 1)
    (osv / "torn.zip").write_bytes((osv / "PyPI" / "all.zip").read_bytes()[:-40])
    with zipfile.ZipFile(osv / "PyPI" / "odd.zip", "w") as archive:
        archive.writestr("x.json", json.dumps(entry()))
    torn = (osv / "PyPI" / "odd.zip").read_bytes()
    (osv / "PyPI" / "odd.zip").write_bytes(torn.replace(b"GHSA", b"XXXX", 1))
    with open_osv(FolderTree(osv), "", tmp_path / "cache", no_progress) as database:
        assert {name for name, _ in database.problems} == {
            "no.json", "list.json", "deep.json", "shape.json", "latin.json", "large.json", "torn.zip",
            "PyPI/odd.zip/x.json",
        }  # fmt: skip
        assert len(vulnerabilities([TORCH], database)) == 3


def test_an_archive_bomb_stays_small(osv: Path, tmp_path: Path) -> None:
    """A member of 128 MB that is packed in an eighth of a megabyte takes a bounded amount of memory."""
    with zipfile.ZipFile(osv / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.json", "w") as member:
        for _ in range(16):
            member.write(b" " * (4 << 20))
    tracemalloc.start()
    with open_osv(FolderTree(osv), "", tmp_path / "cache", no_progress) as database:
        assert [name for name, _ in database.problems] == ["bomb.zip/x.json"]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 48 << 20


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A missing database is a broken world, not an absence of vulnerabilities."""
    with (
        pytest.raises(BrokenWorldError, match="no vulnerability database"),
        open_osv(FolderTree(tmp_path), "osv", tmp_path, no_progress),
    ):
        pass


def test_memory_does_not_grow_with_the_database(tmp_path: Path) -> None:
    """Four times the entries take the same memory, and progress is told."""
    peaks = []
    for count in (600, 2_400):
        folder = tmp_path / str(count)
        folder.mkdir()
        with zipfile.ZipFile(folder / "all.zip", "w") as archive:
            for number in range(count):
                one = entry(affected({"introduced": "0"}, name=f"p{number}"), id=f"GHSA-{number}", details="x" * 5_000)
                archive.writestr(f"{number}.json", json.dumps(one))
        progress = RecordedProgress()
        tracemalloc.start()
        with open_osv(FolderTree(folder), "", tmp_path / "cache", progress) as database:
            assert database.entries == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert progress.reports[0] == (500, count, "reading the vulnerability database")
    assert peaks[1] < peaks[0] + (4 << 20)

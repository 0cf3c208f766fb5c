"""Files of the workspace are pinned as the tree holds them; nothing outside is reached by accident."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fairlead.domain.lock import Lock, LockedFile
from fairlead.drivers.folder import FolderTree
from fairlead.drivers.git import GitRepository
from fairlead.flows.artifacts import open_source
from fairlead.resolve.sources.base import PointerError
from fairlead.resolve.verified import VerifiedStream
from fairlead.testing.progress import no_progress
from tests.unit.drivers.origin import Origin


def pin(root: Path, uri: str) -> Lock:
    """The lock of a pointer in a folder."""
    return open_source(uri, FolderTree(root), {}).pin(uri, no_progress)


def write(root: Path, path: str, data: bytes) -> None:
    """A file with its folders."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(data)


def test_a_file_is_pinned_by_its_digest(tmp_path: Path) -> None:
    """By path from the workspace's root, or absolute; the address is kept as it was written."""
    write(tmp_path, "models/a/model.onnx", b"123")
    for uri in (
        "file:models/a/model.onnx",
        f"file:{tmp_path}/models/a/model.onnx",
        f"file://{tmp_path}/models/a/model.onnx",
    ):
        lock = pin(tmp_path, uri)
        assert lock.files == (LockedFile("model.onnx", hashlib.sha256(b"123").hexdigest(), 3),)
        assert (lock.uri, lock.revision) == (uri, f"sha256:{lock.tree}")


def test_a_folder_is_pinned_whole(tmp_path: Path) -> None:
    """Paths are relative to the folder, in order."""
    for path in ("w/b", "w/sub/a", "w/a b"):
        write(tmp_path, path, path.encode())
    assert [file.path for file in pin(tmp_path, "file:w").files] == ["a b", "b", "sub/a"]
    assert pin(tmp_path, f"file:{tmp_path}/w").files == pin(tmp_path, "file:w").files
    assert pin(tmp_path, "file:w/a%20b").files[0].path == "a b"


@pytest.mark.parametrize(
    ("uri", "rule"),
    [
        ("file:../secret", "resolve/unsafe-path"),
        ("file:w/../../secret", "resolve/unsafe-path"),
        ("file:", "resolve/unsafe-path"),
        ("file:.", "resolve/unsafe-path"),
        ("file:none", "resolve/missing-artifact"),
        ("file:empty", "resolve/missing-artifact"),
        ("file:link", "resolve/symlink"),
        ("file:to-folder", "resolve/symlink"),
        ("file:to-folder/b", "resolve/missing-artifact"),
        ("file:holds-link", "resolve/symlink"),
        ("file:own", "resolve/own-folder"),
        ("file:lfs", "resolve/lfs-pointer"),
        ("s3://bucket/model", "resolve/unknown-scheme"),
        ("model.onnx", "resolve/unknown-scheme"),
    ],
)
def test_a_wrong_pointer_is_told(tmp_path: Path, uri: str, rule: str) -> None:
    """Every way out of the workspace is closed, and every mistake has a mend."""
    root = tmp_path / "workspace"
    write(tmp_path, "secret", b"s")
    write(root, "w/b", b"1")
    write(root, "own/model.yaml", b"")
    write(root, "lfs", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    (root / "empty").mkdir()
    (root / "holds-link").mkdir()
    for name, target in (("link", tmp_path / "secret"), ("to-folder", root / "w"), ("holds-link/x", root / "w/b")):
        (root / name).symlink_to(target)
    with pytest.raises(PointerError) as wrong:
        pin(root, uri)
    assert (wrong.value.rule, bool(wrong.value.mend)) == (rule, True)


def test_bytes_are_those_of_the_commit(tmp_path: Path) -> None:
    """A file that was changed or removed later is still what the older commit pins."""
    origin = Origin(tmp_path / "origin")
    first = origin.commit(w=b"old" * 1_000)
    origin.commit(w=b"new")
    repository = GitRepository(str(origin.folder), tmp_path / "mirror")
    source = open_source("file:w", repository.tree(first), {})
    lock = source.pin("file:w", no_progress)
    assert b"".join(source.open(lock, lock.files[0], 5)) == (b"old" * 1_000)[5:]


def test_a_locked_file_that_is_gone_is_told(tmp_path: Path) -> None:
    """By name."""
    write(tmp_path, "w/a", b"1")
    lock = pin(tmp_path, "file:w")
    (tmp_path / "w/a").rename(tmp_path / "w/b")
    with pytest.raises(PointerError, match="`a` is in the lock"):
        list(open_source("file:w", FolderTree(tmp_path), {}).open(lock, lock.files[0], 0))


@pytest.mark.parametrize(
    ("data", "whole"), [(b"123456", True), (b"123457", False), (b"12345", False), (b"1234567", False)]
)
def test_every_byte_is_compared(data: bytes, whole: bool) -> None:  # noqa: FBT001 - a case's column
    """Also those that a reader passed over, and those that are too many."""
    file = LockedFile("x", hashlib.sha256(b"123456").hexdigest(), 6)
    stream = VerifiedStream((data[at : at + 2] for at in range(0, len(data), 2)), file, no_progress)
    assert stream.read(2) == data[:2]
    assert stream.matches() is whole

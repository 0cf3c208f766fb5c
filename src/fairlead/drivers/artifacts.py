"""The artifact cache: files by their sha256, verified while they are written, handed out as read-only hard links.

objects/ab/abcd...   complete files            partial/abcd...   files on their way, resumed after a break
trees/<digest>/      one folder per artifact, made under another name and renamed when it is whole
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

from fairlead.domain.lock import Lock, LockedFile
from fairlead.domain.lock_text import is_safe_path
from fairlead.kernel.errors import BrokenWorldError, IntegrityError
from fairlead.ports import Progress

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["FolderCache", "digest_file"]

_BUFFER = 1 << 20
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY, _READ_ONLY_FOLDER, _PRIVATE = 0o444, 0o555, 0o700


def digest_file(stream: BinaryIO, progress: Progress, total: int, label: str) -> tuple[str, int]:
    """Hex sha256 and size of what is left of a stream, read into one buffer that is used again and again."""
    state, buffer, done = hashlib.sha256(), bytearray(_BUFFER), 0
    view = memoryview(buffer)
    while count := stream.readinto(view):  # type: ignore[attr-defined]
        state.update(view[:count])
        done += count
        progress(done, total, label)
    return state.hexdigest(), done


class FolderCache:
    """The cache in a folder on one file system. Several processes may use it at once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def has(self, file: LockedFile) -> bool:
        """Whether the file is there in full."""
        try:
            return self._object(file).stat().st_size == file.size
        except FileNotFoundError:
            return False

    def put(self, file: LockedFile, open_at: Callable[[int], Iterable[bytes]], progress: Progress) -> None:
        """Fetch a file unless it is there. A break keeps what came; the next call takes it up from there."""
        if self.has(file):
            return
        with self._told(file), self._partial(file) as partial:
            # Whoever held the partial file before us may have finished it.
            if self.has(file):
                return
            resumed = os.fstat(partial.fileno()).st_size > 0
            whole = _receive(partial, file, open_at, progress)
            if resumed and not whole:
                # What was left from last time may be the wrong part: once more from the start.
                partial.truncate(0)
                whole = _receive(partial, file, open_at, progress)
            if not whole:
                self._partial_path(file).unlink()
                mend = (
                    "the source gave other bytes than the lock pins: lock the model again, or find out who changed them"
                )
                raise IntegrityError("the digest or the size does not match the lock", where=file.path, mend=mend)
            self._publish(partial, file)

    def verify(self, file: LockedFile, progress: Progress) -> bool:
        """Read the stored bytes again; a bad copy is removed from the cache and from every folder that links to it."""
        place = self._object(file)
        try:
            with place.open("rb", buffering=0) as stream:
                found = digest_file(stream, progress, file.size, file.path)
        except FileNotFoundError:
            return False
        if found == (file.sha256, file.size):
            return True
        self._drop(place)
        return False

    def materialise(self, lock: Lock) -> Path:
        """A read-only folder with the lock's files; its name is the lock's tree digest."""
        place = self._root / "trees" / lock.tree
        if place.is_dir():
            return place
        missing = [file.path for file in lock.files if not self.has(file)]
        if missing:
            raise BrokenWorldError(f"not in the cache: {', '.join(missing[:3])}", mend="fetch the artifact first")
        made = self._root / "trees" / f".{uuid4().hex}"
        for file in lock.files:
            if not is_safe_path(file.path):
                raise IntegrityError("a path of the lock leaves its folder", where=repr(file.path))
            link = made / file.path
            link.parent.mkdir(parents=True, exist_ok=True)
            link.hardlink_to(self._object(file))
        for folder, _, _ in os.walk(made, topdown=False):
            Path(folder).chmod(_READ_ONLY_FOLDER)
        try:
            made.rename(place)
        except OSError:
            _remove_tree(made)
            if not place.is_dir():
                raise
        return place

    def prune(self, keep: Iterable[Lock]) -> int:
        """Remove what no lock of `keep` needs, also what was left half done; bytes freed."""
        locks = list(keep)
        digests = {file.sha256 for lock in locks for file in lock.files}
        trees = {lock.tree for lock in locks}
        for folder in self._children("trees"):
            if folder.name not in trees:
                _remove_tree(folder)
        unwanted = [each for shard in self._children("objects") for each in shard.iterdir() if each.name not in digests]
        partial = [each for each in self._children("partial") if each.name not in digests and not _is_held(each)]
        freed = sum(each.stat().st_size for each in [*unwanted, *partial])
        for each in [*unwanted, *partial]:
            each.unlink()
        return freed

    def _children(self, name: str) -> list[Path]:
        folder = self._root / name
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def _object(self, file: LockedFile) -> Path:
        return self._root / "objects" / file.sha256[:2] / file.sha256

    def _partial_path(self, file: LockedFile) -> Path:
        return self._root / "partial" / file.sha256

    @contextmanager
    def _partial(self, file: LockedFile) -> Iterator[BinaryIO]:
        """The file on its way, held by us alone."""
        place = self._partial_path(file)
        place.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
        with place.open("a+b", buffering=0) as partial:
            fcntl.flock(partial, fcntl.LOCK_EX)
            yield partial

    def _publish(self, partial: BinaryIO, file: LockedFile) -> None:
        os.fchmod(partial.fileno(), _READ_ONLY)
        os.fsync(partial.fileno())
        place = self._object(file)
        place.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
        self._partial_path(file).rename(place)
        folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _drop(self, place: Path) -> None:
        inode = place.stat().st_ino
        for tree in self._children("trees"):
            if any(each.lstat().st_ino == inode for each in tree.rglob("*")):
                _remove_tree(tree)
        place.unlink()

    @contextmanager
    def _told(self, file: LockedFile) -> Iterator[None]:
        """A disk that is full is said so, and the unfinished file gives its room back."""
        try:
            yield
        except OSError as error:
            if error.errno not in _FULL:
                raise BrokenWorldError(f"cannot store it: {error.strerror}", where=str(self._root)) from error
            self._partial_path(file).unlink(missing_ok=True)
            mend = f"free at least {file.size} bytes there, or move the state folder"
            raise BrokenWorldError(
                f"the disk is full: {file.path} does not fit", where=str(self._root), mend=mend
            ) from error


def _receive(
    partial: BinaryIO, file: LockedFile, open_at: Callable[[int], Iterable[bytes]], progress: Progress
) -> bool:
    """Append the rest of the file to what is there; whether the whole has the locked size and digest."""
    state = hashlib.sha256()
    done = _take_up(partial, file, state)
    for chunk in open_at(done):
        done += len(chunk)
        if done > file.size:
            return False
        _write(partial, chunk)
        state.update(chunk)
        progress(done, file.size, file.path)
    if done < file.size:
        raise BrokenWorldError(f"only {done} of {file.size} bytes came", where=file.path, mend="try again")
    return state.hexdigest() == file.sha256


def _take_up(partial: BinaryIO, file: LockedFile, state: _Hash) -> int:
    """Bytes already there, fed to the digest; more than the file may have are thrown away."""
    partial.seek(0)
    if os.fstat(partial.fileno()).st_size > file.size:
        partial.truncate(0)
    done = 0
    while chunk := partial.read(_BUFFER):
        state.update(chunk)
        done += len(chunk)
    return done


def _write(stream: BinaryIO, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[stream.write(view) :]


def _is_held(partial: Path) -> bool:
    with partial.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _remove_tree(tree: Path) -> None:
    for folder, _, _ in os.walk(tree):
        Path(folder).chmod(_PRIVATE)
    shutil.rmtree(tree)

"""The working folder as a `Tree`, so that files can be checked before they are committed."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from fairlead.domain.tree import TreeEntry
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["FolderTree"]

_IGNORED = {".git"}


class FolderTree:
    """A snapshot of a folder on disk; make a new one after a change. Links are shown and never followed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._id = uuid4().hex
        self.label = str(root)

    def entries(self, path: str) -> Sequence[TreeEntry]:
        """Children of a folder, without `.git`; devices, pipes and sockets are left out, since nothing is in them."""
        folder = self._within(path)
        if folder is None or not folder.is_dir() or (path and folder.is_symlink()):
            return ()
        prefix = f"{path}/" if path else ""
        with os.scandir(folder) as found:
            entries = [self._entry(prefix + each.name, each.stat(follow_symlinks=False)) for each in found]
        kept = [each for each in entries if each is not None and each.path.rpartition("/")[2] not in _IGNORED]
        return sorted(kept, key=lambda entry: entry.path)

    def entry(self, path: str) -> TreeEntry | None:
        """The entry at `path`; None where there is none, or where the way leads out or over a link."""
        place = self._within(path)
        try:
            return None if place is None else self._entry(path, place.lstat())
        except (FileNotFoundError, NotADirectoryError):
            return None

    def open(self, entry: TreeEntry) -> BinaryIO:
        """The file's bytes. A file that became a link since it was listed is refused."""
        place = self._within(entry.path)
        try:
            return os.fdopen(os.open(place or "", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
        except OSError as error:
            mend = "check that it is there and may be read"
            raise BrokenWorldError(f"cannot read it: {error.strerror or error}", where=entry.path, mend=mend) from error

    def _within(self, path: str) -> Path | None:
        place = self._root
        for part in path.split("/") if path else []:
            if part in {"", ".", "..", *_IGNORED} or "\0" in part or (place is not self._root and place.is_symlink()):
                return None
            place /= part
        return place

    def _entry(self, path: str, status: os.stat_result) -> TreeEntry | None:
        if stat.S_ISLNK(status.st_mode):
            return TreeEntry(path, f"{self._id}:{path}", "link", status.st_size)
        if stat.S_ISDIR(status.st_mode):
            return TreeEntry(path, f"{self._id}:{path}", "tree", 0)
        if not stat.S_ISREG(status.st_mode):
            return None
        print_of_file = f"{status.st_dev}-{status.st_ino}-{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"
        return TreeEntry(path, print_of_file, "blob", status.st_size)

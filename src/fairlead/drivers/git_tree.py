"""A commit's files as a `Tree`, read by object id without a subprocess; only large blobs are streamed by git itself."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, BinaryIO

import pygit2
from pygit2.enums import FileMode

from fairlead.domain.tree import TreeEntry
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["STREAMED", "GitTree", "object_at"]

STREAMED = 8 << 20
"""Bytes from which on a blob is streamed: the library would hold it whole in memory."""

_BUFFER = 1 << 20

_KINDS = {FileMode.TREE: "tree", FileMode.LINK: "link", FileMode.COMMIT: "commit"}


def object_at(tree: pygit2.Tree | None, path: str) -> pygit2.Object | None:
    """The object at `path` below `tree` ('' is the tree itself), or None."""
    found: pygit2.Object | None = tree
    for part in path.split("/") if path else []:
        if not isinstance(found, pygit2.Tree) or part not in found:
            return None
        found = found[part]
    return found


class GitTree:
    """One tree of a repository. `root` None is a folder that the commit does not have: an empty tree."""

    def __init__(self, repository: pygit2.Repository, root: pygit2.Tree | None, label: str) -> None:
        self._repository = repository
        self._root = root
        self.label = label
        # A folder of ten thousand models is parsed once, not once for each of them.
        self._folder = lru_cache(maxsize=64)(self._find_folder)

    def entries(self, path: str) -> Sequence[TreeEntry]:
        """Children of a folder."""
        folder = self._folder(path)
        prefix = f"{path}/" if path else ""
        found = [] if folder is None else [self._entry(prefix + _name(child), child) for child in folder]
        return sorted(found, key=lambda entry: entry.path)

    def entry(self, path: str) -> TreeEntry | None:
        """The entry at `path`, or None."""
        parent, _, name = path.rpartition("/")
        folder = self._folder(parent)
        if folder is None or name in {"", ".", ".."} or name not in folder:
            return None
        return self._entry(path, folder[name])

    def open(self, entry: TreeEntry) -> BinaryIO:
        """The bytes of a blob."""
        if entry.kind not in {"blob", "link"}:
            raise BrokenWorldError(f"a {entry.kind} has no bytes", where=entry.path)
        if entry.size >= STREAMED:
            return io.BufferedReader(_BlobStream(self._repository.path, entry.id), _BUFFER)
        return io.BytesIO(self._repository.odb.read(entry.id)[1])

    def _find_folder(self, path: str) -> pygit2.Tree | None:
        parent, _, name = path.rpartition("/")
        folder = self._root if not path or not parent else self._folder(parent)
        if not path or folder is None:
            return folder
        child = folder[name] if name and name not in {".", ".."} and name in folder else None
        return child if isinstance(child, pygit2.Tree) else None

    def _entry(self, path: str, child: pygit2.Object) -> TreeEntry:
        kind = _KINDS.get(child.filemode, "blob")
        size = self._repository.odb.read_header(child.id)[1] if kind in {"blob", "link"} else 0
        return TreeEntry(path, str(child.id), kind, size)


def _name(child: pygit2.Object) -> str:
    return os.fsdecode(child.raw_name or b"")


class _BlobStream(io.RawIOBase):
    """A large blob as `git cat-file` writes it. A run that fails raises, so that nothing is cut in silence."""

    def __init__(self, repository: str, blob: str) -> None:
        super().__init__()
        command = ["git", "--git-dir", repository, "cat-file", "blob", blob]
        self._blob = blob
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer; 3.11 has no name for it
        output = self._process.stdout
        count = output.readinto(buffer) if output is not None else 0  # type: ignore[attr-defined]
        if not count and self._process.wait():
            raise BrokenWorldError(f"git cannot read blob {self._blob}", mend="run `git fsck` on the repository")
        return int(count or 0)

    def close(self) -> None:
        if not self.closed:
            self._process.kill()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process.wait()
        super().close()

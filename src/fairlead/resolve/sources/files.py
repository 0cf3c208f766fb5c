"""`file:PATH`: a file or folder in the workspace, as the commit holds it, or by absolute path on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from fairlead.domain.lock import Lock, LockedFile, tree_digest
from fairlead.domain.tree import TreeEntry
from fairlead.kernel.digests import sha256_stream
from fairlead.ports import Progress, Tree
from fairlead.resolve.sources.base import CHUNK, PointerError, SourceWorld

__all__ = ["LFS_HEAD", "FileSource"]

LFS_HEAD = b"version https://git-lfs.github.com/spec/"
_LFS_MAX = 1024
_OWN = {"model.yaml", "model.lock"}


class FileSource:
    """Files of the workspace's tree, or of this machine."""

    def __init__(self, world: SourceWorld) -> None:
        self._world = world

    def pin(self, uri: str, progress: Progress) -> Lock:
        """Digest everything that the pointer names; the revision is the digest of that."""
        tree, entries = self._find(uri)
        total, done, files = sum(entry.size for entry in entries.values()), 0, []
        for path, entry in sorted(entries.items()):
            with tree.open(entry) as stream:
                sha256, size = sha256_stream(_counted(_checked(stream, entry), progress, done, total, path))
            files.append(LockedFile(path, sha256, size))
            done += size
        digest = tree_digest(files)
        return Lock(uri, f"sha256:{digest}", tuple(files), digest)

    def open(self, lock: Lock, file: LockedFile, offset: int) -> Iterable[bytes]:
        """Stream a file; PointerError where it is not there any more."""
        tree, entries = self._find(lock.uri)
        entry = entries.get(file.path)
        if entry is None:
            message = f"`{file.path}` is in the lock and not there any more"
            raise PointerError("resolve/missing-artifact", message, "restore the file, or lock the model again")
        with tree.open(entry) as stream:
            _skip(stream, offset)
            yield from iter(lambda: stream.read(CHUNK), b"")

    def _find(self, uri: str) -> tuple[Tree, dict[str, TreeEntry]]:
        """The tree that holds the pointer's files, and the files by their path in the artifact."""
        tree, path = self._place(uri)
        entry = tree.entry(path) if path else None
        if path and entry is None:
            message = "there is no file or folder at `artifact.uri`, or the way to it leads over a symbolic link"
            mend = "give a path from the workspace's root, or an absolute one; commit the file if it is new"
            raise PointerError("resolve/missing-artifact", message, mend)
        if entry is not None and entry.kind == "blob":
            return tree, {path.rpartition("/")[2]: entry}
        files = {each.path[len(path) :].lstrip("/"): each for each in self._walk(tree, path, entry)}
        if not files:
            raise PointerError("resolve/missing-artifact", "the folder holds no file", "put the model's files there")
        if _OWN & files.keys():
            message = "the folder holds the model's own declaration, which the lock cannot pin"
            raise PointerError("resolve/own-folder", message, "put the artifact's files in a folder of their own")
        return tree, files

    def _place(self, uri: str) -> tuple[Tree, str]:
        path = unquote(uri.removeprefix("file:").removeprefix("//"))
        if not path.startswith("/"):
            parts = [part for part in path.split("/") if part not in {"", "."}]
            if ".." in parts or not parts:
                mend = "give a path below the workspace's root, or an absolute one"
                raise PointerError("resolve/unsafe-path", "the path leaves the workspace", mend)
            return self._world.workspace, "/".join(parts)
        place = Path(path)
        if place.is_symlink():
            raise _link(place.name)
        if place.is_dir():
            return self._world.open_folder(place), ""
        return self._world.open_folder(place.parent), place.name

    def _walk(self, tree: Tree, path: str, entry: TreeEntry | None) -> Iterator[TreeEntry]:
        if entry is not None and entry.kind != "tree":
            raise _link(path)
        waiting = [path]
        while waiting:
            for child in tree.entries(waiting.pop()):
                if child.kind == "tree":
                    waiting.append(child.path)
                elif child.kind == "blob":
                    yield child
                else:
                    raise _link(child.path)


def _link(path: str) -> PointerError:
    message = f"`{path}` is a symbolic link or a submodule, which is never followed"
    return PointerError("resolve/symlink", message, "put the file itself there")


def _skip(stream: BinaryIO, offset: int) -> None:
    if stream.seekable():
        stream.seek(offset)
        return
    while offset > 0:
        passed = len(stream.read(min(offset, CHUNK)))
        offset = offset - passed if passed else 0


def _checked(stream: BinaryIO, entry: TreeEntry) -> Iterator[bytes]:
    head = stream.read(min(CHUNK, max(entry.size, _LFS_MAX)))
    if entry.size < _LFS_MAX and head.startswith(LFS_HEAD):
        message = f"`{entry.path}` is a Git LFS pointer, not the file"
        mend = "Git LFS is not supported yet: commit the file itself, or point to a hub"
        raise PointerError("resolve/lfs-pointer", message, mend)
    yield head
    yield from iter(lambda: stream.read(CHUNK), b"")


def _counted(chunks: Iterator[bytes], progress: Progress, done: int, total: int, label: str) -> Iterator[bytes]:
    for chunk in chunks:
        done += len(chunk)
        progress(done, total, label)
        yield chunk

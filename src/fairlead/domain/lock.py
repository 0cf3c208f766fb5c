"""The lock: every file of an artifact with its sha256 and size, and the immutable revision it came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.kernel.digests import digest_of

__all__ = ["Lock", "LockedFile", "tree_digest"]


@dataclass(frozen=True, slots=True, order=True)
class LockedFile:
    """One file: POSIX path relative to the artifact's root, lower-case hex sha256, size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Lock:
    """What delivery reads, and nothing else. `uri` is the pointer as declared, `revision` what it meant then."""

    uri: str
    revision: str
    files: tuple[LockedFile, ...]
    tree: str

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


def tree_digest(files: Iterable[LockedFile]) -> str:
    """Hex sha256 over the sorted list of (path, sha256, size): one name for the whole artifact."""
    return digest_of([[file.path, file.sha256, file.size] for file in sorted(files)])

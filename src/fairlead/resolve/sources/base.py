"""What a source of artifacts does, what it is given, and how it says that a pointer is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fairlead.domain.lock import Lock, LockedFile
from fairlead.kernel.plugins import load_member, member_names
from fairlead.ports import Progress, Tree

__all__ = ["CHUNK", "GROUP", "SOURCES", "PointerError", "Source", "SourceWorld", "source_for"]

CHUNK = 1 << 20
"""Bytes that are read at a time."""

GROUP = "fairlead.sources"
SOURCES = {
    "file": "fairlead.resolve.sources.files:FileSource",
    "hf": "fairlead.resolve.sources.hub:HubSource",
}
"""Built-in sources by the scheme of their addresses."""


class PointerError(Exception):
    """The pointer that a person wrote cannot be followed. The flow turns it into a finding at `artifact.uri`."""

    def __init__(self, rule: str, message: str, mend: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.mend = mend


@dataclass(frozen=True, slots=True)
class SourceWorld:
    """What sources may look at: the workspace's tree (of a commit or on disk), folders outside, the environment."""

    workspace: Tree
    open_folder: Callable[[Path], Tree]
    environ: Mapping[str, str]


class Source(Protocol):
    """One scheme of addresses."""

    def pin(self, uri: str, progress: Progress) -> Lock:
        """What `uri` means now, pinned. PointerError for a wrong pointer, BrokenWorldError where it cannot be asked."""

    def open(self, lock: Lock, file: LockedFile, offset: int) -> Iterable[bytes]:
        """The bytes of a locked file from `offset`. Only the lock is followed, never `uri` anew.

        The bytes are not to be trusted before they were compared with the lock.
        """


def source_for(uri: str, world: SourceWorld) -> Source:
    """The source that reads `uri`. PointerError for an unknown scheme, naming the known ones."""
    scheme = uri.partition(":")[0] if ":" in uri else ""
    known = member_names(GROUP, SOURCES)
    if scheme not in known:
        mend = f"begin it with one of: {', '.join(f'{each}:' for each in known)}"
        raise PointerError("resolve/unknown-scheme", "`artifact.uri` has no scheme that is known", mend)
    source: Source = load_member(GROUP, SOURCES, scheme)(world)
    return source

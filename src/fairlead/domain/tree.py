"""One name in a snapshot of files."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TreeEntry"]


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One name in a folder of a tree. `id` changes when the content does (a Git object id where there is one)."""

    path: str
    id: str
    kind: str
    """`blob`, `tree`, `link` (a symbolic link, never followed) or `commit` (a submodule)."""
    size: int

"""Git as flows see it: a repository that is followed, snapshots of it, and a person's checkout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from fairlead.domain.release import Commit
from fairlead.domain.tree import TreeEntry
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["Committer", "Merged", "Pushed", "Repository", "Tree", "Worktree", "leaves"]


class Tree(Protocol):
    """A snapshot of files: a commit's tree, or the working folder."""

    label: str

    def entries(self, path: str) -> Sequence[TreeEntry]:
        """Children of folder `path` ('' is the root), sorted by path; empty where there is no such folder."""

    def entry(self, path: str) -> TreeEntry | None:
        """The entry at `path`, or None. A path that leaves the root is None."""

    def open(self, entry: TreeEntry) -> BinaryIO:
        """The bytes of a blob, as a stream."""


def leaves(tree: Tree, folder: str = "", deepest: int = 0) -> Iterator[TreeEntry]:
    """Everything below `folder` ('' is the root) that is no folder itself, in order of path. Links are not followed.

    BrokenWorldError where folders are nested deeper in it than `deepest` (0: any depth): half is not taken for all.
    """
    waiting = [(each, 1) for each in reversed(tree.entries(folder))]
    while waiting:
        entry, depth = waiting.pop()
        if entry.kind != "tree":
            yield entry
        elif deepest and depth > deepest:
            mend = "keep what lies there elsewhere"
            raise BrokenWorldError(f"folders are nested deeper than {deepest}", where=entry.path, mend=mend)
        else:
            waiting += [(each, depth + 1) for each in reversed(tree.entries(entry.path))]


class Repository(Protocol):
    """A Git repository that is followed on one branch, with one folder of it as the workspace."""

    address: str
    branch: str
    folder: str
    directory: Path
    """Where Git keeps it on this machine."""

    def fetch(self) -> None:
        """Bring the mirror up to date. BrokenWorldError where the repository cannot be reached."""

    def head(self) -> Commit:
        """The followed branch's newest fetched commit. NotFoundError where there is none."""

    def commit(self, name: str) -> Commit:
        """The commit of that (possibly short) id. NotFoundError where there is none."""

    def tree(self, commit: str) -> Tree:
        """The workspace's folder as of `commit`."""

    def history(self, commit: str, path: str = "") -> Iterator[Commit]:
        """First-parent ancestors of `commit` (itself first) that changed `path` in the workspace ('' is any change)."""

    def changed(self, commit: str, path: str) -> str:
        """Unified diff that `commit` made to `path`, against its first parent."""

    def changed_paths(self, commit: str, since: str = "", folder: str = "") -> tuple[str, ...]:
        """Paths in `folder` of the workspace that differ between `since` ('': first parent) and `commit`, sorted."""

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `older` is reachable from `newer`; false after a forced push that dropped it."""

    def refs_state(self, prefix: str) -> str:
        """Changes with every reference whose name begins so, as of the last fetch; '' where there is none."""

    def read_note(self, ref: str, key: str) -> str | None:
        """Text of the note that `ref` holds for object `key`, or None."""

    def note_history(self, ref: str, key: str) -> Iterator[str]:
        """Every text that the note has had, newest first, as the commits of `ref` keep them."""

    def write_note(self, ref: str, key: str, text: str) -> None:
        """Write a note and push its ref to where the repository was cloned from."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A tree's object id, and the paths at which a merge could not be made by rule."""

    tree: str
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a push: taken; overtaken by somebody else's, so that it must be made anew; or refused, and why."""

    kind: Literal["taken", "overtaken", "refused"]
    reason: str = ""


class Committer(Protocol):
    """Commits that fairlead makes by itself on top of the followed repository's, without a working copy."""

    def merged(self, head: str, base: str, theirs: str, paths: Sequence[str]) -> Merged:
        """The tree of `head` with what lies between `base` and `theirs` done to `paths` of the workspace."""

    def with_file(self, head: str, path: str, content: bytes) -> str:
        """The tree of `head` with the content of one file of the workspace replaced."""

    def commit(self, parent: str, tree: str, message: str) -> Commit:
        """A signed commit, which nobody sees before it is pushed."""

    def push(self, commit: str, branch: str) -> Pushed:
        """Push a commit to a branch, forward only. BrokenWorldError where the repository cannot be reached."""

    def branch(self, name: str) -> str:
        """The commit that a branch has, as of the last fetch; '' where there is none."""

    def message(self, commit: str) -> str:
        """A commit's whole message."""

    def mentioning(self, head: str, line: str, path: str) -> tuple[str, ...]:
        """Commits reachable from `head` that changed `path` and whose message holds `line`, newest first."""

    def allowed_signer(self) -> str:
        """The line for an allowed signers file by which everybody can check these commits."""


class Worktree(Protocol):
    """A person's checkout of the repository. Only commits are made in it, and only on what they name."""

    def revert_paths(self, paths: Sequence[str], to_commit: str, subject: str, body: str) -> Commit:
        """One new commit that restores `paths` as of `to_commit`; UsageError where one of them has open changes."""

    def edit_file(self, path: str, edit: Callable[[bytes], bytes], subject: str, body: str) -> Commit:
        """One new commit with a file's content as `edit` makes it; UsageError where it has open changes."""

    def is_followed(self) -> bool:
        """Whether the control plane follows this very repository, so that nothing needs to be pushed."""

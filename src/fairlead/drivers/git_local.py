"""A repository on this machine, read where it lies: a checkout, or a bare one that a hook runs in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import DiffOption

from fairlead.drivers.git import GitRepository
from fairlead.drivers.git_quarantine import see_quarantine
from fairlead.kernel.errors import NotFoundError

__all__ = ["Changed", "LocalRepository", "local_repository"]

_MAX_AUTHORS = 1_000


@dataclass(frozen=True, slots=True)
class Changed:
    """What lies between two states: paths relative to the workspace, sorted, and who wrote it (e-mail addresses)."""

    paths: tuple[str, ...]
    authors: tuple[str, ...]


class LocalRepository(GitRepository):
    """Reads commits by any name that git knows; `folder` of it is the workspace ('' for all of it)."""

    def __init__(self, root: Path, directory: Path, folder: str = "") -> None:
        super().__init__(str(root), directory, branch="HEAD", folder=folder)
        self.root = root

    def resolve(self, name: str) -> str:
        """Full id of the commit that a branch, a tag, `HEAD~2` or an id names. NotFoundError where there is none."""
        try:
            return str(self._repository.revparse_single(name).peel(pygit2.Commit).id)
        except (KeyError, ValueError, pygit2.GitError) as error:
            mend = "give a commit, a branch or a tag; in CI fetch it first (a shallow clone lacks it)"
            raise NotFoundError(f"`{name}` names no commit here", where=str(self.root), mend=mend) from error

    def has_commits(self) -> bool:
        """Whether HEAD names a commit."""
        return not self._repository.is_empty and not self._repository.head_is_unborn

    def fork_point(self, base: str, head: str) -> str:
        """The newest commit that both have; `base` itself where they share none."""
        found = self._repository.merge_base(base, head)
        return str(found) if found else base

    def changed_since(self, base: str, head: str = "") -> Changed:
        """What `head` (empty: the folder as it lies there, untracked files too) changed since it left `base`.

        Commit ids in full. Costs what was changed, and for a folder one look at each file's size and time.
        """
        tip = head or self.resolve("HEAD")
        fork = self._repository[self.fork_point(base, tip)].peel(pygit2.Commit)
        if head:
            differences = [self._repository.diff(fork, self._repository[head].peel(pygit2.Commit))]
        else:
            # By way of the index, which knows sizes and times: against the tree alone every file would be read.
            flags = DiffOption.INCLUDE_UNTRACKED | DiffOption.RECURSE_UNTRACKED_DIRS | DiffOption.IGNORE_SUBMODULES
            index = self._repository.index
            differences = [fork.tree.diff_to_index(index), index.diff_to_workdir(flags)]
        paths = (path for each in differences for path in _paths(each))
        return Changed(self._within(paths), self._authors(str(fork.id), tip))

    def _within(self, paths: Iterable[str]) -> tuple[str, ...]:
        before = f"{self.folder}/" if self.folder else ""
        return tuple(sorted({path.removeprefix(before) for path in paths if path.startswith(before)}))

    def _authors(self, base: str, head: str) -> tuple[str, ...]:
        walk = self._repository.walk(head)
        walk.hide(base)
        found: set[str] = set()
        for _, commit in zip(range(_MAX_AUTHORS), walk, strict=False):
            found |= {commit.author.email, commit.committer.email}
        return tuple(sorted(found))

    @property
    def _repository(self) -> pygit2.Repository:
        fresh = not hasattr(self._handles, "repository")
        handle: pygit2.Repository = super()._repository
        if fresh:
            see_quarantine(handle)
        return handle


def _paths(difference: pygit2.Diff) -> Iterator[str]:
    for each in difference.deltas:
        yield from (each.old_file.path, each.new_file.path)


def local_repository(folder: Path) -> LocalRepository | None:
    """The repository around `folder`, or the bare one that it is; None where there is none."""
    found = pygit2.discover_repository(str(folder))
    if not found:
        return None
    workdir: str | None = pygit2.Repository(found).workdir
    if workdir is None:
        return LocalRepository(Path(found), Path(found))
    root = Path(workdir).resolve()
    inside = folder.resolve().relative_to(root).as_posix()
    return LocalRepository(root, Path(found), "" if inside == "." else inside)

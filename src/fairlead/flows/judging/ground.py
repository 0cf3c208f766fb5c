"""What a check stands on: the files under check, the repository around them, and what they are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fairlead.declare.reader import MODELS, WORKSPACE_FILE
from fairlead.drivers.folder import FolderTree
from fairlead.drivers.git_local import Changed, LocalRepository, local_repository
from fairlead.kernel.errors import UsageError
from fairlead.ports import Tree

__all__ = ["Ground", "ground"]


@dataclass(frozen=True)  # no slots: what every model of a change asks again is kept
class Ground:
    """`head` is the commit under check, empty for the folder as it lies there; `base` the commit whose rules hold.

    `compared`: a base was named, so that only what changed since is told. Without a repository, or a commit in it,
    there is no base and nothing that changed.
    """

    tree: Tree
    repository: LocalRepository | None = None
    head: str = ""
    base: str = ""
    compared: bool = False
    changed: Changed | None = None

    @property
    def is_workspace(self) -> bool:
        """Whether a workspace is declared here, or was: a change that takes it away is judged by its rules."""
        before = self.before
        return self.tree.entry(WORKSPACE_FILE) is not None or (
            before is not None and before.entry(WORKSPACE_FILE) is not None
        )

    @cached_property
    def tip(self) -> str:
        """The newest commit: the one under check, or HEAD; '' where nothing is committed."""
        return self.head or (self.repository.resolve("HEAD") if self.repository is not None and self.base else "")

    @cached_property
    def before(self) -> Tree | None:
        """The files at the base."""
        return self.repository.tree(self.base) if self.repository is not None and self.base else None

    @cached_property
    def touched(self) -> frozenset[str]:
        """Names of the models that something changed in since the base."""
        paths = self.changed.paths if self.changed else ()
        return frozenset(path.split("/")[1] for path in paths if path.startswith(f"{MODELS}/") and path.count("/") > 1)

    @property
    def only(self) -> frozenset[str] | None:
        """The models to look at; None for all: no base was named, or what holds for all of them has changed."""
        everywhere = self.changed is None or WORKSPACE_FILE in self.changed.paths
        return None if everywhere or not self.compared else self.touched


def ground(folder: Path, base: str = "", commit: str = "") -> Ground:
    """The ground at `folder`, for the folder itself or for a commit. UsageError for a base where there is no Git."""
    repository = local_repository(folder)
    # The first push to a bare repository names a commit although no branch has one yet.
    if repository is None or not (commit or repository.has_commits()):
        if base or commit:
            mend = "run it in a checkout or a bare repository, with at least one commit"
            raise UsageError("there is no commit to read", where=str(folder), mend=mend)
        return Ground(FolderTree(folder))
    head = repository.resolve(commit) if commit else ""
    if not head and repository.root.joinpath("HEAD").is_file() and not repository.root.joinpath(".git").exists():
        mend = "name a commit: --commit REV"
        raise UsageError("a bare repository has no files of its own", where=str(folder), mend=mend)
    start = _parent(repository, head) if head and not base else repository.resolve(base or "HEAD")
    tree = repository.tree(head) if head else FolderTree(folder)
    changed = repository.changed_since(start, head) if start else None
    return Ground(tree, repository, head, start, bool(base), changed)


def _parent(repository: LocalRepository, commit: str) -> str:
    """The first parent, whose rules a commit is judged by; empty for the first commit of all."""
    history = repository.history(commit)
    next(history, None)
    before = next(history, None)
    return before.id if before else ""

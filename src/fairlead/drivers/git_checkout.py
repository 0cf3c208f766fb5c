"""Where a folder stands: which Git repository is around it, which folder of it this is, which branch is checked out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pygit2

from fairlead.kernel.errors import UsageError

__all__ = ["Checkout", "checkout_of"]


@dataclass(frozen=True, slots=True)
class Checkout:
    """`root` is the checkout's top folder, `folder` the workspace in it ('' for all of it), `branch` checked out."""

    root: Path
    folder: str
    branch: str


def checkout_of(workspace: Path) -> Checkout:
    """The checkout around `workspace`. UsageError where there is none, or where no branch is checked out."""
    found = pygit2.discover_repository(str(workspace))
    repository = pygit2.Repository(found) if found else None
    if repository is None or repository.workdir is None:
        mend = "git init, and commit the workspace"
        raise UsageError("the workspace is not in a Git repository", where=str(workspace), mend=mend)
    head = repository.references["HEAD"].target
    branch = str(head).removeprefix("refs/heads/")
    if not str(head).startswith("refs/heads/"):
        raise UsageError("no branch is checked out", where=str(workspace), mend="git switch BRANCH, or give --branch")
    root = Path(repository.workdir).resolve()
    folder = workspace.resolve().relative_to(root).as_posix()
    return Checkout(root, "" if folder == "." else folder, branch)

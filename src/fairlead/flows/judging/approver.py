"""Somebody who approves: at which repository, as whom, with which key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fairlead.drivers.git_local import LocalRepository, local_repository
from fairlead.drivers.git_program import GitProgram
from fairlead.drivers.git_signed import mail_of
from fairlead.drivers.ssh_key import configured_key, sign_with
from fairlead.kernel.errors import UsageError
from fairlead.ports import Clock

__all__ = ["Approving", "approving"]

Sign = Callable[[bytes], str]
"""Armoured SSH signature of bytes, by the person's own key."""


@dataclass(frozen=True, slots=True)
class Approving:
    """Where and as whom somebody approves. `remote` is where notes are pushed to, '' for nowhere."""

    repository: LocalRepository
    directory: Path
    remote: str
    mail: str
    sign: Sign
    clock: Clock


def approving(folder: Path, key: str, clock: Clock, remote: str | None = None) -> Approving:
    """Somebody at the repository around `folder`, with the key in file `key` (empty: the one that Git signs with).

    `remote` None: where the checked out branch is pushed to, else `origin` where there is one.
    UsageError where Git knows no repository, no address of theirs or no key.
    """
    repository = local_repository(folder)
    if repository is None:
        raise UsageError("there is no Git repository", where=str(folder), mend="git init, and commit the workspace")
    git = GitProgram(folder)
    known = mail_of(git.run("var", "GIT_COMMITTER_IDENT").output.rpartition(" ")[0].rpartition(" ")[0])
    if not known:
        mend = "git config user.email YOU@EXAMPLE.COM"
        raise UsageError("Git does not know your e-mail address", where=str(folder), mend=mend)
    chosen = key or configured_key(folder)
    directory = Path(git.must("rev-parse", "--absolute-git-dir").strip())
    place = _remote(git) if remote is None else remote
    return Approving(repository, directory, place, known, lambda data: sign_with(chosen, data), clock)


def _remote(git: GitProgram) -> str:
    """Name of the remote that the checked out branch is pushed to; '' where there is none."""
    branch = git.run("symbolic-ref", "--quiet", "--short", "HEAD").output.strip()
    asked = (f"branch.{branch}.pushRemote", "remote.pushDefault", f"branch.{branch}.remote")
    found = next((name for key in asked if (name := git.run("config", "--get", key).output.strip())), "origin")
    return found if found in git.run("remote").output.split() else ""

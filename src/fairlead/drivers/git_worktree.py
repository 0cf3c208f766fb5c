"""A person's own checkout. Commits are made with the `git` program, so that their hooks, name and signature apply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from fairlead.domain.release import Commit
from fairlead.drivers.git import GitRepository, read_commit
from fairlead.drivers.git_program import GitProgram
from fairlead.kernel.errors import BrokenWorldError, NotFoundError, UsageError

__all__ = ["GitWorktree"]

_HOOKS = 600.0
"""Seconds for a commit: a pre-commit hook may run a whole check."""


class GitWorktree:
    """The checkout at `folder` (the workspace's folder in it), seen beside the repository that is followed."""

    def __init__(self, folder: Path, followed: GitRepository) -> None:
        self._folder = folder
        self._followed = followed
        self._git = GitProgram(folder)

    def revert_paths(self, paths: Sequence[str], to_commit: str, subject: str, body: str) -> Commit:
        """One new commit on the current branch that restores `paths` as of `to_commit`; nothing else is touched.

        UsageError where a path has open changes, or is already as it was then; NotFoundError where the commit is
        not in the checkout or had nothing there.
        """
        self._refuse_open_changes(paths)
        for path in paths:
            if self._git.run("cat-file", "-e", f"{to_commit}:./{path}").code:
                mend = "run `git fetch` in the checkout, or name another commit"
                raise NotFoundError(f"commit {to_commit[:12]} has no {path} here", where=str(self._folder), mend=mend)
        places = [f":(top){self._prefix()}{path}" for path in paths]
        self._git.must("restore", "--staged", "--worktree", f"--source={to_commit}", "--", *places)
        if not self._git.run("diff", "--quiet", "HEAD", "--", *places).code:
            raise UsageError(f"{', '.join(paths)} is already as in {to_commit[:12]}", mend="name another commit")
        return self._commit(places, subject, body)

    def edit_file(self, path: str, edit: Callable[[bytes], bytes], subject: str, body: str) -> Commit:
        """One new commit on the current branch with the file's content as `edit` makes it of what is there.

        UsageError where the file has open changes, or is as it should be already; NotFoundError where there is none.
        """
        self._refuse_open_changes([path])
        place = self._folder / path
        if not place.is_file() or place.is_symlink():
            raise NotFoundError(f"there is no {path} here", where=str(self._folder), mend="update the checkout")
        before = place.read_bytes()
        after = edit(before)
        if after == before:
            raise UsageError(f"{path} says so already", where=str(self._folder), mend="git log, then git push")
        place.write_bytes(after)  # git has the old one
        return self._commit([f":(top){self._prefix()}{path}"], subject, body)

    def _commit(self, places: Sequence[str], subject: str, body: str) -> Commit:
        """Commit `places` alone, as they lie there; where Git or a hook refuses, they are put back."""
        commit = ["commit", "--quiet", "--only", "-m", subject, *(["-m", body] if body else []), "--", *places]
        answer = self._git.run(*commit, seconds=_HOOKS)
        if answer.code:
            self._git.must("restore", "--staged", "--worktree", "--source=HEAD", "--", *places)
            mend = "mend what git or its hook says; the files are as they were"
            raise BrokenWorldError(f"git refuses the commit: {answer.reason}", where=str(self._folder), mend=mend)
        # The followed mirror has not seen the commit yet.
        return read_commit(self._folder, self._git.must("rev-parse", "HEAD").strip())

    def is_followed(self) -> bool:
        """Whether the followed address is this very checkout."""
        address = Path(self._followed.address)
        top = self._git.must("rev-parse", "--show-toplevel").strip()
        return address.is_dir() and address.resolve() in {Path(top).resolve(), Path(top, ".git").resolve()}

    def _refuse_open_changes(self, paths: Sequence[str]) -> None:
        status = self._git.must("status", "--porcelain", "--untracked-files=all", "--", *paths)
        if status.strip():
            mend = "commit them, or put them aside with `git stash`, then try again"
            raise UsageError(
                f"{', '.join(paths)} has changes that are not committed", where=str(self._folder), mend=mend
            )

    def _prefix(self) -> str:
        return self._git.must("rev-parse", "--show-prefix").strip()

"""A commit pushed to a branch, and what became of it: taken, overtaken by somebody else's, or refused."""

from __future__ import annotations

import re
from pathlib import Path

from fairlead.drivers.git_program import Answer, GitProgram
from fairlead.kernel.errors import BrokenWorldError
from fairlead.ports import Pushed

__all__ = ["push_commit"]

_SECONDS = 120.0

# A checked-out branch takes a push only where its working copy is clean, and the copy is brought along.
_INTO_CHECKOUT = "--receive-pack=git -c receive.denyCurrentBranch=updateInstead receive-pack"

_STATUS = re.compile(r"^!\t[^\t]*\t\[(?P<who>rejected|remote rejected)\] \((?P<why>.*)\)$", re.MULTILINE)
_RACES = ("fetch first", "non-fast-forward", "stale info", "failed to update ref", "cannot lock ref", "incorrect old")
_SHOWN = 300


def push_commit(git: GitProgram, address: str, commit: str, branch: str) -> Pushed:
    """Push `commit` to `branch` at `address`, forward only. BrokenWorldError where the remote cannot be reached at all.

    `git` runs where the commit is.
    """
    local = [_INTO_CHECKOUT] if Path(address.removeprefix("file://")).is_dir() else []
    refs = f"{commit}:refs/heads/{branch}"
    answer = git.run("push", "--porcelain", *local, "--", address, refs, seconds=_SECONDS)
    if not answer.code:
        return Pushed("taken")
    match = _STATUS.search(answer.output)
    if match is None:
        mend = "let this machine push to the repository (`git push` must work for it)"
        raise BrokenWorldError(f"cannot push: {answer.reason}", where=address, mend=mend)
    why = match["why"]
    raced = match["who"] == "rejected" or any(each in why for each in _RACES)
    return Pushed("overtaken" if raced else "refused", _reason(why, answer))


def _reason(why: str, answer: Answer) -> str:
    """Git's reason, with what the other side said of it."""
    told = [line.removeprefix("remote:").strip() for line in answer.error.splitlines() if line.startswith("remote:")]
    said = " ".join(line for line in told if line)
    text = f"{why}: {said}" if said else why
    return "".join(letter if letter.isprintable() else " " for letter in text[:_SHOWN])

"""Brings a commit of fairlead's own to where it may go: the followed branch, or one of its own and before people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fairlead.drivers.ledger.whole_file import whole_file
from fairlead.flows.proposing import propose
from fairlead.flows.world import World
from fairlead.ports import Committer

__all__ = ["ALLOWED_SIGNERS", "Landed", "ask", "land"]

ALLOWED_SIGNERS = "allowed_signers"
"""Name of a file in the state folder: the line by which everybody can check the commits that are made here."""


@dataclass(frozen=True, slots=True)
class Landed:
    """`pushed`, `proposed`, `branch` and `failed` as in a `RevertOutcome`; `overtaken`: make it anew upon the new head.

    `why` says why it waits, `explanation` also what a person is to do.
    """

    kind: Literal["pushed", "proposed", "branch", "overtaken", "failed"]
    branch: str = ""
    pull_request: str = ""
    explanation: str = ""
    why: str = ""


def land(world: World, committer: Committer, commit: str, branch: str, why: str = "") -> Landed:
    """Push `commit` to the followed branch, unless `why` says that it must wait for a person.

    Where the branch does not take it, it goes to `branch`, and its merge is asked for. BrokenWorldError where the
    repository cannot be reached.
    """
    _tell_signer(world, committer)
    followed = world.repository.branch
    if not why:
        pushed = committer.push(commit, followed)
        if pushed.kind != "refused":
            return Landed("pushed" if pushed.kind == "taken" else "overtaken", followed)
        why = f"{followed} does not take it: {pushed.reason}"
    pushed = committer.push(commit, branch)
    if pushed.kind == "taken":
        return ask(world, committer, commit, branch, why)
    stands = "is there already, and holds something else" if pushed.kind == "overtaken" else pushed.reason
    return Landed("failed", branch, explanation=f"{why}; nor may it go to {branch}: {stands}")


def ask(world: World, committer: Committer, commit: str, branch: str, why: str, *, anew: bool = False) -> Landed:
    """Put a commit, which is on its own branch, before people; `anew` also where they refused it before."""
    message = committer.message(commit).partition("\n")[2].strip()
    found = propose(world, branch, commit, f"It waits for a person: {why}.\n\n{message}", anew=anew)
    return Landed(found.kind, branch, found.pull_request, f"{why}; {found.explanation}", why)


def _tell_signer(world: World, committer: Committer) -> None:
    place, line = world.settings.state / ALLOWED_SIGNERS, f"{committer.allowed_signer()}\n"
    if not place.exists() or place.read_text("utf-8") != line:
        with whole_file(place) as part:
            part.write_text(line, "utf-8")

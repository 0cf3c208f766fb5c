"""Following Git: fetch, notice a new head or a rewritten branch, and hold a commit that removes too much."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.declare.reader import Declared
from fairlead.domain.journal import Actor, Draft
from fairlead.domain.release import SHORT, Commit
from fairlead.flows.incidents import close_incident, open_incident
from fairlead.flows.world import World
from fairlead.kernel.errors import BrokenWorldError, NotFoundError

__all__ = ["FETCHED", "UNREACHABLE", "Followed", "Follower", "confirmation", "removes_too_much"]

UNREACHABLE = "repository-unreachable"
"""Kind of the incident that says that news from Git cannot come."""

_HEAD = "followed-head"
FETCHED = "fetched-at"


@dataclass(frozen=True, slots=True)
class Followed:
    """What Git says now: the followed commit, and what it declares."""

    commit: Commit
    declared: Declared


class Follower:
    """Follows one branch. Between two polls the last answer holds, also when the repository vanishes."""

    def __init__(self, world: World) -> None:
        """Start with nothing followed; the first poll reads the mirror even when the fetch fails."""
        self._world = world
        self.current: Followed | None = None

    def poll(self) -> bool:
        """Fetch and read; True when another commit than before is followed."""
        reached = self._fetch()
        try:
            head = self._world.repository.head()
        except NotFoundError as error:
            open_incident(self._world, UNREACHABLE, error.what, error.mend or "commit a workspace to the branch")
            return False
        if reached:
            close_incident(self._world, UNREACHABLE)
        if self.current is not None and self.current.commit.id == head.id:
            return False
        self._notice(head)
        declared = self._world.reader.read(self._world.repository.tree(head.id))
        self.current = Followed(head, declared)
        return True

    def _fetch(self) -> bool:
        world = self._world
        try:
            world.repository.fetch()
        except BrokenWorldError as error:
            open_incident(world, UNREACHABLE, f"the repository cannot be reached: {error.what}", error.mend)
            return False
        world.state.put_fact(FETCHED, world.clock.now().isoformat())
        return True

    def _notice(self, head: Commit) -> None:
        state = self._world.state
        before = state.fact(_HEAD)
        if before == head.id:
            return
        rewritten = before is not None and not self._world.repository.is_ancestor(before, head.id)
        kind = "repository.rewritten" if rewritten else "commit.followed"
        author = Actor(head.author)
        body = {"subject": head.subject, "before": before or ""}
        state.put_fact(_HEAD, head.id, Draft(kind, author, commit=head.id, body=body))


def removes_too_much(live: set[str], declared: set[str]) -> bool:
    """Whether a commit that declares `declared` would remove more than half of the `live` models."""
    return 2 * len(live - declared) > len(live)


def confirmation(commit: str) -> str:
    """What a person types to let a commit remove more than half of the models."""
    return f"fairlead confirm {commit[:SHORT]}"

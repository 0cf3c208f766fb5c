"""Whom a notice is for: the notifications that hold, who answers for a model, and where a release ran before."""

from __future__ import annotations

from fairlead.declare.reader import Declared
from fairlead.domain.journal import Record
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError

__all__ = ["Audience"]


class Audience:
    """Reads the followed branch when it has moved. A commit that nobody can read silences nobody."""

    def __init__(self, world: World) -> None:
        """Nothing is read yet."""
        self._world = world
        self._head = ""
        self._declared: Declared | None = None
        self._good: tuple[str, WorkspaceSpec | None] = ("", None)

    def workspace(self, last_good: str) -> tuple[str, WorkspaceSpec | None]:
        """The newest declaration that can be read, and its commit; else that of the commit `last_good` ('' is none)."""
        declared = self._newest()
        if declared is not None and declared.workspace is not None:
            self._good = (self._head, declared.workspace)
        elif last_good and self._good[0] != last_good:
            self._good = (last_good, self._at(last_good))
        return self._good

    def owner(self, model: str) -> str:
        """Who answers for a model: as it is declared, else as the release that ran last declared it, else ''."""
        declared = self._newest()
        found = declared.models.get(model) if declared is not None else None
        if found is not None and found.spec is not None:
            return found.spec.owner
        for each in self._world.state.deployments(model=model)[:1]:
            try:
                release = self._world.releases.release(model, each.release.rpartition("@")[2])
            except NotFoundError:
                return ""  # a rewritten branch dropped its commit
            return release.spec.owner if release is not None else ""
        return ""

    def ran_elsewhere(self, record: Record) -> bool:
        """Whether the release that a record brought live was live in another environment before."""
        draft = record.draft
        past = self._world.state.deployments(model=draft.model)
        return any(
            each.digest == draft.release and each.environment != draft.environment and each.since <= record.at
            for each in past
        )

    def _newest(self) -> Declared | None:
        repository = self._world.repository
        try:
            head = repository.head()
        except NotFoundError:
            return self._declared
        if head.id != self._head:
            self._head, self._declared = head.id, self._world.reader.read(repository.tree(head.id))
        return self._declared

    def _at(self, commit: str) -> WorkspaceSpec | None:
        try:
            return self._world.reader.workspace(self._world.repository.tree(commit))
        except NotFoundError:
            return None  # a rewritten branch dropped it

"""Records of a journal in memory; a test appends, and reads what people would be told."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.domain.journal import Actor, Draft, Record
from fairlead.domain.notification import Notice
from fairlead.flows.notices.reading import Told, read_notices
from fairlead.testing.state import MemoryState
from fairlead.testing.time import ManualClock

__all__ = ["Journal"]


class Journal:
    """A journal, and what people know of it. `promoted` are digests that ran in another environment before."""

    def __init__(self) -> None:
        """Empty."""
        self.clock = ManualClock()
        self.state = MemoryState(self.clock)
        self.told = Told()
        self.position = 0
        self.promoted: set[str] = set()

    def add(self, kind: str, /, *, model: str = "digits", environment: str = "prod", **fields: object) -> Record:
        """One record; `release` and `commit` are its own, the rest its body."""
        release, commit = str(fields.pop("release", "")), str(fields.pop("commit", "a" * 40))
        actor = Actor("fairlead", claimed=False)
        return self.state.append(Draft(kind, actor, environment, model, release, commit, dict(fields)))

    def read(self) -> list[Notice]:
        """What is told of the records that came since."""
        records = self.state.records(after=self.position)
        self.position += len(records)
        notices, self.told = self._read(records)
        return list(notices)

    def _read(self, records: Iterable[Record]) -> tuple[tuple[Notice, ...], Told]:
        return read_notices(
            records, self.told, lambda model: f"{model}@example.com", lambda each: each.draft.release in self.promoted
        )

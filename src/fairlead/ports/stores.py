"""What is kept on this machine: artifacts by content, decisions with their journal, usage and cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, Unpack

from fairlead.domain.incident import Incident, Suspension
from fairlead.domain.journal import Draft, Filters, JournalRow, Record
from fairlead.domain.lock import Lock, LockedFile
from fairlead.domain.release import Deployment
from fairlead.domain.usage import BillLine, CostLine, UsageRecord
from fairlead.ports.machine import Progress

__all__ = ["ArtifactCache", "Lake", "StateStore"]


class ArtifactCache(Protocol):
    """Files by content. What is in it has been verified while it was written."""

    def has(self, file: LockedFile) -> bool:
        """Whether the file is present in full."""

    def put(
        self,
        file: LockedFile,
        open_at: Callable[[int], Iterable[bytes]],
        progress: Progress,
    ) -> None:
        """Store what `open_at(offset)` streams; resumes a partial file; IntegrityError on a wrong digest or size."""

    def verify(self, file: LockedFile, progress: Progress) -> bool:
        """Read the stored bytes again and compare; a bad copy is removed, and False is answered."""

    def materialise(self, lock: Lock) -> Path:
        """A read-only folder that holds the lock's files under their paths; made atomically, kept for reuse."""

    def prune(self, keep: Iterable[Lock]) -> int:
        """Remove what no lock of `keep` needs; bytes freed."""


class StateStore(Protocol):
    """Decisions and what follows from them. Every change is one transaction with the record that explains it."""

    def append(self, draft: Draft) -> Record:
        """Append one record to the journal."""

    def rows(self, after: int = 0) -> Iterator[JournalRow]:
        """The journal as it is stored, sequence > `after`, oldest first, in constant memory; nothing is believed."""

    def records(self, *, after: int = 0, limit: int = 200, **filters: Unpack[Filters]) -> list[Record]:
        """Records of the journal with sequence > `after` that match every given filter, oldest first."""

    def search(self, *, before: int = 0, limit: int = 200, **filters: Unpack[Filters]) -> list[Record]:
        """Records with sequence < `before` (0: all) that match every given filter, newest first."""

    def newest(self, limit: int) -> list[Record]:
        """The newest records, newest first."""

    def go_live(self, deployment: Deployment, draft: Draft) -> None:
        """Start a deployment and end the one before it in the same (environment, model)."""

    def withdraw(self, environment: str, model: str, draft: Draft) -> None:
        """End the deployment of a model in an environment."""

    def deployments(self, *, environment: str = "", model: str = "", live: bool = False) -> list[Deployment]:
        """Deployments, newest first."""

    def open_incident(self, incident: Incident, draft: Draft) -> bool:
        """Open an incident; False (and no record) where the key is already open with the same message and commit."""

    def close_incident(self, key: str, draft: Draft) -> bool:
        """Close it; False (and no record) where it is not open."""

    def incidents(self, *, open_only: bool = True) -> list[Incident]:
        """Incidents, newest first."""

    def suspend(self, suspension: Suspension, draft: Draft) -> None:
        """Suspend a model."""

    def resume(self, model: str, draft: Draft) -> bool:
        """Lift a suspension; False where there was none."""

    def suspensions(self) -> list[Suspension]:
        """Suspensions that were not lifted, expired ones included."""

    def request(self, verb: str, argument: str, draft: Draft) -> int:
        """Ask the running loop for something (`sync`, `confirm`); answers the request's number."""

    def requests(self, after: int) -> list[tuple[int, str, str]]:
        """Requests (number, verb, argument) with a number > `after`, oldest first."""

    def put_fact(self, key: str, value: str, draft: Draft | None = None) -> None:
        """Remember a small fact that Git does not tell (followed head, machine session).

        With the record that explains it, where there is one; that is appended also when the fact is known already.
        """

    def fact(self, key: str) -> str | None:
        """The fact, or None."""

    def facts(self, prefix: str) -> Mapping[str, str]:
        """All facts whose key begins with `prefix`, by the rest of their key."""

    def close(self) -> None:
        """Release the connection."""


class Lake(Protocol):
    """Usage and cost, in Parquet. A window is published whole or not at all."""

    def publish(
        self,
        usage: Sequence[UsageRecord],
        lines: Sequence[CostLine],
        bill: Sequence[BillLine],
        checkpoint: Mapping[str, str],
    ) -> None:
        """Publish a window's records and the meter's new checkpoint as one atomic act."""

    def checkpoint(self) -> Mapping[str, str]:
        """The checkpoint of the last publish; empty before the first."""

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, object]]:
        """Rows of a query over the views `usage`, `cost_lines` and `bill_lines`."""

    def session(self) -> AbstractContextManager[None]:
        """Hold the lake open for several queries."""

"""What is asked of the world. Drivers implement these; stages and flows are handed them and know nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol, Unpack

from fairlead.domain.incident import Incident, Suspension
from fairlead.domain.journal import Draft, Filters, JournalRow, Record
from fairlead.domain.lock import Lock, LockedFile
from fairlead.domain.model import SecretRef
from fairlead.domain.release import Commit, Deployment
from fairlead.domain.serving import CpuReading, GatewayConfig, RunningServer, ServerSpec
from fairlead.domain.tree import TreeEntry
from fairlead.domain.usage import BillLine, CostLine, UsageRecord

__all__ = [
    "ArtifactCache",
    "Clock",
    "Gateway",
    "Lake",
    "Progress",
    "Repository",
    "Secrets",
    "ServerHost",
    "Signer",
    "StateStore",
    "Tree",
    "Worktree",
]


class Clock(Protocol):
    """Time, passed in so that tests own it."""

    def now(self) -> datetime:
        """Current time, aware UTC."""

    def sleep(self, span: timedelta) -> None:
        """Wait for `span`."""


class Progress(Protocol):
    """A sink for the progress of long work: a bar on a terminal, nothing in a pipe."""

    def __call__(self, done: int, total: int, label: str) -> None:
        """`done` of `total` (bytes or items; 0: unknown) of the work called `label`."""


class Tree(Protocol):
    """A snapshot of files: a commit's tree, or the working folder."""

    label: str

    def entries(self, path: str) -> Sequence[TreeEntry]:
        """Children of folder `path` ('' is the root), sorted by path; empty where there is no such folder."""

    def entry(self, path: str) -> TreeEntry | None:
        """The entry at `path`, or None. A path that leaves the root is None."""

    def open(self, entry: TreeEntry) -> BinaryIO:
        """The bytes of a blob, as a stream."""


class Repository(Protocol):
    """A Git repository that is followed on one branch, with one folder of it as the workspace."""

    address: str
    branch: str
    folder: str
    directory: Path
    """Where Git keeps it on this machine."""

    def fetch(self) -> None:
        """Bring the mirror up to date. BrokenWorldError where the repository cannot be reached."""

    def head(self) -> Commit:
        """The followed branch's newest fetched commit. NotFoundError where there is none."""

    def commit(self, name: str) -> Commit:
        """The commit of that (possibly short) id. NotFoundError where there is none."""

    def tree(self, commit: str) -> Tree:
        """The workspace's folder as of `commit`."""

    def history(self, commit: str, path: str = "") -> Iterator[Commit]:
        """First-parent ancestors of `commit` (itself first) that changed `path` in the workspace ('' is any change)."""

    def changed(self, commit: str, path: str) -> str:
        """Unified diff that `commit` made to `path`, against its first parent."""

    def changed_paths(self, commit: str, since: str = "", folder: str = "") -> tuple[str, ...]:
        """Paths in `folder` of the workspace that differ between `since` ('': first parent) and `commit`, sorted."""

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `older` is reachable from `newer`; false after a forced push that dropped it."""

    def refs_state(self, prefix: str) -> str:
        """Changes with every reference whose name begins so, as of the last fetch; '' where there is none."""

    def read_note(self, ref: str, key: str) -> str | None:
        """Text of the note that `ref` holds for object `key`, or None."""

    def note_history(self, ref: str, key: str) -> Iterator[str]:
        """Every text that the note has had, newest first, as the commits of `ref` keep them."""

    def write_note(self, ref: str, key: str, text: str) -> None:
        """Write a note and push its ref to where the repository was cloned from."""


class Worktree(Protocol):
    """A person's checkout of the repository. Only commits are made in it, and only on what they name."""

    def revert_paths(self, paths: Sequence[str], to_commit: str, subject: str, body: str) -> Commit:
        """One new commit that restores `paths` as of `to_commit`; UsageError where one of them has open changes."""

    def is_followed(self) -> bool:
        """Whether the control plane follows this very repository, so that nothing needs to be pushed."""


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


class Secrets(Protocol):
    """Secrets by reference."""

    def resolve(self, reference: SecretRef) -> str:
        """The value, in memory only. BrokenWorldError naming the reference, never the value, where there is none."""


class Signer(Protocol):
    """The workspace's ed25519 key."""

    def sign(self, data: bytes) -> str:
        """Signature in hex."""

    def public(self) -> str:
        """Public key in hex."""


class ServerHost(Protocol):
    """Processes on this machine that outlive the control process."""

    def start(self, spec: ServerSpec) -> RunningServer:
        """Start a server under its keeper and answer at once, in state `starting`."""

    def servers(self) -> list[RunningServer]:
        """All servers found on the machine (also those that exited and were not forgotten), probed for readiness."""

    def find(self, labels: Mapping[str, str]) -> list[RunningServer]:
        """Processes that carry all of these labels, the gateway too; not probed: ready is what has been ready."""

    def answered(self, server: RunningServer) -> int | None:
        """How many inference requests it has answered by its own count; None where it keeps none."""

    def stop(self, server: str) -> None:
        """Begin a graceful stop: its grace period, then the hard end. Answers at once; twice is once."""

    def forget(self, server: str) -> None:
        """Drop the traces of an exited server, once its final reading has been metered."""

    def readings(self, server: str, since: datetime | None = None) -> list[CpuReading]:
        """CPU readings at metering boundaries and the newest one, in order of time; the last may be final.

        With `since`, those from the last one before that moment on.
        """


class Gateway(Protocol):
    """The proxy in front of all models."""

    def ensure(self, config: GatewayConfig) -> None:
        """Make sure that the gateway runs and serves exactly `config`; returns when it does. Twice is once."""

    def serving(self) -> GatewayConfig | None:
        """What it serves now, or None where it does not run. BrokenWorldError where it runs and does not answer."""

    def log_failures(self) -> int:
        """How often the running gateway could not write its log since its start; 0 where it does not run."""

    def turn_over(self, larger_than: int) -> None:
        """Begin a new access log where the present one has more bytes; the meter deletes the old one when booked."""

    def stop(self) -> None:
        """Drain and end it."""


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

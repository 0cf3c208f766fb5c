"""Who holds a state folder: one `fairlead up` at a time, and one writer of its ledger.

The lock is the kernel's (`flock`), so that it ends with its process, however that dies; the text in the file only
tells people who it is. A text that a dead holder left behind is recognised by the lock being free.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path

from fairlead.kernel.errors import ConflictError
from fairlead.kernel.windows import iso
from fairlead.ports import Clock

__all__ = ["HOLDER_FILE", "WRITER", "Held", "Holder", "Lock", "hold", "holder_of"]

HOLDER_FILE = "up.lock"

_GLANCES = 10
_GLANCE = timedelta(milliseconds=20)


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a state folder: `since` is RFC 3339, `address` where its page is ('' until it listens)."""

    pid: int
    host: str
    since: str
    address: str = ""

    def __str__(self) -> str:
        """For people: `process 4711 on host since ... at ...`."""
        at = f" at {self.address}" if self.address else ""
        return f"process {self.pid} on {self.host} since {self.since}{at}"


@dataclass(frozen=True, slots=True)
class Lock:
    """What is locked in a folder: its file, and what somebody reads who comes second."""

    file: str
    taken: str
    mend: str


UP = Lock(HOLDER_FILE, "another fairlead up holds this workspace", "use that one, or end it first")
WRITER = Lock("writing.lock", "the ledger is being written", "wait until that has ended, or end it")


class Held:
    """The lock, held. `left` is the holder before us that died without letting go, or None."""

    def __init__(self, path: Path, descriptor: int, holder: Holder, left: Holder | None) -> None:
        self._path = path
        self._descriptor = descriptor
        self.holder = holder
        self.left = left
        _write(descriptor, holder)

    def announce(self, address: str) -> None:
        """State the address, once it is known."""
        self.holder = replace(self.holder, address=address)
        _write(self._descriptor, self.holder)

    def holds(self) -> bool:
        """Whether the folder is still the one that was locked: where it was removed or replaced, nobody is kept out."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(found, os.fstat(self._descriptor))


@contextmanager
def hold(state: Path, clock: Clock, address: str = "", lock: Lock = UP) -> Iterator[Held]:
    """Hold the lock of `state` until the block ends. ConflictError naming the holder where another process has it."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = state / lock.file
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _lock_soon(descriptor, clock):
            raise ConflictError(
                f"{lock.taken}: {_read(descriptor) or 'it has not told its name yet'}",
                where=str(state),
                mend=lock.mend,
            )
        holder = Holder(os.getpid(), socket.gethostname(), iso(clock.now()), address)
        yield Held(path, descriptor, holder, _read(descriptor))
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder_of(state: Path) -> Holder | None:
    """Who holds `state` now; None where nobody does, whatever a dead holder left in the file."""
    try:
        descriptor = os.open(state / HOLDER_FILE, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return None if _lock(descriptor, fcntl.LOCK_SH) else _read(descriptor)
    finally:
        os.close(descriptor)


def _lock_soon(descriptor: int, clock: Clock) -> bool:
    """Whether the lock was had. A glance of `holder_of` may be in the way, for less than the patience here."""
    for _ in range(_GLANCES):
        if _lock(descriptor, fcntl.LOCK_EX):
            return True
        clock.sleep(_GLANCE)
    return False


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(descriptor: int, holder: Holder) -> None:
    text = json.dumps(asdict(holder)).encode()
    os.pwrite(descriptor, text, 0)
    os.ftruncate(descriptor, len(text))


def _read(descriptor: int) -> Holder | None:
    try:
        return Holder(**json.loads(os.pread(descriptor, 4096, 0)))
    except (ValueError, TypeError):
        return None

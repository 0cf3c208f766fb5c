"""The parent's side of one worker: frames to it and from it, its limits, and why it died."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time

from fairlead.check.engines.base import Limits
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["DeadWorkerError", "WorkerProcess"]

_CHUNK = 1 << 16


class DeadWorkerError(Exception):
    """The worker ended, or was ended, before it had answered. Its text says why, for people."""


class WorkerProcess:
    """One running worker. It is used by one thread at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = bytearray()
        command = [sys.executable, "-I", "-m", "fairlead.check.engines.worker"]
        self._process = subprocess.Popen(
            [*command, str(limits.cpu_seconds), str(limits.memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            # Nothing of this process's environment: it may hold secrets, and policies are untrusted.
            env={"LC_ALL": "C.UTF-8", "RUST_BACKTRACE": "0"},
            bufsize=0,
            start_new_session=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise BrokenWorldError("the worker for policies has no pipes")
        self._in, self._out = self._process.stdin, self._process.stdout
        self.pid = self._process.pid
        self._await()
        self.loaded: set[int] = set()
        """Keys of the programs that it has compiled."""
        self.data = 0
        """The number of the data that it has; 0 is no data."""

    def send(self, kind: bytes, payload: bytes) -> None:
        """Send a frame. DeadWorkerError where the worker has ended."""
        view = memoryview(len(payload).to_bytes(4) + kind + payload)
        try:
            while view:
                view = view[self._in.write(view) or 0 :]
        except BrokenPipeError as error:
            raise DeadWorkerError(self._death()) from error

    def receive(self) -> bytes:
        """The next answer. DeadWorkerError where the worker ended, or took longer than its limit."""
        deadline = time.monotonic() + self._limits.wall_seconds
        length = int.from_bytes(self._read(4, deadline))
        return self._read(length, deadline)

    def request(self, kind: bytes, payload: bytes) -> bytes:
        """Send a frame and await its answer."""
        self.send(kind, payload)
        return self.receive()

    def end(self) -> None:
        """Kill it, and let nothing of it remain."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._in.close()
        self._out.close()

    def _await(self) -> None:
        try:
            self.receive()
        except DeadWorkerError as error:
            self.end()
            mend = "try `python -c 'import regorus'`, or choose the engine `opa`"
            raise BrokenWorldError(f"the engine for policies does not start: {error}", mend=mend) from error

    def _read(self, count: int, deadline: float) -> bytes:
        while len(self._buffer) < count:
            ready, _, _ = select.select([self._out], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                self._process.kill()
                raise DeadWorkerError(f"it gave no answer within {self._limits.wall_seconds:g} s and was ended")
            piece = os.read(self._out.fileno(), _CHUNK)
            if not piece:
                raise DeadWorkerError(self._death())
            self._buffer += piece
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _death(self) -> str:
        """Why it ended, as far as the way in which it ended tells."""
        code = self._process.wait()
        if code == -signal.SIGPROF:
            return f"it used more than {self._limits.cpu_seconds:g} s of processor time and was ended"
        if code in (-signal.SIGSEGV, -signal.SIGBUS):
            return "it ended the engine: endless recursion, or too deep nesting"
        if code in (-signal.SIGABRT, 1):
            megabytes = self._limits.memory_bytes >> 20
            return f"it ended the engine: more than {megabytes} MB of memory, or endless recursion"
        return f"the engine's process ended with {code}"

"""A model's server on its own: started from the verified files, no gateway in front of it, ended whatever happens."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from fairlead.deliver.server_spec import Runtimes, server_spec
from fairlead.domain.model import Serving
from fairlead.domain.serving import RunningServer, ServerState
from fairlead.kernel.errors import NotFoundError
from fairlead.ports import ArtifactCache, Clock, Secrets, ServerHost
from fairlead.serve.processes import alive, start_ticks

__all__ = ["Bench", "Deadline", "StoppedError", "end_orphans", "served"]

_GRACE = timedelta(seconds=3)
"""Nobody else asks a server that is tested, so there is nothing to be drained."""

_LOOK = timedelta(milliseconds=50)
_END = timedelta(seconds=15)


class StoppedError(Exception):
    """The test cannot go on: the rule, what happened, and the mend."""

    def __init__(self, rule: str, message: str, mend: str) -> None:
        """Keep the parts for the finding."""
        super().__init__(message)
        self.rule, self.message, self.mend = rule, message, mend


@dataclass(frozen=True, slots=True)
class Bench:
    """What a test needs of this machine. `home` is the private folder that the server sees as its home.

    `redact` takes secrets out of what the server says: an answer may hold its own.
    """

    cache: ArtifactCache
    host: ServerHost
    secrets: Secrets
    clock: Clock
    runtimes: Runtimes
    home: Path
    redact: Callable[[str], str]


class Deadline:
    """The end of a test's time."""

    def __init__(self, clock: Clock, limit: timedelta) -> None:
        """Time begins now."""
        self._clock, self._limit = clock, limit
        self._end = clock.now() + limit

    def left(self) -> float:
        """Seconds until then; StoppedError where there are none."""
        left = (self._end - self._clock.now()).total_seconds()
        if left <= 0:
            message = f"the test takes longer than {self._limit.total_seconds():g} s"
            raise StoppedError("trial/time", message, "raise `tests.limit`, or try less")
        return left


@contextmanager
def served(bench: Bench, model: str, serving: Serving, files: Path, deadline: Deadline) -> Iterator[RunningServer]:
    """The ready server, and its end. StoppedError with its last words where it does not become ready.

    It sees its own environment and nothing of the caller's. `timeout` ends it even where this process is killed hard.
    """
    server = f"test.{model}.{token_hex(4)}"
    owner = f"{os.getpid()}:{start_ticks(os.getpid())}"
    labels = {"model": model, "environment": "test", "owner": owner}
    spec = server_spec(server, model, serving, files, labels=labels, secrets=bench.secrets, runtimes=bench.runtimes)
    bound = ("timeout", "-k", "5", str(math.ceil(deadline.left()) + 5))
    home = {"HOME": str(bench.home), "TMPDIR": str(bench.home)}
    spec = replace(
        spec, command=(*bound, *spec.command), environment={**home, **spec.environment}, grace=min(spec.grace, _GRACE)
    )
    try:
        bench.host.start(spec)
        yield _ready(bench, server, deadline)
    finally:
        _end(bench, server)


def end_orphans(host: ServerHost) -> None:
    """End the servers of tests that were killed before they could, and drop the traces of those that ended."""
    for server in host.servers():
        pid, _, start = server.labels.get("owner", "").partition(":")
        if server.state is ServerState.EXITED:
            host.forget(server.id)
        elif not pid or not alive(int(pid), int(start)):
            host.stop(server.id)


def _ready(bench: Bench, server: str, deadline: Deadline) -> RunningServer:
    while True:
        found = _look(bench, server)
        if found is not None and found.state is ServerState.READY:
            return found
        if found is None or found.state in {ServerState.EXITED, ServerState.UNHEALTHY}:
            said = found.detail if found is not None else ""
            message = f"the server did not start: {said.strip() or 'it said nothing'}"
            raise StoppedError("trial/server", message, "start it by hand, or see `serving` in model.yaml")
        deadline.left()
        bench.clock.sleep(_LOOK)


def _look(bench: Bench, server: str) -> RunningServer | None:
    return next((each for each in bench.host.servers() if each.id == server), None)


def _end(bench: Bench, server: str) -> None:
    with suppress(NotFoundError):
        bench.host.stop(server)
        until = bench.clock.now() + _END
        while bench.clock.now() < until:
            found = _look(bench, server)
            if found is None or found.state is ServerState.EXITED:
                bench.host.forget(server)
                return
            bench.clock.sleep(_LOOK)

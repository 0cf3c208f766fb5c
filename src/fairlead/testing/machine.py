"""A machine in memory: servers that start, become ready, crash and stop when a test says so, behind a gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from fairlead.domain.serving import CpuReading, GatewayConfig, ModelLoad, RunningServer, ServerSpec, ServerState
from fairlead.kernel.errors import ConflictError, NotFoundError
from fairlead.ports import Clock

__all__ = ["MemoryGateway", "MemoryHost"]

_SIGKILL = -9
_SIGTERM = -15


class MemoryHost:
    """ServerHost over a dictionary. Started servers become ready at the next `settle`, unless their release is bad."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._servers: dict[str, RunningServer] = {}
        self.specs: dict[str, ServerSpec] = {}
        self.crashing: set[str] = set()
        """Releases (digests) whose servers exit before they are ready."""

    def start(self, spec: ServerSpec) -> RunningServer:
        """A server in state `starting`."""
        if spec.id in self._servers:
            raise ConflictError("a server of that id exists", where=spec.id)
        port = 20_000 + len(self.specs)
        server = RunningServer(spec.id, spec.labels, port, port, ServerState.STARTING, self._clock.now())
        self._servers[spec.id], self.specs[spec.id] = server, spec
        return server

    def settle(self) -> None:
        """Time passes: what starts is ready or has crashed, and what stops has ended."""
        for server in list(self._servers.values()):
            if server.state is ServerState.STARTING and server.labels["release"] in self.crashing:
                self._put(server, ServerState.EXITED, 1)
            elif server.state is ServerState.STARTING:
                self._put(server, ServerState.READY)
            elif server.state is ServerState.STOPPING:
                self._put(replace(server, asked=True), ServerState.EXITED, _SIGTERM)

    def kill(self, server: str) -> None:
        """The server dies at once."""
        self._put(self._servers[server], ServerState.EXITED, _SIGKILL)

    def fall_silent(self, server: str, *, for_good: bool = False) -> None:
        """The server does not answer any more; `for_good`: so long that nobody waits for it."""
        self._put(self._servers[server], ServerState.UNHEALTHY if for_good else ServerState.SILENT)

    def servers(self) -> list[RunningServer]:
        """All servers, by start."""
        return list(self._servers.values())

    def find(self, labels: Mapping[str, str]) -> list[RunningServer]:
        """Servers that carry all of these labels."""
        return [server for server in self._servers.values() if labels.items() <= server.labels.items()]

    def answered(self, server: RunningServer) -> int | None:
        """No server of this machine counts."""
        return None

    def stop(self, server: str) -> None:
        """Begin to stop; twice is once."""
        if server not in self._servers:
            raise NotFoundError(f"no server {server!r}")
        if self._servers[server].state is not ServerState.EXITED:
            self._put(self._servers[server], ServerState.STOPPING)

    def forget(self, server: str) -> None:
        """Drop an exited server."""
        if self._servers[server].state is not ServerState.EXITED:
            raise ConflictError("the server has not exited", where=server)
        del self._servers[server]

    def readings(self, server: str, since: datetime | None = None) -> list[CpuReading]:
        """Nothing was used."""
        return []

    def _put(self, server: RunningServer, state: ServerState, code: int | None = None) -> None:
        self._servers[server.id] = replace(server, state=state, exit_code=code)


class MemoryGateway:
    """Gateway that serves what it is told."""

    def __init__(self) -> None:
        self._config: GatewayConfig | None = None
        self.refuses: ConflictError | None = None
        """Set to have the next configurations refused, as for a port that is taken."""
        self.loads: Mapping[tuple[str, str], ModelLoad] | None = {}

    def ensure(self, config: GatewayConfig) -> None:
        """Serve `config`."""
        if self.refuses:
            raise self.refuses
        self._config = config

    def serving(self) -> GatewayConfig | None:
        """What is served."""
        return self._config

    def model_loads(self) -> Mapping[tuple[str, str], ModelLoad] | None:
        """What a test says that it does."""
        return self.loads

    def log_failures(self) -> int:
        """It writes no log."""
        return 0

    def turn_over(self, larger_than: int) -> None:
        """It writes no log."""

    def stop(self) -> None:
        """Serve nothing any more."""
        self._config = None

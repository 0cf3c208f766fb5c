"""Talks to Envoy's admin interface, which listens on a unix socket in the gateway's folder only."""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from fairlead.kernel.errors import BrokenWorldError
from fairlead.serve.gateway.clusters import COPIES

__all__ = ["ADMIN_SOCKET", "Admin", "ClusterLoad", "Versions"]

ADMIN_SOCKET = "admin.sock"
_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of the resources that Envoy serves, and how many updates it has refused since its start."""

    clusters: str
    listeners: str
    routes: dict[str, str]
    rejected: int


@dataclass(frozen=True, slots=True)
class ClusterLoad:
    """Requests in flight, and requests so far, of a cluster."""

    active: int
    total: int


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, folder: Path) -> None:
        super().__init__("admin", timeout=_TIMEOUT_SECONDS)
        self._folder = folder

    def connect(self) -> None:
        """Connect through a descriptor of the folder: a socket's path may have 107 bytes, a state folder's more."""
        folder = os.open(self._folder, os.O_PATH | os.O_DIRECTORY)
        try:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(_TIMEOUT_SECONDS)
            self.sock.connect(f"/proc/self/fd/{folder}/{ADMIN_SOCKET}")
        finally:
            os.close(folder)


class Admin:
    """Envoy's admin interface."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def exists(self) -> bool:
        """Whether its socket is there; Envoy makes it before anything else, and never again."""
        return (self._folder / ADMIN_SOCKET).exists()

    def _ask(self, method: str, path: str) -> bytes:
        connection = _UnixConnection(self._folder)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise BrokenWorldError(f"the gateway's admin interface does not answer: {error}") from error
        finally:
            connection.close()
        if response.status != HTTPStatus.OK:
            raise BrokenWorldError(f"the gateway refused {path}: {body[:200].decode('utf-8', 'replace')}")
        return body

    def is_live(self) -> bool:
        """Whether Envoy answers and has begun to serve."""
        try:
            return self._ask("GET", "/ready").startswith(b"LIVE")
        except BrokenWorldError:
            return False

    def versions(self) -> Versions:
        """What it serves now."""
        raw = json.loads(self._ask("GET", "/stats?filter=(version_text|update_rejected)$&format=json"))
        values = {stat["name"]: stat["value"] for stat in raw["stats"] if "name" in stat}
        head, tail = "http.", ".version_text"
        routes = {
            name.removeprefix(head).removesuffix(tail).partition(".rds.")[2]: text
            for name, text in values.items()
            if name.startswith(head) and name.endswith(tail)
        }
        return Versions(
            clusters=values.get("cluster_manager.cds.version_text", ""),
            listeners=values.get("listener_manager.lds.version_text", ""),
            routes=routes,
            rejected=sum(count for name, count in values.items() if name.endswith("update_rejected")),
        )

    def loads(self, clusters: Iterable[str]) -> dict[str, ClusterLoad]:
        """Load of those of `clusters` that Envoy has."""
        wanted = set(clusters)
        raw = json.loads(self._ask("GET", "/clusters?format=json"))
        found: dict[str, ClusterLoad] = {}
        for cluster in raw.get("cluster_statuses", []):
            if cluster["name"] in wanted:
                stats = [stat for host in cluster.get("host_statuses", []) for stat in host["stats"]]
                sums = {
                    name: sum(int(stat.get("value", 0)) for stat in stats if stat["name"] == name)
                    for name in ("rq_active", "rq_total")
                }
                found[cluster["name"]] = ClusterLoad(sums["rq_active"], sums["rq_total"])
        return found

    def waiting(self) -> dict[str, int]:
        """Tries again that are still allowed at once, by cluster; of those that count them."""
        raw = json.loads(self._ask("GET", "/stats?filter=remaining_retries$&format=json"))
        head, tail = "cluster.", ".circuit_breakers.default.remaining_retries"
        return {
            stat["name"].removeprefix(head).removesuffix(tail): int(stat["value"])
            for stat in raw["stats"]
            if stat.get("name", "").endswith(tail)
        }

    def log_failures(self) -> int:
        """Writes of log files that failed since its start."""
        raw = json.loads(self._ask("GET", "/stats?filter=^filesystem.write_failed$&format=json"))
        return sum(int(stat["value"]) for stat in raw["stats"] if "value" in stat)

    def in_flight(self) -> int:
        """Requests that clients wait for, on all listeners; for copies nobody waits."""
        raw = json.loads(self._ask("GET", "/stats?filter=^http\\..*downstream_rq_active$&format=json"))
        others = tuple(f"http.{name}." for name in ("admin", COPIES))
        return sum(
            int(stat["value"]) for stat in raw["stats"] if "value" in stat and not stat["name"].startswith(others)
        )

    def drain(self) -> None:
        """Accept no new connections and ask clients to leave the ones they have."""
        self._ask("POST", "/drain_listeners?graceful&skip_exit")

    def reopen_logs(self) -> None:
        """Open the log files anew, under their names."""
        self._ask("POST", "/reopen_logs")

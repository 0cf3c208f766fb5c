"""The gateway as the rest of fairlead sees it: told a configuration, it serves exactly that, and says so.

Order is everything. New clusters are there before a route names them; routes move between two requests; a cluster
goes only when nothing is in flight to it and nothing new arrived. A process killed between two steps leaves files
that Envoy can serve, and the next `ensure` goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from fairlead.domain.serving import GatewayConfig, ModelLoad, Route
from fairlead.kernel.errors import BrokenWorldError, ConflictError
from fairlead.ports import Clock
from fairlead.serve.gateway.admin import ClusterLoad
from fairlead.serve.gateway.clusters import cluster_name, clusters
from fairlead.serve.gateway.copies import SHADOW_LOG, copies_listener
from fairlead.serve.gateway.envoy import CLUSTERS_FILE, LISTENERS_FILE, Envoy, refuse_taken
from fairlead.serve.gateway.holding import held_name
from fairlead.serve.gateway.listeners import ACCESS_LOG, listener, routes_file
from fairlead.serve.gateway.resources import Resource, envelope
from fairlead.serve.gateway.rotation import keep_newest, set_aside
from fairlead.serve.gateway.routes import route_configuration
from fairlead.serve.gateway.saved import SavedConfigs
from fairlead.serve.host import LocalHost
from fairlead.serve.records import write_json

__all__ = ["EnvoyGateway"]

_UPDATE = timedelta(seconds=10)
_IDLE = timedelta(seconds=2)
_LOOK = timedelta(milliseconds=30)
_INTERIM = "-adding"


class EnvoyGateway:
    """Envoy in `<root>/gateway`, kept by the server host."""

    def __init__(self, root: Path, host: LocalHost, clock: Clock, concurrency: int = 1) -> None:
        """Prepare the folder (mode 0700); nothing is started. One worker thread unless `concurrency` says more."""
        self.folder = root / "gateway"
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._clock = clock
        self._envoy = Envoy(self.folder, host, clock, concurrency)
        self._saved = SavedConfigs(self.folder)

    def ensure(self, config: GatewayConfig) -> None:
        """Make sure that the gateway runs and serves exactly `config`; returns when it does. Twice is once.

        An Envoy that lost its folder can be told nothing any more and is replaced. ConflictError names a port that
        somebody else holds; BrokenWorldError holds Envoy's reason for a refusal.
        """
        version = self._saved.save(config)
        server = self._envoy.running()
        if server is not None and not self._envoy.admin.exists():
            self._envoy.replace(server.id)
            server = None
        if server is None:
            self._start(config, version)
        else:
            self._envoy.wait_live()
            if not self._serves(config, version):
                self._move(config, version, server.id)
        self._saved.keep_only(version)
        self._drop_routes(config)

    def serving(self) -> GatewayConfig | None:
        """What it serves now, or None where it does not run. Routes decide; they name the version.

        BrokenWorldError where it runs and does not answer: whoever took that for None would take all routes away.
        """
        if self._envoy.running() is None or not self._envoy.admin.exists():
            return None
        self._envoy.wait_live()
        served = self._envoy.admin.versions()
        return self._saved.load(next(iter(served.routes.values()), served.listeners))

    def stop(self) -> None:
        """Drain and end it; in-flight requests have some seconds. Answers when its end has begun."""
        self._envoy.stop()

    def server_id(self) -> str | None:
        """The id under which the server host keeps it, or None where it does not run."""
        server = self._envoy.running()
        return server.id if server else None

    def log_failures(self) -> int:
        """How often it could not write its log since its start; 0 where it does not run."""
        return self._envoy.admin.log_failures() if self._envoy.admin.is_live() else 0

    def model_loads(self) -> Mapping[tuple[str, str], ModelLoad] | None:
        """What it does for each model that it has a route of, testers and copies aside; None where nobody can tell."""
        config = self.serving() if self._envoy.running() else None
        if config is None:
            return None
        names = {
            (route.environment, route.model): [cluster_name(route, each) for each in route.backends if each.weight]
            for route in config.routes
        }
        holds = {(route.environment, route.model): route for route in config.routes if route.hold}
        of_held = {key: held_name(route) for key, route in holds.items()}
        loads = self._envoy.admin.loads({*(each for found in names.values() for each in found), *of_held.values()})
        left = self._envoy.admin.waiting() if holds else {}
        return {key: _load_of(found, of_held.get(key, ""), holds.get(key), loads, left) for key, found in names.items()}

    def turn_over(self, larger_than: int) -> None:
        """Begin a new access log, or a new log of copies, where the present one has more bytes.

        Of copies the log before the present one is kept, and no older one.
        """
        for name in (ACCESS_LOG, SHADOW_LOG):
            current = self.folder / name
            if current.exists() and current.stat().st_size > larger_than:
                self.rotate(name)
        keep_newest(self.folder / SHADOW_LOG, 1)

    def rotate(self, name: str = ACCESS_LOG) -> Path | None:
        """Put a log aside as `<name>.<n>.log` and have Envoy write a new one; None where it is empty."""
        reopen = self._envoy.admin.reopen_logs if self._envoy.running() else None
        return set_aside(self.folder / name, reopen)

    def _serves(self, config: GatewayConfig, version: str) -> bool:
        served = self._envoy.admin.versions()
        routes = [served.routes.get(listening.environment) for listening in config.listeners]
        return {served.clusters, served.listeners, *routes} == {version}

    def _start(self, config: GatewayConfig, version: str) -> None:
        identity = self._envoy.fresh_id()
        self._write(CLUSTERS_FILE, version, clusters(config).values())
        self._write_routes(config, version)
        self._write_listeners(config, version, identity)
        self._envoy.start(identity, config.listeners)
        self._confirm(lambda: self._serves(config, version), 0)

    def _move(self, config: GatewayConfig, version: str, identity: str) -> None:
        """Clusters, routes, listeners, each confirmed before the next; then the clusters that nobody uses go."""
        rejected = self._envoy.admin.versions().rejected
        present = self._present()
        wanted = clusters(config)
        listening = self._listening()
        for new in config.listeners:
            if (new.address, new.port) not in listening:
                refuse_taken(new)
        self._write(CLUSTERS_FILE, version + _INTERIM, {**present, **wanted}.values())
        self._confirm(lambda: self._envoy.admin.versions().clusters == version + _INTERIM, rejected)
        self._write_routes(config, version)
        self._confirm(lambda: self._routed(config, version), rejected)
        self._write_listeners(config, version, identity)
        self._confirm(lambda: self._envoy.admin.versions().listeners == version, rejected)
        busy = self._busy(set(present) - set(wanted))
        kept = {name: present[name] for name in busy}
        self._write(CLUSTERS_FILE, version, {**kept, **wanted}.values())
        self._confirm(lambda: self._serves(config, version), rejected)

    def _routed(self, config: GatewayConfig, version: str) -> bool:
        """Whether every environment that Envoy already listens for has the new routes."""
        served = self._envoy.admin.versions().routes
        wanted = [one.environment for one in config.listeners if one.environment in served]
        return all(served[environment] == version for environment in wanted)

    def _busy(self, leaving: set[str]) -> set[str]:
        """Those of `leaving` that still have requests in flight, or get new ones, when a bounded wait is over.

        They stay in the configuration, without a route, until the next change finds them idle.
        """
        until = self._clock.now() + _IDLE
        before = self._envoy.admin.loads(leaving)
        busy = set(before)
        while busy and self._clock.now() < until:
            self._clock.sleep(_LOOK)
            now = self._envoy.admin.loads(leaving)
            busy = {name for name, load in now.items() if load.active or load != before.get(name)}
            before = now
        return busy

    def _confirm(self, reached: Callable[[], bool], rejected: int) -> None:
        def settled() -> bool:
            if self._envoy.admin.versions().rejected > rejected:
                self._refused(self._envoy.words())
            return reached()

        self._envoy.wait(settled, _UPDATE, "take over its configuration")

    def _refused(self, words: str) -> NoReturn:
        if "Address already in use" in words:
            raise ConflictError(f"a port of the gateway was taken at the last moment: {words}", mend="try again")
        raise BrokenWorldError(f"the gateway refused its configuration: {words}")

    def _present(self) -> dict[str, Resource]:
        """Clusters of the last file that Envoy really took: it refuses a file with a bad one in it as a whole."""
        raw = json.loads((self.folder / CLUSTERS_FILE).read_text(encoding="utf-8"))
        written = {one["name"]: one for one in raw["resources"]}
        return {name: written[name] for name in self._envoy.admin.loads(written)}

    def _listening(self) -> set[tuple[str, int]]:
        raw = json.loads((self.folder / LISTENERS_FILE).read_text(encoding="utf-8"))
        places = [one["address"].get("socket_address") for one in raw["resources"]]
        return {(place["address"], place["port_value"]) for place in places if place}

    def _write(self, name: str, version: str, resources: Iterable[Resource]) -> None:
        write_json(self.folder / name, envelope(version, list(resources)))

    def _write_routes(self, config: GatewayConfig, version: str) -> None:
        for one in config.listeners:
            self._write(routes_file(one.environment), version, [route_configuration(one.environment, config)])

    def _drop_routes(self, config: GatewayConfig) -> None:
        kept = {routes_file(one.environment) for one in config.listeners}
        for path in self.folder.glob(routes_file("*")):
            if path.name not in kept:
                path.unlink()

    def _write_listeners(self, config: GatewayConfig, version: str, identity: str) -> None:
        public = [listener(one, identity) for one in config.listeners]
        self._write(LISTENERS_FILE, version, [*public, copies_listener(identity)])


def _load_of(
    names: Iterable[str],
    of_held: str,
    route: Route | None,
    loads: Mapping[str, ClusterLoad],
    left: Mapping[str, int],
) -> ModelLoad:
    """Of the clusters of a model. A request that waited and has found a server counts as one at a server."""
    own = {name: loads[name] for name in (*names, of_held) if name in loads}
    held = route.hold.requests - left[of_held] if route is not None and route.hold and of_held in left else 0
    begun = {name: each.total for name, each in own.items() if name != of_held}
    return ModelLoad(sum(each.active for each in own.values()), max(0, held), begun)

"""The embedded target: model servers and the gateway are processes of this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from fairlead.deliver.server_spec import Runtimes, server_spec
from fairlead.domain.plan import Key, Observed
from fairlead.domain.release import SHORT, Release
from fairlead.domain.rollout import Traffic
from fairlead.domain.serving import (
    CustomerKey,
    GatewayConfig,
    Hold,
    Listener,
    Route,
    RunningServer,
    ServerState,
    WeightedBackend,
)
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.kernel.errors import BrokenWorldError
from fairlead.ports import Gateway, Secrets, ServerHost

__all__ = ["LocalTarget"]

_Ports = dict[tuple[str, str, str], tuple[int, ...]]


class LocalTarget:
    """Target over a server host and a gateway.

    The machine is asked once per `refresh`, since a server that hangs makes asking slow; without one, each time.
    """

    def __init__(self, host: ServerHost, gateway: Gateway, secrets: Secrets, runtimes: Runtimes) -> None:
        """Hold the ports; nothing is started."""
        self._host = host
        self._gateway = gateway
        self._secrets = secrets
        self._runtimes = runtimes
        self._frame: GatewayConfig | None = None
        self._served: tuple[Route, ...] = ()
        self._holds: Mapping[Key, Hold] = {}
        self._seen: tuple[RunningServer, ...] | None = None

    def observe(self) -> Sequence[Observed]:
        """Servers by their labels, routes by what the gateway serves."""
        servers: dict[Key, list[RunningServer]] = {}
        for server in self._models():
            servers.setdefault((server.labels["environment"], server.labels["model"]), []).append(server)
        routes = {(route.environment, route.model): route for route in self._routes()}
        return [
            Observed(*key, servers=tuple(servers.get(key, ())), traffic=_traffic(routes.get(key)))
            for key in sorted({*servers, *routes})
        ]

    def start(self, environment: str, release: Release, files: Path, count: int) -> None:
        """Start servers under keepers; they are ready when their readiness path answers."""
        serving = release.spec.serving
        labels = {
            "environment": environment,
            "model": release.model,
            "release": release.digest,
            "name": release.name,
            "protocol": serving.protocol,
        }
        spec = server_spec(
            "", release.model, serving, files, labels=labels, secrets=self._secrets, runtimes=self._runtimes
        )
        for _ in range(count):
            server = f"{environment}.{release.model}.{release.digest[:SHORT]}.{token_hex(4)}"
            self._host.start(replace(spec, id=server))

    def ready(self, environment: str, release: Release, count: int) -> bool:
        """Count the ready servers of the release."""
        ours = {"environment": environment, "model": release.model, "release": release.digest}.items()
        ready = (each for each in self._models() if each.state is ServerState.READY and ours <= each.labels.items())
        return sum(1 for _ in ready) >= count

    def switch(self, environment: str, releases: Mapping[str, Release], traffic: Traffic) -> None:
        """Replace the model's route by one that shares it so. A share of nothing is a place for testers."""
        ports = self._ports()
        backends = []
        for digest, weight in traffic.shares:
            release = releases[digest]
            found = ports.get((environment, release.model, digest), ())
            if weight and not found and (environment, release.model) not in self._holds:
                raise BrokenWorldError(
                    f"no server of {release.name} answers any more", mend=f"fairlead logs {release.model}"
                )
            backends.append(WeightedBackend(digest, release.name, found, weight))
        model, protocol = release.model, release.spec.serving.protocol
        route = Route(
            environment,
            model,
            protocol,
            tuple(backends),
            traffic.mirror,
            traffic.mirrored,
            traffic.sticky,
            traffic.answers,
            self._holds.get((environment, model)),
        )
        self._serve([*self._others(environment, model), route])

    def withdraw(self, environment: str, model: str) -> None:
        """Remove the model's route."""
        self._serve(self._others(environment, model))

    def stop(self, servers: Sequence[str]) -> None:
        """Route around them, so that no request meets one that ends; then ask each keeper for a graceful end."""
        leaving = {each.port for each in self._models() if each.id in set(servers)}
        routes = self._routes()
        around = [_without(route, leaving) for route in routes]
        if around != list(routes):
            self._serve(around)
        for server in servers:
            self._host.stop(server)

    def refresh(self, workspace: WorkspaceSpec | None, holds: Mapping[Key, Hold]) -> None:
        """Serve the same releases on the ports that are ready now, to the customers and at the places declared now."""
        self._holds = holds
        self._seen = self._look()
        self._frame = _frame(workspace) if workspace else self._gateway.serving()
        if self._frame is not None:
            ports = self._ports()
            # An Envoy that died has forgotten its routes: those that it was told last come back with it.
            self._serve([_renewed(route, ports, holds) for route in self._routes() or self._served])

    def drain(self) -> None:
        """End the gateway first, so that no request finds a server gone; then the servers."""
        self._gateway.stop()
        for server in self._look():
            self._host.stop(server.id)

    def _serve(self, routes: Sequence[Route]) -> None:
        frame = self._frame
        if frame is None:
            raise BrokenWorldError("the gateway is not configured", mend="mend fairlead.yaml: `fairlead check`")
        ordered = sorted(routes, key=lambda route: (route.environment, route.model))
        self._gateway.ensure(replace(frame, routes=tuple(ordered)))
        self._served = tuple(ordered)

    def _routes(self) -> tuple[Route, ...]:
        config = self._gateway.serving()
        return config.routes if config else ()

    def _others(self, environment: str, model: str) -> list[Route]:
        return [route for route in self._routes() if (route.environment, route.model) != (environment, model)]

    def _ports(self) -> _Ports:
        """One look at the machine: where every release may be asked, by (environment, model, digest).

        Those that are ready; where none is, those that are silent: a slow answer is better than none.
        """
        found: dict[ServerState, _Ports] = {ServerState.SILENT: {}, ServerState.READY: {}}
        for server in self._models():
            if server.state in found:
                labels, ports = server.labels, found[server.state]
                key = (labels["environment"], labels["model"], labels["release"])
                ports[key] = tuple(sorted((*ports.get(key, ()), server.port)))
        return found[ServerState.SILENT] | found[ServerState.READY]

    def _models(self) -> tuple[RunningServer, ...]:
        return self._look() if self._seen is None else self._seen

    def _look(self) -> tuple[RunningServer, ...]:
        return tuple(server for server in self._host.servers() if "model" in server.labels)


def _frame(workspace: WorkspaceSpec) -> GatewayConfig:
    gateway = workspace.gateway
    listeners = (Listener(each.name, each.target.address, each.target.port) for each in workspace.environments)
    keys = (CustomerKey(key.sha256, each.name) for each in workspace.customers for key in each.api_keys)
    return GatewayConfig(tuple(listeners), (), tuple(keys), gateway.customer_header, gateway.trusted_proxies)


def _without(route: Route, leaving: set[int]) -> Route:
    """Without these ports; one whose requests would find nobody, and do not wait, stays as it is."""
    backends = tuple(
        replace(each, ports=tuple(port for port in each.ports if port not in leaving)) for each in route.backends
    )
    kept = route.hold is not None or all(each.ports for each in backends if each.weight)
    return replace(route, backends=backends) if kept else route


def _renewed(route: Route, ports: _Ports, holds: Mapping[Key, Hold]) -> Route:
    backends = tuple(
        replace(each, ports=ports.get((route.environment, route.model, each.release), ())) for each in route.backends
    )
    return replace(route, backends=backends, hold=holds.get((route.environment, route.model)))


def _traffic(route: Route | None) -> Traffic | None:
    if route is None:
        return None
    shares = tuple((backend.release, backend.weight) for backend in route.backends)
    return Traffic(shares, route.mirror, route.mirrored, route.sticky, route.answers)

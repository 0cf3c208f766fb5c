"""Clusters: one per release and set of ports. A cluster never changes; another set of ports is another cluster.

So a new release is added beside the old one, routes are moved over, and only then the old one goes. Only the cluster
of requests that wait for a start is given other ports: see `holding`.
"""

from __future__ import annotations

from fairlead.domain.serving import GatewayConfig, Hold, Route, WeightedBackend
from fairlead.kernel.digests import digest_of
from fairlead.serve.gateway.holding import held_name, nobody
from fairlead.serve.gateway.resources import Resource, typed

__all__ = ["COPIES", "COPIES_SOCKET", "cluster_name", "clusters"]

COPIES = "_copies"
"""Cluster and listener of copies; no environment is called so."""
COPIES_SOCKET = "copies.sock"

# Servers close idle connections, uvicorn after 5 s: Envoy must be the first, or a request meets a closing one.
IDLE_CONNECTION = "4s"
CONNECT_TIMEOUT = "1s"
UNLIMITED = 1_000_000
COPIES_AT_ONCE = 128
"""More than these are not made: a shadow that hangs must not hold the gateway's memory."""


def cluster_name(route: Route, backend: WeightedBackend) -> str:
    """`environment/model/release/ports`, the last two shortened digests."""
    ports = digest_of(sorted(backend.ports))
    return f"{route.environment}/{route.model}/{backend.release[:12]}/{ports[:8]}"


def _cluster(route: Route, backend: WeightedBackend) -> Resource:
    name = cluster_name(route, backend)
    about = {"release": backend.release, "name": backend.name, "environment": route.environment, "model": route.model}
    return _static(name, _places(backend), UNLIMITED, about)


def _places(backend: WeightedBackend) -> list[Resource]:
    return [{"socket_address": {"address": "127.0.0.1", "port_value": port}} for port in sorted(backend.ports)]


def _waiting(route: Route, hold: Hold) -> Resource:
    """The cluster of requests that wait: its servers, or nobody. As many may be tried again as may wait."""
    serving = [each for each in route.backends if each.weight and each.ports]
    places = [place for each in serving for place in _places(each)]
    released = max(route.backends, key=lambda each: each.weight)
    about = {"release": released.release, "name": released.name, "environment": route.environment, "model": route.model}
    made = _static(held_name(route), places or [nobody()], UNLIMITED, about)
    (limits,) = made["circuit_breakers"]["thresholds"]
    limits.update(max_retries=hold.requests, track_remaining=True)
    return made


def _static(name: str, places: list[Resource], limit: int, about: dict[str, str]) -> Resource:
    endpoints = [{"endpoint": {"address": place}} for place in places]
    limits = {f"max_{what}": limit for what in ("connections", "pending_requests", "requests", "retries")}
    options = typed(
        "extensions.upstreams.http.v3.HttpProtocolOptions",
        common_http_protocol_options={"idle_timeout": IDLE_CONNECTION},
        explicit_http_config={"http_protocol_options": {}},
    )
    return typed(
        "config.cluster.v3.Cluster",
        name=name,
        type="STATIC",
        connect_timeout=CONNECT_TIMEOUT,
        lb_policy="LEAST_REQUEST",
        circuit_breakers={"thresholds": [limits]},
        metadata={"filter_metadata": {"fairlead": about}},
        typed_extension_protocol_options={"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options},
        load_assignment={"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
    )


def clusters(config: GatewayConfig) -> dict[str, Resource]:
    """All clusters that the configuration's routes name, by name."""
    found = {
        cluster_name(route, backend): _cluster(route, backend) for route in config.routes for backend in route.backends
    }
    found |= {held_name(each): _waiting(each, each.hold) for each in config.routes if each.hold and each.backends}
    if any(route.mirrored for route in config.routes):
        found[COPIES] = _static(COPIES, [{"pipe": {"path": COPIES_SOCKET}}], COPIES_AT_ONCE, {})
    return found

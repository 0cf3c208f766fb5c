"""Clusters: one per release and set of ports. A cluster never changes; another set of ports is another cluster.

So a new release is added beside the old one, routes are moved over, and only then the old one goes.
"""

from __future__ import annotations

from fairlead.domain.serving import GatewayConfig, Route, WeightedBackend
from fairlead.kernel.digests import digest_of
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
    places = [{"socket_address": {"address": "127.0.0.1", "port_value": port}} for port in sorted(backend.ports)]
    about = {"release": backend.release, "name": backend.name, "environment": route.environment, "model": route.model}
    return _static(name, places, UNLIMITED, about)


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
    if any(route.mirrored for route in config.routes):
        found[COPIES] = _static(COPIES, [{"pipe": {"path": COPIES_SOCKET}}], COPIES_AT_ONCE, {})
    return found

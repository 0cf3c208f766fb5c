"""Copies of requests go through a listener of their own, on a socket in the gateway's folder, which nobody else enters.

The copy of a request leaves its route with the name of the cluster that it is for. Here it is sent there, its answer
is dropped, and a line of it is written to `shadow.log`, never to the access log: no customer asked for it. What the
shadow takes too long for, or more than it takes at once, is dropped; the customer's request knows nothing of it.
"""

from __future__ import annotations

from fairlead.serve.gateway.clusters import COPIES, COPIES_SOCKET
from fairlead.serve.gateway.lines import access_logs
from fairlead.serve.gateway.resources import ANSWERS_FILTER, TOKENS_FILTER, Resource, enabled, script_filter, typed
from fairlead.serve.gateway.scripts import answers_script, tokens_script
from fairlead.serve.gateway.sharing import ANSWERS_HEADER, COPY_HEADER

__all__ = ["SHADOW_LOG", "copies_listener"]

SHADOW_LOG = "shadow.log"

_LONGEST = "300s"
_PREFIXES = {"oip": "/v2/", "openai": "/v1/"}
_ORIGIN = {
    "environment": "%METADATA(CLUSTER:fairlead:environment)%",
    "model": "%METADATA(CLUSTER:fairlead:model)%",
}


def _route(protocol: str, *, answers: bool) -> Resource:
    kept = {"name": ANSWERS_HEADER, "present_match": True, "invert_match": not answers}
    filters = [*([ANSWERS_FILTER] if answers else []), *([TOKENS_FILTER] if protocol == "openai" else [])]
    return {
        "match": {"prefix": _PREFIXES[protocol], "headers": [{"name": COPY_HEADER, "present_match": True}, kept]},
        "metadata": {"filter_metadata": {"fairlead": {"protocol": protocol}, ANSWERS_FILTER: {"kept": answers}}},
        "route": {"cluster_header": COPY_HEADER, "timeout": _LONGEST, "idle_timeout": _LONGEST},
        "request_headers_to_remove": [COPY_HEADER, ANSWERS_HEADER, "x-envoy-internal"],
        "typed_per_filter_config": enabled(*filters),
    }


def copies_listener(incarnation: str) -> Resource:
    """The listener that all copies pass; it is the same whatever is served."""
    routes = [_route(protocol, answers=answers) for protocol in _PREFIXES for answers in (True, False)]
    router = typed("extensions.filters.http.router.v3.Router", suppress_envoy_headers=True)
    connections = typed(
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix=COPIES,
        route_config={"name": COPIES, "virtual_hosts": [{"name": COPIES, "domains": ["*"], "routes": routes}]},
        skip_xff_append=True,
        internal_address_config={"cidr_ranges": [{"address_prefix": "255.255.255.255", "prefix_len": 32}]},
        preserve_external_request_id=True,
        access_log=access_logs(SHADOW_LOG, _ORIGIN, incarnation),
        http_filters=[
            script_filter(ANSWERS_FILTER, answers_script()),
            script_filter(TOKENS_FILTER, tokens_script()),
            {"name": "envoy.filters.http.router", "typed_config": router},
        ],
    )
    return typed(
        "config.listener.v3.Listener",
        name=COPIES,
        enable_reuse_port=False,
        address={"pipe": {"path": COPIES_SOCKET, "mode": 0o600}},
        filter_chains=[{"filters": [{"name": "http", "typed_config": connections}]}],
    )

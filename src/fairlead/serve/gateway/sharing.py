"""How the requests of one route are shared: by weight, by whose they are, and with copies for a shadow.

Envoy takes a number (random, or the hash of a key) modulo 100 and walks the clusters in order. Their order is that of
their digests, so that between two releases every key keeps to its side: the share of one only grows at its own edge.
The hash is salted by the releases, so that not the same customers are the first to meet every new release.
"""

from __future__ import annotations

from fairlead.domain.serving import Route, WeightedBackend
from fairlead.kernel.digests import digest_of
from fairlead.kernel.errors import BrokenWorldError
from fairlead.serve.gateway.clusters import COPIES, cluster_name
from fairlead.serve.gateway.resources import Resource, typed

__all__ = ["ANSWERS_HEADER", "COPY_HEADER", "CUSTOMER_HEADER", "is_served", "pinned_action", "shared_action"]

CUSTOMER_HEADER = "x-fairlead-customer"
"""Carries the customer from the script to the choice of a release, and no further."""
COPY_HEADER = "x-fairlead-copy"
"""Names the cluster that a copy is for."""
ANSWERS_HEADER = "x-fairlead-answers"
"""On a copy: its answer is kept."""

_STREAM_IDLE = "600s"
_STICKY_HEADER = "header:"


def is_served(route: Route) -> bool:
    """Whether anything answers those who name no release."""
    return any(backend.weight > 0 for backend in route.backends)


def shared_action(route: Route) -> Resource:
    """The action of a route that shares its requests."""
    backends = sorted((each for each in route.backends if each.weight > 0), key=lambda each: each.release)
    clusters = [{"name": cluster_name(route, each), "weight": each.weight} for each in backends]
    weighted: Resource = {"clusters": clusters}
    kept: Resource = {}
    if route.sticky:
        weighted["use_hash_policy"] = True
        kept["hash_policy"] = [{"header": _key(route)}]
    if route.mirrored:
        kept["request_mirror_policies"] = [_copied(route)]
    return {"weighted_clusters": weighted, **kept, **_patience()}


def pinned_action(route: Route, backend: WeightedBackend) -> Resource:
    """The action of a route whose caller named the release."""
    return {"cluster": cluster_name(route, backend), **_patience()}


def _patience() -> Resource:
    """Only what the server has not seen is sent again, and once: an inference may have an effect and a price."""
    return {
        "timeout": "0s",
        "idle_timeout": _STREAM_IDLE,
        "retry_policy": {
            "retry_on": "connect-failure,reset-before-request",
            "num_retries": 1,
            "host_selection_retry_max_attempts": 3,
            "retry_host_predicate": [
                {
                    "name": "envoy.retry_host_predicates.previous_hosts",
                    "typed_config": typed("extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"),
                }
            ],
        },
    }


def _key(route: Route) -> Resource:
    """Where the key stands; a request without it is shared by weight."""
    name = route.sticky.removeprefix(_STICKY_HEADER) if route.sticky.startswith(_STICKY_HEADER) else CUSTOMER_HEADER
    salt = digest_of(sorted(each.release for each in route.backends))[:8]
    rewrite = {"pattern": {"regex": "^"}, "substitution": f"{salt}:"}
    return {"header_name": name, "regex_rewrite": rewrite}


def _copied(route: Route) -> Resource:
    copies = [cluster_name(route, each) for each in route.backends if each.release == route.mirror]
    if not copies:
        raise BrokenWorldError(f"the release {route.mirror[:12]!r} that is to get copies is not behind {route.model}")
    told = {COPY_HEADER: copies[0], **({ANSWERS_HEADER: "yes"} if route.answers else {})}
    return {
        "cluster": COPIES,
        "runtime_fraction": {"default_value": {"numerator": route.mirrored, "denominator": "HUNDRED"}},
        "disable_shadow_host_suffix_append": True,
        "request_headers_mutations": [
            {"append": {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}
            for key, value in told.items()
        ],
    }

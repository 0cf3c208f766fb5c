"""Requests for a model without a ready server wait in Envoy itself, and are sent on as soon as one is ready.

A model with a `hold` has a cluster of its own, whose name never changes: while no server is ready, its only endpoint
is a socket that nobody listens on. Envoy tries again and again to connect, a bounded number of times, for a bounded
number of requests at once. As soon as the cluster is given the servers' ports, the next try reaches one. Nobody stands
between client and Envoy: whatever else dies meanwhile, each request ends with an answer.
"""

from __future__ import annotations

from fairlead.domain.serving import Hold, Route
from fairlead.serve.gateway.resources import Resource

__all__ = ["RETRY_AFTER_S", "held_name", "holding_action", "is_held", "nobody"]

RETRY_AFTER_S = 5
"""What a client is told that waited in vain, or found too many waiting."""

_FIRST_TRY, _LONGEST_PAUSE_MS = "0.05s", 200
"""Envoy waits a random part of the pause between two tries: half of it, on average."""


def held_name(route: Route) -> str:
    """The cluster's name."""
    return f"{route.environment}/{route.model}/held"


def is_held(route: Route) -> bool:
    """Whether requests wait now: somebody is to answer, and nobody is ready."""
    return route.hold is not None and not any(each.ports for each in route.backends if each.weight)


def nobody() -> Resource:
    """An endpoint at which a connection always fails: a socket in the gateway's own folder that is never made."""
    return {"pipe": {"path": "nobody.sock"}}


def holding_action(route: Route, hold: Hold) -> Resource:
    """The action of a route whose requests wait. Only what no server has seen is sent again."""
    tries = max(1, 2 * hold.wait_ms // _LONGEST_PAUSE_MS)
    pauses = {"base_interval": _FIRST_TRY, "max_interval": f"{_LONGEST_PAUSE_MS / 1000:g}s"}
    policy = {"retry_on": "connect-failure", "num_retries": tries, "retry_back_off": pauses}
    return {"cluster": held_name(route), "timeout": "0s", "idle_timeout": "600s", "retry_policy": policy}

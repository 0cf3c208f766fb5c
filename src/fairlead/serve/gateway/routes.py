"""Routes of one environment: which path and which model in a body lead to which clusters, and what is said otherwise.

All that changes at run time is here, the customers' keys too: Envoy moves to a new set of routes between two requests.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fairlead.domain.serving import GatewayConfig, Route
from fairlead.serve.gateway.clusters import cluster_name
from fairlead.serve.gateway.resources import (
    CUSTOMER_FILTER,
    MODEL_FILTER,
    TOKENS_FILTER,
    Resource,
    json_answer,
    typed,
)
from fairlead.serve.gateway.scripts import customer_script

__all__ = ["route_configuration"]

_STREAM_IDLE = "600s"
_ENABLED = typed("config.route.v3.FilterConfig", config={})
_OPENAI_FILTERS: Resource = {"typed_per_filter_config": {MODEL_FILTER: _ENABLED, TOKENS_FILTER: _ENABLED}}


def _action(route: Route) -> Resource:
    backends = [backend for backend in route.backends if backend.weight > 0]
    shares = [{"name": cluster_name(route, backend), "weight": backend.weight} for backend in backends]
    return {
        "weighted_clusters": {"clusters": shares},
        "timeout": "0s",
        "idle_timeout": _STREAM_IDLE,
        "retry_policy": {
            # Only what the server has not seen is sent again, and once: an inference may have an effect and a price.
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


def _about(model: str, protocol: str) -> Resource:
    return {"metadata": {"filter_metadata": {"fairlead": {"model": model, "protocol": protocol}}}}


def _reason(route: Route) -> str:
    return f"model {route.model!r} has no release that is ready in {route.environment}; try again shortly"


def _is_served(route: Route) -> bool:
    return any(backend.weight > 0 for backend in route.backends)


def _oip_route(route: Route) -> Resource:
    match = {"path_separated_prefix": f"/v2/models/{route.model}"}
    served = (
        {"route": _action(route)}
        if _is_served(route)
        else json_answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": _reason(route)})
    )
    return {"match": match, **_about(route.model, "oip"), **served}


def _openai_error(message: str, code: str) -> Resource:
    return {"error": {"message": message, "type": "invalid_request_error", "param": "model", "code": code}}


def _openai_route(route: Route) -> Resource:
    named = {"filter": "fairlead", "path": [{"key": "model"}], "value": {"string_match": {"exact": route.model}}}
    served: Resource = json_answer(HTTPStatus.SERVICE_UNAVAILABLE, _openai_error(_reason(route), "model_not_ready"))
    if _is_served(route):
        # An answer in gzip would hide its usage.
        served = {
            "route": {**_action(route), "prefix_rewrite": "/v1/"},
            "request_headers_to_remove": ["accept-encoding"],
        }
    match = {"prefix": "/openai/v1/", "dynamic_metadata": [named]}
    return {"match": match, **_about(route.model, "openai"), **served, **_OPENAI_FILTERS}


def _openai_rest(routes: list[Route]) -> list[Resource]:
    known = sorted(route.model for route in routes)
    listed = [{"id": model, "object": "model", "created": 0, "owned_by": "fairlead"} for model in known]
    is_get = {"name": ":method", "string_match": {"exact": "GET"}}
    message = f"the body's model is not served here; known: {', '.join(known) or 'none'}"
    return [
        {
            "match": {"path": "/openai/v1/models", "headers": [is_get]},
            **_about("", "openai"),
            **json_answer(HTTPStatus.OK, {"object": "list", "data": listed}),
        },
        {
            "match": {"prefix": "/openai/v1/"},
            **_about("", "openai"),
            **json_answer(HTTPStatus.NOT_FOUND, _openai_error(message, "model_not_found")),
            **_OPENAI_FILTERS,
        },
    ]


def _fixed(path: str, body: dict[str, Any]) -> Resource:
    return {"match": {"path": path}, **_about("", "oip"), **json_answer(HTTPStatus.OK, body)}


def route_configuration(environment: str, config: GatewayConfig) -> Resource:
    """The routes of `environment`, with the script that names customers."""
    own = [route for route in config.routes if route.environment == environment]
    oip = [route for route in own if route.protocol == "oip"]
    openai = [route for route in own if route.protocol == "openai"]
    known = ", ".join(sorted(route.model for route in oip)) or "none"
    missing = {
        "error": "nothing here; use /v2/models/<name>/infer or /openai/v1/chat/completions; "
        f"models in {environment} under /v2/models: {known}"
    }
    routes = [
        *(_oip_route(route) for route in oip),
        *(_openai_route(route) for route in openai),
        *_openai_rest(openai),
        _fixed("/v2/health/live", {"live": True}),
        _fixed("/v2/health/ready", {"ready": True}),
        {"match": {"prefix": "/"}, **_about("", "oip"), **json_answer(HTTPStatus.NOT_FOUND, missing)},
    ]
    script = typed("extensions.filters.http.lua.v3.LuaPerRoute", source_code={"inline_string": customer_script(config)})
    return typed(
        "config.route.v3.RouteConfiguration",
        name=environment,
        typed_per_filter_config={CUSTOMER_FILTER: script},
        response_headers_to_remove=["x-envoy-upstream-service-time"],
        virtual_hosts=[{"name": environment, "domains": ["*"], "routes": routes}],
    )

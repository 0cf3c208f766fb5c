"""Routes of one environment: which path and which model in a body lead to which clusters, and what is said otherwise.

All that changes at run time is here, the customers' keys too: Envoy moves to a new set of routes between two requests.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fairlead.domain.serving import GatewayConfig, Route
from fairlead.serve.gateway import testers
from fairlead.serve.gateway.holding import holding_action, is_held
from fairlead.serve.gateway.resources import (
    ANSWERS_FILTER,
    CUSTOMER_FILTER,
    MODEL_FILTER,
    TOKENS_FILTER,
    Resource,
    enabled,
    json_answer,
    typed,
)
from fairlead.serve.gateway.scripts import customer_script
from fairlead.serve.gateway.sharing import CUSTOMER_HEADER, is_served, pinned_action, shared_action

__all__ = ["route_configuration"]


def _about(model: str, protocol: str, *, pinned: bool = False, answers: bool = False, held: bool = False) -> Resource:
    """What lines of the log, and the script that keeps answers, are told of a route."""
    told: Resource = {"fairlead": {"model": model, "protocol": protocol}}
    if pinned:
        told["fairlead"]["pinned"] = True
    if held:
        told["fairlead"]["held"] = True
    if answers:
        told[ANSWERS_FILTER] = {"kept": True}
    return {"metadata": {"filter_metadata": told}}


def _reason(route: Route) -> str:
    return f"model {route.model!r} has no release that is ready in {route.environment}; try again shortly"


def _openai_error(message: str, code: str) -> Resource:
    return {"error": {"message": message, "type": "invalid_request_error", "param": "model", "code": code}}


def _said(route: Route, status: HTTPStatus, message: str, code: str) -> Resource:
    """An answer of the gateway's own, in the form of the route's protocol."""
    return json_answer(status, {"error": message} if route.protocol == "oip" else _openai_error(message, code))


def _served(route: Route, action: Resource) -> Resource:
    if route.protocol == "openai":
        action = {**action, "prefix_rewrite": "/v1/"}
    # An answer in gzip would hide its usage, and itself.
    plain = route.answers or route.protocol == "openai"
    return {"route": action, **({"request_headers_to_remove": ["accept-encoding"]} if plain else {})}


def _matching(route: Route, *headers: Resource) -> Resource:
    asked: Resource = {"headers": list(headers)} if headers else {}
    if route.protocol == "oip":
        return {"path_separated_prefix": f"/v2/models/{route.model}", **asked}
    named = {"filter": "fairlead", "path": [{"key": "model"}], "value": {"string_match": {"exact": route.model}}}
    return {"prefix": "/openai/v1/", "dynamic_metadata": [named], **asked}


def _routes_of(route: Route, filters: Resource) -> list[Resource]:
    """For testers who name a release, for those who name none that is here, and for everybody else."""
    tested = _about(route.model, route.protocol, answers=route.answers, pinned=True)
    found = [
        {"match": _matching(route, name), **tested, **_served(route, pinned_action(route, each))}
        for each in route.backends
        for name in testers.naming(each)
    ]
    if route.backends:
        refused = _said(route, HTTPStatus.NOT_FOUND, testers.naming_none(route), "release_not_found")
        found.append({"match": _matching(route, testers.naming_any()), **tested, **refused})
    found.append({"match": _matching(route), **_everybody(route)})
    return [{**each, **filters} for each in found]


def _everybody(route: Route) -> Resource:
    """For those who name no release."""
    if not is_served(route):
        said = _said(route, HTTPStatus.SERVICE_UNAVAILABLE, _reason(route), "model_not_ready")
        return {**_about(route.model, route.protocol, answers=route.answers), **said}
    if route.hold is None or not is_held(route):
        return {
            **_about(route.model, route.protocol, answers=route.answers),
            **_served(route, shared_action(route)),
        }
    waits = _served(route, holding_action(route, route.hold))
    return {**_about(route.model, route.protocol, answers=route.answers, held=True), **waits}


def _filters_of(protocol: str, routes: list[Route]) -> Resource:
    """Filters of a protocol's routes. Those of a request are chosen before its body, and so its model, is read."""
    names = [MODEL_FILTER, TOKENS_FILTER] if protocol == "openai" else []
    if any(route.answers for route in routes):
        names.append(ANSWERS_FILTER)
    return {"typed_per_filter_config": enabled(*names)} if names else {}


def _openai_rest(routes: list[Route], filters: Resource) -> list[Resource]:
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
            **filters,
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
    openai_filters = _filters_of("openai", openai)
    routes = [
        *(each for route in oip for each in _routes_of(route, _filters_of("oip", [route]))),
        *(each for route in openai for each in _routes_of(route, openai_filters)),
        *_openai_rest(openai, openai_filters),
        _fixed("/v2/health/live", {"live": True}),
        _fixed("/v2/health/ready", {"ready": True}),
        {"match": {"prefix": "/"}, **_about("", "oip"), **json_answer(HTTPStatus.NOT_FOUND, missing)},
    ]
    told_in = CUSTOMER_HEADER if any(route.sticky == "customer" for route in own) else ""
    source = {"inline_string": customer_script(config, told_in)}
    script = typed("extensions.filters.http.lua.v3.LuaPerRoute", source_code=source)
    return typed(
        "config.route.v3.RouteConfiguration",
        name=environment,
        typed_per_filter_config={CUSTOMER_FILTER: script},
        request_headers_to_remove=[CUSTOMER_HEADER],
        response_headers_to_remove=["x-envoy-upstream-service-time"],
        virtual_hosts=[{"name": environment, "domains": ["*"], "routes": routes}],
    )

"""Listeners: one per environment. A release never changes one; their routes come from a file of their own."""

from __future__ import annotations

from fairlead.domain.serving import Listener
from fairlead.serve.gateway.holding import RETRY_AFTER_S
from fairlead.serve.gateway.lines import access_logs
from fairlead.serve.gateway.resources import (
    ANSWERS_FILTER,
    CUSTOMER_FILTER,
    MODEL_FILTER,
    TOKENS_FILTER,
    Resource,
    script_filter,
    typed,
)
from fairlead.serve.gateway.scripts import answers_script, tokens_script

__all__ = ["ACCESS_LOG", "BUFFER_BYTES", "listener", "routes_file"]

ACCESS_LOG = "access.log"

_UNREACHABLE = ("UF", "UH", "UC", "UR", "URX", "UO", "NC", "LR", "UT")
BUFFER_BYTES = 8 * 1024 * 1024
"""Bytes of a request that may be held: an OpenAI request is held whole while its model's name is read."""


def routes_file(environment: str) -> str:
    """Name of the file that holds an environment's routes."""
    return f"rds.{environment}.json"


def _origin(environment: str) -> dict[str, str]:
    return {"environment": environment, "model": "%METADATA(ROUTE:fairlead:model)%"}


def _filters() -> list[Resource]:
    name_of_model = {
        "selectors": [{"key": "model"}],
        "on_present": {"metadata_namespace": "fairlead", "key": "model", "type": "STRING"},
    }
    customer = typed("extensions.filters.http.lua.v3.Lua", clear_route_cache=False)
    return [
        {"name": CUSTOMER_FILTER, "typed_config": customer},
        {
            "name": MODEL_FILTER,
            "disabled": True,
            "typed_config": typed(
                "extensions.filters.http.json_to_metadata.v3.JsonToMetadata",
                # Whatever the client calls it, a body on these paths is JSON.
                request_rules={
                    "rules": [name_of_model],
                    "allow_content_types_regex": {"regex": ".*"},
                    "allow_empty_content_type": True,
                },
            ),
        },
        script_filter(ANSWERS_FILTER, answers_script()),
        script_filter(TOKENS_FILTER, tokens_script()),
        {"name": "envoy.filters.http.router", "typed_config": typed("extensions.filters.http.router.v3.Router")},
    ]


def _unreachable() -> Resource:
    """A JSON answer where Envoy itself must say that no server answered."""
    return {
        "mappers": [
            {
                "filter": {"response_flag_filter": {"flags": list(_UNREACHABLE)}},
                "headers_to_add": [{"header": {"key": "retry-after", "value": str(RETRY_AFTER_S)}}],
                "body_format_override": {
                    "json_format": {"error": "the model's server did not answer: %RESPONSE_CODE_DETAILS%"},
                    "content_type": "application/json",
                },
            }
        ]
    }


def listener(listening: Listener, incarnation: str) -> Resource:
    """The listener of an environment; `incarnation` names this Envoy process in every line of its log."""
    source = {"path_config_source": {"path": f"./{routes_file(listening.environment)}"}, "resource_api_version": "V3"}
    connections = typed(
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix=listening.environment,
        rds={"route_config_name": listening.environment, "config_source": source},
        use_remote_address=True,
        skip_xff_append=True,
        # Nobody is internal, so x-envoy-* headers of clients are dropped.
        internal_address_config={"cidr_ranges": [{"address_prefix": "255.255.255.255", "prefix_len": 32}]},
        preserve_external_request_id=True,
        always_set_request_id_in_response=True,
        generate_request_id=True,
        server_header_transformation="PASS_THROUGH",
        normalize_path=True,
        merge_slashes=True,
        path_with_escaped_slashes_action="REJECT_REQUEST",
        drain_timeout="1s",
        access_log=access_logs(ACCESS_LOG, _origin(listening.environment), incarnation),
        local_reply_config=_unreachable(),
        http_filters=_filters(),
    )
    address = {"address": listening.address, "port_value": listening.port}
    return typed(
        "config.listener.v3.Listener",
        name=listening.environment,
        # Two processes must not share the port in silence.
        enable_reuse_port=False,
        per_connection_buffer_limit_bytes=BUFFER_BYTES,
        address={"socket_address": address},
        filter_chains=[{"filters": [{"name": "http", "typed_config": connections}]}],
    )

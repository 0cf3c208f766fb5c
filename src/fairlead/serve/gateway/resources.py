"""What Envoy's resources have in common: type addresses, JSON answers, the file that carries them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

__all__ = [
    "ANSWERS_FILTER",
    "CUSTOMER_FILTER",
    "MODEL_FILTER",
    "TOKENS_FILTER",
    "Resource",
    "enabled",
    "envelope",
    "json_answer",
    "script_filter",
    "typed",
]

Resource = dict[str, Any]

ANSWERS_FILTER = "fairlead.answers"
CUSTOMER_FILTER = "fairlead.customer"
MODEL_FILTER = "fairlead.model"
TOKENS_FILTER = "fairlead.tokens"


def typed(kind: str, **fields: object) -> Resource:
    """A message of Envoy's API with its type address."""
    return {"@type": f"type.googleapis.com/envoy.{kind}", **fields}


def script_filter(name: str, script: str) -> Resource:
    """A Lua filter that runs where a route enables it."""
    source = typed("extensions.filters.http.lua.v3.Lua", default_source_code={"inline_string": script})
    return {"name": name, "disabled": True, "typed_config": source}


def enabled(*filters: str) -> Resource:
    """A route's settings that let these filters run."""
    return {name: typed("config.route.v3.FilterConfig", config={}) for name in filters}


def json_answer(status: int, body: object) -> Resource:
    """A route's own answer, in JSON."""
    kind = {"header": {"key": "content-type", "value": "application/json"}}
    return {
        "direct_response": {"status": status, "body": {"inline_string": json.dumps(body)}},
        "response_headers_to_add": [{**kind, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}],
    }


def envelope(version: str, resources: Sequence[Resource]) -> Resource:
    """A discovery response, as Envoy reads it from a file."""
    return {"version_info": version, "resources": list(resources)}

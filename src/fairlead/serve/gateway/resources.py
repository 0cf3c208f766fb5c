"""What Envoy's resources have in common: type addresses, JSON answers, the file that carries them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

__all__ = ["CUSTOMER_FILTER", "MODEL_FILTER", "TOKENS_FILTER", "Resource", "envelope", "json_answer", "typed"]

Resource = dict[str, Any]

CUSTOMER_FILTER = "fairlead.customer"
MODEL_FILTER = "fairlead.model"
TOKENS_FILTER = "fairlead.tokens"


def typed(kind: str, **fields: object) -> Resource:
    """A message of Envoy's API with its type address."""
    return {"@type": f"type.googleapis.com/envoy.{kind}", **fields}


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

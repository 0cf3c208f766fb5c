"""JSON Schemas of what people write, so that editors complete and check it while they type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.domain.declaration import Spec
from fairlead.domain.model import ModelSpec
from fairlead.domain.workspace import WorkspaceSpec

__all__ = ["DIALECT", "SCHEMAS", "schema_of"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BASE = "https://fairlead.dev/schemas/v1alpha1"

SCHEMAS: Mapping[str, type[Spec]] = {"workspace": WorkspaceSpec, "model": ModelSpec}
"""Kinds by the name of their schema."""

_EXAMPLES: Mapping[str, list[dict[str, Any]]] = {
    "workspace": [
        {
            "apiVersion": "fairlead.dev/v1alpha1",
            "kind": "Workspace",
            "name": "acme",
            "environments": [{"name": "dev", "target": {"kind": "local", "port": 8801}}],
        }
    ],
    "model": [
        {
            "apiVersion": "fairlead.dev/v1alpha1",
            "kind": "Model",
            "owner": "team@example.com",
            "artifact": {"uri": "hf://org/name@main"},
            "environments": {"dev": {}},
        }
    ],
}


def schema_of(name: str) -> dict[str, Any]:
    """The schema called `name` (a key of SCHEMAS), draft 2020-12, with titles, descriptions and an example."""
    schema = SCHEMAS[name].model_json_schema(by_alias=True, mode="validation")
    head = {"$schema": DIALECT, "$id": f"{_BASE}/{name}.json"}
    return {**head, **schema, "title": f"fairlead {name}", "examples": _EXAMPLES[name]}

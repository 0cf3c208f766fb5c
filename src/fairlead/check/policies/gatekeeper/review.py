"""What Gatekeeper tells its policies: `input.review` of one object, and `data.inventory` of all that are known.

https://open-policy-agent.github.io/gatekeeper/website/docs/input
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fairlead.check.policies.gatekeeper.match import group_version

__all__ = ["inventory", "namespaces", "review"]


def review(document: Mapping[str, Any], operation: str = "CREATE") -> dict[str, Any]:
    """The admission request by which this object would come into a cluster."""
    group, version = group_version(document)
    metadata = _metadata(document)
    return {
        "uid": "",
        "kind": {"group": group, "version": version, "kind": document.get("kind") or ""},
        "name": metadata.get("name") or "",
        "namespace": metadata.get("namespace") or "",
        "operation": operation,
        "userInfo": {},
        "object": document,
        "oldObject": None,
        "options": None,
        "namespaceObject": None,
    }


def inventory(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """`data.inventory`: `cluster[apiVersion][kind][name]` and `namespace[namespace][apiVersion][kind][name]`."""
    found: dict[str, Any] = {"cluster": {}, "namespace": {}}
    for document in documents:
        metadata = _metadata(document)
        name, space = str(metadata.get("name") or ""), metadata.get("namespace")
        level = found["namespace"].setdefault(str(space), {}) if space else found["cluster"]
        kinds = level.setdefault(str(document.get("apiVersion") or ""), {})
        kinds.setdefault(str(document.get("kind") or ""), {})[name] = document
    return found


def namespaces(documents: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The Namespace objects among the documents, by name."""
    return {
        str(_metadata(each).get("name") or ""): each
        for each in documents
        if each.get("kind") == "Namespace" and each.get("apiVersion") == "v1"
    }


def _metadata(document: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = document.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}

"""From what Kubernetes calls a machine to its bill's ResourceId: clouds write it with a prefix of their own."""

from __future__ import annotations

import re

__all__ = ["resource_of"]

_AWS = re.compile(r"aws:///[^/]*/(?P<id>[^/]+)$")
_GCE = re.compile(r"gce://[^/]*/[^/]*/(?P<id>[^/]+)$")


def resource_of(provider_id: str) -> str:
    """ResourceId of a node's `spec.providerID`: `aws:///eu-west-1a/i-0a1b2c3d` is `i-0a1b2c3d`."""
    for form in (_AWS, _GCE):
        found = form.match(provider_id)
        if found:
            return found["id"]
    return provider_id.removeprefix("azure://")

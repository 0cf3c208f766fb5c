"""Valid OSV entries; a test states what differs."""

from __future__ import annotations

from typing import Any

__all__ = ["affected", "entry"]


def affected(*events: dict[str, str], name: str = "torch", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """One affected package, with a range of these events where there are any."""
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    return {"package": {"ecosystem": "PyPI", "name": name}, "ranges": ranges, **changes}


def entry(*packages: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """An entry about these packages; without any, about torch before 2.6.0."""
    usual = affected({"introduced": "0"}, {"fixed": "2.6.0"})
    return {
        "schema_version": "1.6.0",
        "id": "GHSA-53q9-r3pm-6pq6",
        "modified": "2025-05-28T19:46:11Z",
        "summary": "torch.load runs code",
        "affected": list(packages) or [usual],
        **changes,
    }

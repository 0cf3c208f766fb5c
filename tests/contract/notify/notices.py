"""A notice to build on; a test states only what differs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fairlead.domain.notification import Message, Notice

__all__ = ["AT", "message", "notice"]

AT = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)


def notice(**fields: Any) -> Notice:  # noqa: ANN401 - any field of a notice
    """Something that happened to digits in prod."""
    given: dict[str, Any] = {
        "sequence": 7,
        "record": "ab" * 32,
        "at": AT,
        "kind": "incident-opened",
        "urgency": "critical",
        "environment": "prod",
        "model": "digits",
        "owner": "vision@example.com",
        "release": "digits@aaaaaaaaaaaa",
        "commit": "a" * 40,
        "title": "unhealthy: digits in prod",
        "message": "it exited with 1",
        "mend": "fairlead logs digits",
    }
    return Notice(**{**given, **fields})


def message(*notices: Notice) -> Message:
    """A message of these notices, or of one."""
    return Message("msg_0123456789abcdef0123456789abcdef", "shop", notices or (notice(),))

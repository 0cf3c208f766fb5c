"""How a secret value may be written in a text: what has to be taken out of everything that is logged or shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

__all__ = ["REDACTED", "secret_forms"]

REDACTED = "[secret]"
"""What stands in the place of a secret."""

_SHORTEST = 4
"""Shorter values would blank ordinary words and numbers; nobody guards a door with three letters."""

_SHORTEST_LINE = 12
"""Of a value with several lines, such as a key, each line that is at least this long is a secret by itself."""


def secret_forms(value: str) -> Iterator[str]:
    """The value itself, as JSON and as a URL write it, and its long lines; none for one that is too short."""
    lines = [line.strip() for line in value.splitlines()]
    parts = {value.strip()} | {line for line in lines if len(line) >= _SHORTEST_LINE}
    for part in parts:
        if len(part) >= _SHORTEST:
            yield part
            yield json.dumps(part)[1:-1]
            yield json.dumps(part, ensure_ascii=False)[1:-1]
            yield quote(part, safe="")

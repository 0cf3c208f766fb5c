"""Takes known secret values out of any text before it is logged or shown."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from urllib.parse import quote

__all__ = ["REDACTED", "Redactor"]

REDACTED = "[secret]"

_SHORTEST = 4
"""Shorter values would blank ordinary words and numbers; nobody guards a door with three letters."""

_SHORTEST_LINE = 12
"""Of a value with several lines, such as a key, each line that is at least this long is a secret by itself."""


class Redactor:
    """Knows values, and replaces them, also as JSON or a URL writes them. May be used from several threads."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._learning = threading.Lock()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, value: str) -> None:
        """Make a value known; it is taken out of every text from now on."""
        with self._learning:
            known = self._known | set(_forms(value))
            if known != self._known:
                self._known = known
                longest_first = sorted(known, key=lambda form: (-len(form), form))
                self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def redact(self, text: str) -> str:
        """The text, with `[secret]` in the place of every known value."""
        return self._pattern.sub(REDACTED, text) if self._pattern else text


def _forms(value: str) -> Iterator[str]:
    lines = [line.strip() for line in value.splitlines()]
    parts = {value.strip()} | {line for line in lines if len(line) >= _SHORTEST_LINE}
    for part in parts:
        if len(part) >= _SHORTEST:
            yield part
            yield json.dumps(part)[1:-1]
            yield json.dumps(part, ensure_ascii=False)[1:-1]
            yield quote(part, safe="")

"""Takes known secret values out of any text before it is logged or shown."""

from __future__ import annotations

import re
import threading

from fairlead.kernel.secret_forms import REDACTED, secret_forms

__all__ = ["REDACTED", "Redactor"]


class Redactor:
    """Knows values, and replaces them, also as JSON or a URL writes them. May be used from several threads."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._learning = threading.Lock()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, value: str) -> None:
        """Make a value known; it is taken out of every text from now on."""
        with self._learning:
            known = self._known | set(secret_forms(value))
            if known != self._known:
                self._known = known
                longest_first = sorted(known, key=lambda form: (-len(form), form))
                self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def redact(self, text: str) -> str:
        """The text, with `[secret]` in the place of every known value."""
        return self._pattern.sub(REDACTED, text) if self._pattern else text

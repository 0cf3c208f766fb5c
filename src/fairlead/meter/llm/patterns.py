"""Names of models and providers as patterns: `claude-2`, `claude-2*`, `*claude*`, `re:^o[134]`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fairlead.meter.llm.paths import Json

__all__ = ["Pattern", "patterns_of"]

_REGEX = "re:"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Alternatives, of which one must fit with all of its parts. Case does not count."""

    alternatives: tuple[tuple[str, ...], ...]

    def fits(self, name: str) -> bool:
        """Whether any alternative fits `name`."""
        lower = name.lower()
        return any(all(_fits(part, lower) for part in parts) for parts in self.alternatives)


def patterns_of(value: Json) -> Pattern:
    """What JSON says, as a pattern; ValueError where it is none."""
    given = [value] if isinstance(value, str) else value
    wanted = [each if isinstance(each, list) else [each] for each in given] if isinstance(given, list) else []
    if not wanted or not all(part and isinstance(part, str) for each in wanted for part in each):
        raise ValueError("a pattern is a text or a list of texts")
    return Pattern(tuple(tuple(_ready(part) for part in each) for each in wanted))


def _ready(part: str) -> str:
    """In small letters; `re.error` where it is no regular expression."""
    if not part.startswith(_REGEX):
        return part.lower()
    re.compile(part.removeprefix(_REGEX))
    return part


def _fits(part: str, lower: str) -> bool:
    if part.startswith(_REGEX):
        return re.search(part.removeprefix(_REGEX), lower) is not None
    text = part.strip("*")
    if part.startswith("*"):
        return text in lower if part.endswith("*") else lower.endswith(text)
    return lower.startswith(text) if part.endswith("*") else lower == text

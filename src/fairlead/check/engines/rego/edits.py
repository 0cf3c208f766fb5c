"""Changes to a text that keep its lines: collected first, applied together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Edit", "apply_edits"]


class Edit(NamedTuple):
    """Characters from `start` to `end` become `text`. Equal offsets insert."""

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made; they must not overlap. Those at one place stand in the order given."""
    pieces, last = [], 0
    for edit in sorted(edits, key=lambda each: (each.start, each.end)):
        pieces += [text[last : edit.start], edit.text]
        last = edit.end
    return "".join([*pieces, text[last:]])

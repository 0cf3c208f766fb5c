"""Reads a text as a provider's list, as an import does."""

from __future__ import annotations

from io import StringIO

from fairlead.kernel.plugins import load_member
from fairlead.plan.price_lists.base import GROUP, READERS, Item, Line

__all__ = ["items", "lines"]


def items(kind: str, text: str) -> list[Item]:
    """Everything that the reader of that name yields."""
    return list(load_member(GROUP, READERS, kind)(text[:4096], StringIO(text, newline="")))


def lines(kind: str, text: str) -> list[Line]:
    """The prices alone."""
    return [each for each in items(kind, text) if isinstance(each, Line)]

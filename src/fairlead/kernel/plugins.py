"""Members beside a `base.py`, found by name: a built-in table first, then entry points of other packages."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from fairlead.kernel.errors import UsageError

__all__ = ["load_member", "member_names"]


def member_names(group: str, table: Mapping[str, str]) -> list[str]:
    """Names that `load_member` would accept, sorted."""
    return sorted({*table, *(point.name for point in entry_points(group=group))})


def load_member(group: str, table: Mapping[str, str], name: str) -> Any:  # noqa: ANN401 - the group says its protocol
    """The object that `table` names as `module:attribute`, or that another package offers under `group`.

    An unknown name raises UsageError that lists the known ones; nothing is fallen back to.
    """
    if name in table:
        module, _, attribute = table[name].partition(":")
        return getattr(import_module(module), attribute)
    for point in entry_points(group=group, name=name):
        return point.load()
    known = ", ".join(member_names(group, table))
    raise UsageError(f"unknown name {name!r} in {group}", mend=f"use one of: {known}")

"""The attribute Column Handling, as far as names and order of columns show it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from fairlead.meter.conformance.report import Example

__all__ = ["misnamed"]

_LONGEST = 50


def misnamed(aspect: str, columns: Sequence[str], known: Collection[str]) -> tuple[Example, ...]:
    """Columns that break an aspect: `short`, `prefixed` or `ordered`. `known` are those that FOCUS defines."""
    first = next((place for place, name in enumerate(columns) if name not in known), len(columns))
    wrong = {
        "short": [name for name in columns if len(name) > _LONGEST],
        "prefixed": [name for name in columns if name not in known and not name.startswith("x_")],
        "ordered": [name for name in columns[first:] if name in known],
    }
    return tuple(Example(0, {"column": name}) for name in wrong[aspect])

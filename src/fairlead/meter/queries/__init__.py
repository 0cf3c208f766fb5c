"""The ledger's questions to the lake, one named `.sql` file each. Money is only added up in them, never divided."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from fairlead.kernel.errors import UsageError

__all__ = ["DIMENSIONS", "columns_of", "query_text"]

DIMENSIONS = ("model", "release", "customer", "environment", "window")
"""What usage and cost are grouped by."""

_COLUMNS = {"release": ("model", "release"), "window": ("window_start", "window_end")}


@cache
def _text(name: str) -> str:
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def columns_of(by: Iterable[str]) -> tuple[str, ...]:
    """The columns that the dimensions `by` stand for. UsageError for an unknown dimension."""
    columns: dict[str, None] = {}
    for dimension in by:
        if dimension not in DIMENSIONS:
            raise UsageError(f"unknown dimension {dimension!r}", mend=f"use some of: {', '.join(DIMENSIONS)}")
        columns |= dict.fromkeys(_COLUMNS.get(dimension, (dimension,)))
    return tuple(columns)


def query_text(name: str, by: Iterable[str] = ()) -> str:
    """The query `name`; `/* by */` in it becomes the columns of the dimensions."""
    return _text(name).replace("/* by */", "".join(f"{column}, " for column in columns_of(by)))

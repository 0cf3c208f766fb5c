"""Pure: whether use can be divided by: no source counted twice, and none of it left without a group of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

__all__ = ["Use", "strays", "told_twice"]


@dataclass(frozen=True, slots=True)
class Use:
    """Rows of `expressions.measured`; `doubled` says why they may hold the same use twice, '' where they do not."""

    rows: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)
    doubled: str = ""


def told_twice(rows: Iterable[Mapping[str, Any]]) -> str:
    """What is wrong where two sources measured the same of one model: whether it is the same use, nobody can tell."""
    sources: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        sources.setdefault((str(row["measure"]), str(row["model"])), set()).add(str(row["source"]))
    for (measure, model), names in sorted(sources.items()):
        if len(names) > 1:
            told = " and ".join(sorted(names))
            return f"{measure.replace('_', ' ')} of {model or 'no model'} come from {told}: choose with --usage"
    return ""


def strays(
    key: tuple[str, ...], lines: Collection[tuple[str, ...]], usage: Mapping[tuple[str, ...], Mapping[str, Decimal]]
) -> str:
    """Why a group's use may not be all of it: use that names less than the group, and belongs to no group of lines."""
    for other, measures in sorted(usage.items()):
        if other in lines or not any(not mine and mine != own for mine, own in zip(other, key, strict=True)):
            continue
        if all(not mine or mine == own for mine, own in zip(other, key, strict=True)):
            measure, quantity = max(measures.items(), key=lambda each: each[1])
            return f"{quantity.normalize():,f} {measure.replace('_', ' ')} do not say whose they are"
    return ""

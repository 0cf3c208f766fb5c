"""Which dimension explains a change, and with what share: the cause that an alarm names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

__all__ = ["Cause", "causes", "concentrated"]

_ENOUGH = 0.9
"""Values of a dimension are taken, largest first, until they explain so much of the change."""

_LEAST_CHANGE = 0.05
_REST = 0.4
"""The other values may have changed by this part of what the whole changed by; by less where more values are taken."""

_LIFT = 0.2
"""A cause explains so much more of the change than its part of the whole had been."""

_MOST_VALUES = 2


@dataclass(frozen=True, slots=True)
class Cause:
    """`values` of a dimension that moved with the change, and the share of it that they explain.

    `surprise` in [0, 1] is how far the dimension's split before and after differ: a change that touches all customers
    alike is explained by no customer.
    """

    dimension: str
    values: tuple[str, ...]
    share: float
    surprise: float


def causes(before: Mapping[str, Mapping[str, float]], after: Mapping[str, Mapping[str, float]]) -> tuple[Cause, ...]:
    """Rank the dimensions, likeliest cause first; amounts per dimension and value, not negative.

    As in Adtributor (Bhagwan et al. 2014): explanatory power is a value's part of the change, surprise the
    Jensen-Shannon divergence (base 2) between the splits; the fewest values that explain most come first among
    equally surprising dimensions. A dimension whose total did not change explains nothing and is left out.
    """
    found = (_cause(name, before.get(name, {}), after.get(name, {})) for name in sorted({*before, *after}))
    return tuple(sorted((cause for cause in found if cause), key=lambda cause: (-cause.surprise, len(cause.values))))


def concentrated(before: Mapping[str, Mapping[str, float]], after: Mapping[str, Mapping[str, float]]) -> Cause | None:
    """The dimension whose one value (or two, or three) rose while its other values did not; None where all alike did.

    Amounts per dimension and value. Of several such dimensions it is the one that explains most beyond what its
    values had been of the whole: a region in which the customer lives explains less than the customer.
    """
    best: tuple[float, Cause] | None = None
    for dimension in sorted({*before, *after}):
        found = _few(dimension, before.get(dimension, {}), after.get(dimension, {}))
        if found and (best is None or found[0] > best[0]):
            best = found
    return best[1] if best else None


def _few(dimension: str, before: Mapping[str, float], after: Mapping[str, float]) -> tuple[float, Cause] | None:
    """The fewest values of a dimension that explain a rise alone, and their lift; None where none do."""
    whole = sum(before.values())
    rise = sum(after.values()) - whole
    values = sorted({*before, *after}, key=lambda each: (before.get(each, 0.0) - after.get(each, 0.0), each))
    if rise <= _LEAST_CHANGE * whole:
        return None
    for count in range(1, min(_MOST_VALUES, len(values) - 1) + 1):
        taken = values[:count]
        had = sum(before.get(value, 0.0) for value in taken)
        part = sum(after.get(value, 0.0) for value in taken) - had
        rest, others = rise - part, whole - had
        share = part / rise
        lift = share - (had / whole if whole else 0.0)
        if rest <= _REST / count * rise * (others / whole if whole else 0.0) and lift >= _LIFT:
            return lift, Cause(dimension, tuple(taken), share, _divergence(before, after))
    return None


def _cause(dimension: str, before: Mapping[str, float], after: Mapping[str, float]) -> Cause | None:
    change = sum(after.values()) - sum(before.values())
    if not change:
        return None
    moves = {value: after.get(value, 0.0) - before.get(value, 0.0) for value in {*before, *after}}
    taken: list[str] = []
    share = 0.0
    for value in sorted(moves, key=lambda value: (-moves[value] / change, value)):
        if share >= _ENOUGH:
            break
        taken.append(value)
        share += moves[value] / change
    return Cause(dimension, tuple(taken), share, _divergence(before, after))


def _divergence(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """Jensen-Shannon divergence of the two splits, in bits; 1 where either side is empty."""
    whole_before, whole_after = sum(before.values()), sum(after.values())
    if whole_before <= 0 or whole_after <= 0:
        return 1.0
    total = 0.0
    for value in {*before, *after}:
        old, new = before.get(value, 0.0) / whole_before, after.get(value, 0.0) / whole_after
        middle = (old + new) / 2
        total += sum(part * log2(part / middle) for part in (old, new) if part > 0) / 2
    return total

"""Shares of a physical GPU as seconds of it: MIG slices, time slices and fractions. An hour of a GPU stays an hour.

Sources: NVIDIA, MIG User Guide, "Supported MIG Profiles" (fraction of SMs by profile: slices of 7, or of 4 on A30 and
RTX PRO 6000) and "Supported GPUs" (most instances by product); NVIDIA k8s-device-plugin, "Shared Access to GPUs"
(time slicing has no shares of its own: whoever holds a slice at a time holds it alike).
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Generic, TypeVar

from fairlead.kernel.money import split
from fairlead.meter.collectors.base import QUANTITY_DIGITS

__all__ = [
    "Divided",
    "Held",
    "Shares",
    "conserved",
    "divided",
    "mig_part",
    "reserved_seconds",
    "seen_together",
    "time_slice",
]

_UNITS: int = 10**QUANTITY_DIGITS
_PROFILE = re.compile(r"(?:(?P<compute>[1-7])c\.)?(?P<slices>[1-7])g\.[0-9]+gb(?:\+.*)?")
_SLICES = 7
_FEWER = {"A30": 4, "RTX PRO 6000": 4, "RTX PRO 5000": 2, "RTX PRO 4500": 2}
"""Compute slices of products that have not 7, by a part of the product's name."""

_Key = TypeVar("_Key", bound=Hashable)


def mig_part(profile: str, product: str = "") -> Fraction | None:
    """Part of the GPU's compute that an instance has: `1g.5gb` is 1/7, on an A30 `1g.6gb` is 1/4. None: no profile.

    A compute instance (`1c.3g.20gb`) has the slices of its first figure. Memory is not counted: `1g.20gb` is 1/7 too.
    """
    found = _PROFILE.fullmatch(profile.strip().lower().removeprefix("mig-").removeprefix("mig "))
    if found is None:
        return None
    whole = next((slices for name, slices in _FEWER.items() if name in product), _SLICES)
    slices = int(found["compute"] or found["slices"])
    return Fraction(slices, whole) if slices <= whole else None


def time_slice(replicas: int) -> Fraction:
    """Part of a GPU that one of its `replicas` time slices stands for."""
    return Fraction(1, replicas)


@dataclass(frozen=True, slots=True)
class Shares(Generic[_Key]):
    """Seconds of one physical GPU by holder, with 9 digits; `over`: more was asked for than there is of it."""

    seconds: Mapping[_Key, Decimal]
    over: bool


def reserved_seconds(parts: Mapping[_Key, Fraction], seconds: Fraction) -> Shares[_Key]:
    """What each holder of a part of one GPU has of `seconds` of it, to the last digit.

    Parts that sum to 1 sum to `seconds`. Where they sum to more, the whole is divided in their proportion.
    """
    asked = sum(parts.values(), Fraction(0))
    over = asked > 1
    return Shares(conserved({key: part * seconds / (asked if over else 1) for key, part in parts.items()}), over)


def conserved(exact: Mapping[_Key, Fraction]) -> dict[_Key, Decimal]:
    """Quantities with 9 digits that sum to the rounded sum of the exact ones (ties to even), by largest remainder."""
    units = round(sum(exact.values(), Fraction(0)) * _UNITS)
    shared = lcm(*(part.denominator for part in exact.values()))
    weights = [int(part * shared) for part in exact.values()]
    if not any(weights):
        return dict.fromkeys(exact, Decimal(0))
    parts = split(units, weights)
    return {key: Decimal(part).scaleb(-QUANTITY_DIGITS) for key, part in zip(exact, parts, strict=True)}


@dataclass(frozen=True, slots=True)
class Held(Generic[_Key]):
    """A span [start, end) of milliseconds in which a holder was seen on a GPU or an instance of it.

    `held`: somebody holds it; what nobody holds is reserved by nobody. `busy` is how busy all of it was, 0 to 1.
    """

    start: int
    end: int
    holder: _Key
    held: bool
    busy: Fraction


@dataclass(frozen=True, slots=True)
class Divided(Generic[_Key]):
    """Milliseconds of a GPU or an instance, by holder: reserved, and busy."""

    reserved: Mapping[_Key, Fraction]
    busy: Mapping[_Key, Fraction]


def seen_together(spans: Iterable[Held[_Key]]) -> int:
    """Milliseconds in which there was any of the spans."""
    seen, until = 0, 0
    for start, end in sorted((span.start, span.end) for span in spans):
        seen += max(end - max(start, until), 0)
        until = max(until, end)
    return seen


def divided(spans: Sequence[Held[_Key]]) -> Divided[_Key]:
    """Divide one GPU, or instance, among its holders: whoever is there at a moment has an equal part of it.

    How busy it is, the series of each of its holders says of the whole; so that is divided among them as well.
    """
    reserved: dict[_Key, Fraction] = {}
    busy: dict[_Key, Fraction] = {}
    for first, last in pairwise(sorted({moment for span in spans for moment in (span.start, span.end)})):
        there = [span for span in spans if span.start <= first and span.end >= last]
        holders = [span for span in there if span.held] or there
        for span in holders:
            part = Fraction(last - first, len(holders))
            busy[span.holder] = busy.get(span.holder, Fraction(0)) + part * span.busy
            if span.held:
                reserved[span.holder] = reserved.get(span.holder, Fraction(0)) + part
    return Divided(reserved, busy)

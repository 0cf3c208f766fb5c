"""What an API may charge for, and how counts that are parts of others are told apart before they are priced.

APIs report totals and parts of them: cached tokens are a part of the input, reasoning tokens a part of the output, and
cached audio a part of both the cached and the audio tokens. Charging each reported count would charge some tokens
twice. So every unit is a set of traits; a unit is part of another one whose traits are fewer and all its own; and a
priced unit pays for what is left of it once the priced units that are parts of it have taken theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

__all__ = ["INPUT", "OUTPUT", "UNITS", "CountsError", "Unit", "shares"]

INPUT, OUTPUT = "input", "output"

_MODALITIES = ("", "text", "audio", "image", "video")
_INPUT_KINDS = ("", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "tool")
_OUTPUT_KINDS = ("", "reasoning", "citation")
_MILLION, _THOUSAND = 6, 3


class CountsError(ValueError):
    """The counts contradict one another, or one that is needed is not among them."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is counted. A price is per 10**`scale` of it; its direction is a trait, where it has one."""

    name: str
    traits: frozenset[str]
    scale: int

    def holds(self, other: Unit) -> bool:
        """Whether `other` is a part of this one."""
        return self.traits < other.traits


def _token_units() -> Iterator[Unit]:
    for kind, modality in product(_INPUT_KINDS, _MODALITIES):
        yield Unit(_input_name(kind, modality), _traits(INPUT, kind, modality), _MILLION)
    for kind, modality in product(_OUTPUT_KINDS, _MODALITIES):
        name = "_".join(part for part in (OUTPUT, modality, kind) if part)
        yield Unit(name, _traits(OUTPUT, kind, modality), _MILLION)


def _input_name(kind: str, modality: str) -> str:
    """`input_audio`, `input_tool`, but `cache_read` and `cache_audio_read`."""
    if kind.startswith("cache_"):
        return "_".join(part for part in ("cache", modality, kind.removeprefix("cache_")) if part)
    return "_".join(part for part in (INPUT, modality, kind) if part)


def _traits(direction: str, kind: str, modality: str) -> frozenset[str]:
    """A cache write that lasts an hour is a cache write too."""
    kinds = {kind, "cache_write"} if kind.startswith("cache_write") else {kind}
    return frozenset({direction, modality, *kinds} - {""})


UNITS: Mapping[str, Unit] = {
    **{unit.name: unit for unit in _token_units()},
    "web_search": Unit("web_search", frozenset({"web_search"}), _THOUSAND),
    "request": Unit("request", frozenset({"request"}), _THOUSAND),
}
"""Every unit by its name. Tokens are priced per million, searches and requests per thousand."""


def shares(priced: Iterable[str], counts: Mapping[str, int]) -> dict[str, int]:
    """How many of each `priced` unit are to be paid at its own price, so that none is paid twice.

    `counts` are as the body reported them; what it does not report is 0, unless parts of it were reported. CountsError
    where the parts exceed their whole, or where a whole is missing whose parts are there.
    """
    units = sorted((UNITS[name] for name in priced), key=lambda unit: (-len(unit.traits), unit.name))
    left: dict[str, int] = {}
    for unit in units:
        parts = sum(left[part.name] for part in units if unit.holds(part))
        whole = _count(unit, counts)
        if parts > whole:
            raise CountsError(f"parts of {unit.name} add up to {parts}, more than the {whole} it counts")
        left[unit.name] = whole - parts
    return left


def _count(unit: Unit, counts: Mapping[str, int]) -> int:
    """The reported count. Nothing reported is 0 only where nothing of it can be hidden in other counts."""
    if unit.name in counts:
        return counts[unit.name]
    reported = [UNITS[name] for name, count in counts.items() if count]
    for part in reported:
        if unit.holds(part):
            raise CountsError(f"{part.name} is counted, but not the {unit.name} that it is a part of")
    for one, other in combinations(reported, 2):
        crossing = not (one.holds(other) or other.holds(one)) and one.traits | other.traits == unit.traits
        if crossing:
            raise CountsError(f"{one.name} and {other.name} have prices of their own, and their overlap is not counted")
    return 0

"""Counts out of a body, by the reader of its API: `readers.toml` says where they stand."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from fairlead.meter.llm.paths import Json, reached, there
from fairlead.meter.llm.units import UNITS

__all__ = ["Reader", "Reading", "ReadingError", "Shape", "Sign", "readers", "shapes", "signs"]

_MOST = 10**15
"""No answer counts a thousand million million tokens; what does is a mistake."""


class ReadingError(ValueError):
    """The body does not hold what its API always reports, or something that is no count."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body reports: the model's name (None: it names none) and counts by unit, as reported."""

    model: str | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Reader:
    """Where one API keeps its counts."""

    name: str
    root: str
    model: str
    needs: tuple[str, ...]
    counts: Mapping[str, tuple[str, ...]]

    def read(self, body: Json) -> Reading:
        """The counts of `body`; ReadingError says what is missing or no count."""
        roots = reached(body, self.root)
        if not roots or not isinstance(roots[0], dict):
            raise ReadingError(f"there is no {self.root or 'object'} in the body")
        for path in self.needs:
            if not reached(roots[0], path):
                raise ReadingError(f"{self._place(path)} is missing")
        counts = {
            unit: found for unit, paths in self.counts.items() if (found := self._sum(roots[0], paths)) is not None
        }
        if not counts:
            raise ReadingError(f"{self.root or 'the body'} holds no counts")
        names = [name for name in reached(body, self.model) if isinstance(name, str) and name]
        return Reading(names[0] if names else None, counts)

    def _sum(self, root: Json, paths: tuple[str, ...]) -> int | None:
        found = [_count(value, self._place(path)) for path in paths for value in reached(root, path)]
        return sum(found) if found else None

    def _place(self, path: str) -> str:
        return f"{self.root}.{path}" if self.root else path


@dataclass(frozen=True, slots=True)
class Shape:
    """What a body looks like, and the readers that fit it, best first."""

    name: str
    readers: tuple[str, ...]
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()

    def fits(self, body: Json) -> bool:
        """Whether `body` looks like this."""
        one = not self.any or any(there(body, path) for path in self.any)
        return one and all(there(body, path) for path in self.all)


@dataclass(frozen=True, slots=True)
class Sign:
    """A place in a body that only one provider fills."""

    provider: str
    any: tuple[str, ...]

    def fits(self, body: Json) -> bool:
        """Whether `body` bears the sign."""
        return any(there(body, path) for path in self.any)


def readers() -> Mapping[str, Reader]:
    """Every reader by its name."""
    return _table()[0]


def shapes() -> tuple[Shape, ...]:
    """Shapes, in the order in which they are tried."""
    return _table()[1]


def signs() -> tuple[Sign, ...]:
    """Signs, in the order in which they are tried."""
    return _table()[2]


@cache
def _table() -> tuple[Mapping[str, Reader], tuple[Shape, ...], tuple[Sign, ...]]:
    text = files("fairlead.meter.llm").joinpath("readers.toml").read_text("utf-8")
    table = tomllib.loads(text)
    found = {name: _reader(name, each) for name, each in table["reader"].items()}
    known = tuple(Shape(**{key: _frozen(value) for key, value in each.items()}) for each in table["shape"])
    return found, known, tuple(Sign(each["provider"], tuple(each["any"])) for each in table["sign"])


def _reader(name: str, table: Mapping[str, Any]) -> Reader:
    counts = {UNITS[unit].name: tuple(paths) for unit, paths in table["counts"].items()}
    return Reader(name, table["root"], table["model"], tuple(table["needs"]), counts)


def _frozen(value: Json) -> Json:
    return tuple(value) if isinstance(value, list) else value


def _count(value: Json, place: str) -> int:
    """A whole number that is not negative; `5.0` is one too (Cohere writes it so)."""
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() < len(str(_MOST)) and value == int(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ReadingError(f"{place} is no whole number")
    if not 0 <= value <= _MOST:
        raise ReadingError(f"{place} is {'negative' if value < 0 else 'beyond what one answer can count'}")
    return value

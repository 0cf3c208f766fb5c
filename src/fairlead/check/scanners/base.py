"""What a scanner of a model's files takes and gives: a feed of bytes and its place, and problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from fairlead.check.scanners.feed import Feed
from fairlead.domain.finding import Severity

__all__ = ["ANY_SIZE", "CONTENT", "MAX_DEPTH", "BombError", "Budget", "Place", "Problem", "Scanner", "shown"]

MAX_DEPTH = 5
"""Archives within archives that are opened."""

ANY_SIZE = 1 << 62
"""The size of what is unpacked while it is read: it is not known before its end."""

_LEAST_ROOM, _RATIO = 1 << 30, 100
_MEMBERS = 100_000
_STEPS = 60_000_000
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """What a scanner found in a file: a stable rule, a sentence, what to do, and how much it weighs."""

    rule: str
    message: str
    mend: str
    severity: Severity = Severity.ERROR


class BombError(Exception):
    """Unpacking takes more than any model needs."""


@dataclass(slots=True)
class Budget:
    """What may still be spent on one file, over all archives in it: unpacked bytes, members, pickle opcodes."""

    room: int
    members: int = _MEMBERS
    steps: int = _STEPS

    @classmethod
    def of(cls, size: int) -> Budget:
        """A file may grow a hundredfold, and to one GiB in any case."""
        return cls(max(_LEAST_ROOM, _RATIO * size))

    def spend(self, count: int) -> None:
        """Take `count` unpacked bytes away; BombError where none are left."""
        self.room -= count
        if self.room < 0:
            raise BombError("it unpacks to more than a hundred times its size")

    def spend_steps(self, count: int) -> None:
        """Take `count` pickle opcodes away."""
        self.steps -= count
        if self.steps < 0:
            raise BombError(f"its pickles have more than {_STEPS} opcodes")

    def spend_member(self) -> None:
        """Take one member away."""
        self.members -= 1
        if self.members < 0:
            raise BombError(f"it holds more than {_MEMBERS} files")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a feed stands: its name within the artifact, all files of that artifact, and the way down to it."""

    name: str
    size: int
    files: frozenset[str] = frozenset()
    budget: Budget = field(default_factory=lambda: Budget(_LEAST_ROOM))
    inside: tuple[str, ...] = ()

    def member(self, name: str, size: int) -> Place:
        """The place of a file within this one, which is an archive."""
        return replace(self, name=name, size=size, inside=(*self.inside, self.name))

    @property
    def label(self) -> str:
        """How messages name it: `model.pt: archive/data.pkl`."""
        return ": ".join(shown(name) for name in (*self.inside, self.name)[-2:])


Scanner: TypeAlias = Callable[[Feed, Place], Iterable[Problem]]
"""Reads a feed from its start. It may leave a rest unread, and executes nothing of what it reads."""


CONTENT = {"content": "fairlead.check.scanners.scan:scan_content"}
"""Who scans anything, by name: scanners that `scan.py` itself starts from cannot import it."""


def shown(text: str) -> str:
    """A name from a file as a message may show it: short, and without what steers a terminal."""
    clean = "".join(each if each.isprintable() else "?" for each in text)
    return clean if len(clean) <= _SHOWN else f"{clean[:_SHOWN]}..."

"""What became of a case of a policy's tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fairlead.check.engines.base import RegoError

__all__ = ["Outcome", "Ran", "ReadText", "places"]

ReadText = Callable[[str], str | None]
"""The text of a file, by its path; None where there is none that can be read."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: what was expected, what came, and whether that is right. `error`: it could not be judged at all."""

    suite: str
    test: str
    case: str
    expected: str
    got: str
    passed: bool
    error: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """All cases that ran, and how many their authors set aside."""

    outcomes: tuple[Outcome, ...] = ()
    skipped: int = 0

    def __add__(self, other: Ran) -> Ran:
        """Both together."""
        return Ran(self.outcomes + other.outcomes, self.skipped + other.skipped)


def places(error: RegoError) -> str:
    """What does not compile, with file and line."""
    return "; ".join(f"{fault.path}:{fault.line}: {fault.message}" for fault in error.faults)

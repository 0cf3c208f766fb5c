"""What a scanner of a model's files does, and which one reads what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from fairlead.kernel.plugins import load_member, member_names

__all__ = ["GROUP", "SCANNERS", "Problem", "Scanner", "scanner_for"]

GROUP = "fairlead.scanners"
SCANNERS = {".onnx": "fairlead.check.scanners.onnx:scan"}
"""Built-in scanners by the ending of a file's name."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a scanner found in a file: a stable rule, a sentence, and what to do."""

    rule: str
    message: str
    mend: str


Scanner: TypeAlias = Callable[[BinaryIO, int, frozenset[str]], Iterable[Problem]]
"""(stream from the file's start, its size in bytes, paths of all files of the artifact) -> problems."""


def scanner_for(path: str) -> Scanner | None:
    """The scanner for a file's name, or None where no format is known for it."""
    name = path.rpartition("/")[2].lower()
    ending = next((each for each in member_names(GROUP, SCANNERS) if name.endswith(each)), None)
    if ending is None:
        return None
    scanner: Scanner = load_member(GROUP, SCANNERS, ending)
    return scanner

"""A unified diff, line by line, with the numbers of both sides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["DiffLine", "diff_lines"]

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_HEADERS = ("diff --git", "index ", "new file", "deleted file", "similarity", "rename ", "old mode", "new mode")


@dataclass(frozen=True, slots=True)
class DiffLine:
    """`kind` is file, hunk, add, cut or same; `old` and `new` are line numbers, None where a side has no such line."""

    kind: str
    text: str
    old: int | None = None
    new: int | None = None


def diff_lines(difference: str) -> Iterator[DiffLine]:
    """The lines of a diff as Git writes it; what stands before the first hunk names the file."""
    old = new = 0
    inside = False
    for line in difference.splitlines():
        hunk = _HUNK.match(line)
        if hunk:
            old, new, inside = int(hunk[1]), int(hunk[2]), True
            yield DiffLine("hunk", line)
        elif line.startswith(_HEADERS):
            inside = False
            if line.startswith("diff --git"):
                yield DiffLine("file", line.removeprefix("diff --git "))
        elif not inside or line.startswith("\\"):
            continue
        elif line.startswith("+"):
            yield DiffLine("add", line[1:], None, new)
            new += 1
        elif line.startswith("-"):
            yield DiffLine("cut", line[1:], old, None)
            old += 1
        else:
            yield DiffLine("same", line[1:], old, new)
            old, new = old + 1, new + 1

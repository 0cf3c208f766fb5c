"""Pure: which small files of the lake are merged. Keeps the number of files bounded while windows stay cheap.

Per table and UTC day: 32 files of one level become one of the next level, and a day that has passed becomes one
file. So a day holds at most 32 files per level while it lasts (two levels for windows of five minutes, three for
windows of five seconds), and one afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from fairlead.drivers.lake_manifest import LakeFile

__all__ = ["FAN_IN", "compactions"]

FAN_IN = 32
"""Files that are merged at once. A row is written again once per level, and once when its day has passed."""


def compactions(files: Sequence[LakeFile], generation: int) -> list[tuple[LakeFile, list[LakeFile]]]:
    """The merged files to write, each with the files that it replaces, in the order of time."""
    by_day: dict[tuple[str, str], list[LakeFile]] = defaultdict(list)
    for file in files:
        by_day[file.table, file.day].append(file)
    today = max((file.day for file in files), default="")
    due = []
    for (table, day), all_of_day in by_day.items():
        sources = all_of_day if day < today else _full_level(all_of_day)
        if len(sources) > 1:
            level = max(file.level for file in sources) + 1
            due.append((LakeFile(table, day, level, f"{day}.{generation:09d}.{level}.parquet"), sources))
    return due


def _full_level(files: list[LakeFile]) -> list[LakeFile]:
    """The files of the lowest level that is full, or none."""
    for level in sorted({file.level for file in files}):
        of_level = [file for file in files if file.level == level]
        if len(of_level) >= FAN_IN:
            return of_level
    return []

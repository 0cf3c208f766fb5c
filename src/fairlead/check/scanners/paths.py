"""Names of an archive's members: whether unpacking one would leave the folder, or show another name than it has."""

from __future__ import annotations

from fairlead.check.scanners.base import Place, Problem, shown

__all__ = ["path_problem"]

_MEND = "pack the archive again with plain relative names"


def path_problem(name: str, place: Place) -> Problem | None:
    """A problem where a member's name is absolute, climbs, or has characters that no file's name should have."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or name[1:2] == ":":
        why = "leaves the folder"
    elif "\\" in name or not name.isprintable() or not name:
        why = "is no plain name"
    else:
        return None
    return Problem("scan/archive-path", f"`{place.label}`: the name `{shown(name)}` in it {why}", _MEND)

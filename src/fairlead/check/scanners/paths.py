"""Names of an archive's members: whether unpacking one would leave the folder, or show another name than it has."""

from __future__ import annotations

from fairlead.check.scanners.base import Place, Problem, shown

__all__ = ["below_link", "link_problem", "path_problem"]

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


def link_problem(name: str, target: str, links: set[str], place: Place, *, hard: bool) -> Problem | None:
    """A problem where a link may lead out of the folder. `links` are those before it, and this one afterwards.

    A target may climb at its beginning only, and nothing may stand below a link: so where it leads can be told.
    """
    parents = [part for part in name.split("/")[:-1] if part != "."]
    parts = [part for part in target.split("/") if part != "."]
    climbs = next((number for number, part in enumerate(parts) if part != ".."), len(parts))
    links.add(_plain(name))
    room = 0 if hard else len(parents)
    if target.startswith(("/", "\\")) or "\\" in target or ".." in parts[climbs:] or climbs > room:
        message = f"`{place.label}`: the link `{shown(name)}` in it leads to `{shown(target)}`"
        return Problem("scan/archive-path", message, "pack the file itself in its place")
    return None


def below_link(name: str, links: set[str]) -> bool:
    """Whether a member would be unpacked through a link."""
    parts = _plain(name).split("/")
    return bool(links) and any("/".join(parts[:count]) in links for count in range(1, len(parts)))


def _plain(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in {"", "."})

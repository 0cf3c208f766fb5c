"""Testers name a release in a header and meet it, whatever its weight; a name that nothing bears is refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from fairlead.domain.release import SHORT
from fairlead.domain.serving import Route, WeightedBackend
from fairlead.serve.gateway.resources import Resource

__all__ = ["RELEASE_HEADER", "naming", "naming_any", "naming_none"]

RELEASE_HEADER = "x-fairlead-release"

# Envoy refuses expressions of more than 100 instructions: one digit makes one, one that may be missing makes two.
_CUTS = (SHORT, 38, 64)


def naming(backend: WeightedBackend) -> Iterator[Resource]:
    """Each matches some of its names: the full one, and the digest's digits from the first 12 on."""
    yield {"name": RELEASE_HEADER, "string_match": {"exact": backend.name}}
    for begin, end in pairwise(_CUTS):
        optional = backend.release[begin:end]
        tail = "".join(f"(?:{digit}" for digit in optional) + ")?" * len(optional)
        yield {"name": RELEASE_HEADER, "string_match": {"safe_regex": {"regex": backend.release[:begin] + tail}}}


def naming_any() -> Resource:
    """Matches whoever names a release at all."""
    return {"name": RELEASE_HEADER, "present_match": True}


def naming_none(route: Route) -> str:
    """What is said to whoever names another one."""
    known = ", ".join(f"{each.name} ({each.release[:SHORT]})" for each in route.backends)
    return f"{RELEASE_HEADER} names no release of model {route.model!r} in {route.environment}; known: {known}"

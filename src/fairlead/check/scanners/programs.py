"""What a model's files should not hold: programs for the machine, and containers that nothing here can open."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.check.scanners.base import Place, Problem
from fairlead.check.scanners.feed import Feed
from fairlead.domain.finding import Severity

__all__ = ["scan_native", "scan_sealed", "scan_source"]


def scan_native(_feed: Feed, place: Place) -> Iterable[Problem]:
    """A library or program, by its content or by its name."""
    message = f"`{place.label}` is a program or a compiled library, which whoever loads it runs"
    return [Problem("scan/native-code", message, "keep code out of the artifact: it belongs into the serving image")]


def scan_source(_feed: Feed, place: Place) -> Iterable[Problem]:
    """Source beside a model: some loaders run it when they are told to trust it.

    TorchScript's, within torch's archive, is a language of its own that only looks like Python.
    """
    if place.inside and "/code/__torch__" in f"/{place.name}":
        return []
    message = f"`{place.label}` is source code, which loaders run that are told to trust it"
    mend = "keep code out of the artifact, or review it like code"
    return [Problem("scan/source-code", message, mend, Severity.WARNING)]


def scan_sealed(_feed: Feed, place: Place) -> Iterable[Problem]:
    """An archive that cannot be opened here hides whatever is in it."""
    message = f"`{place.label}` is packed in a way that is not read here, so nobody can tell what is in it"
    return [Problem("scan/cannot-tell", message, "unpack it, or pack it as zip, tar or gzip")]

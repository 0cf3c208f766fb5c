"""HDF5 files of Keras. Attributes are plain bytes wherever they stand: no reader of HDF5 is needed to search them."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.check.scanners.base import Place, Problem
from fairlead.check.scanners.feed import Feed
from fairlead.check.scanners.keras import KerasWatch

__all__ = ["scan"]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CONFIG = b"model_config"
_LOOK = 1 << 12


def scan(feed: Feed, place: Place) -> Iterator[Problem]:
    """Code in the layers' description; and no verdict where the description is there and cannot be read."""
    if _SIGNATURE not in feed.peek(_LOOK):
        message = f"`{place.label}` is no HDF5 file"
        yield Problem("scan/disguised", message, "name the file after what it is, or save it again")
        return
    watch, configured, tail = KerasWatch(), False, b""
    for chunk in feed.chunks():
        watch.see(chunk)
        configured = configured or _CONFIG in tail + chunk
        tail = chunk[-len(_CONFIG) :]
    yield from watch.problems(place)
    if configured and not watch.layers:
        message = f"`{place.label}` has a description of layers that cannot be read, so nobody can tell what it runs"
        yield Problem("scan/cannot-tell", message, "save the model again in Keras' own format")

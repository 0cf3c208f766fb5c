"""Lists beside a model of its files and classes: an index of weights, the modules of a sentence model.

Sources: transformers' `modeling_utils.py` (`weight_map`), sentence-transformers' `SentenceTransformer.py`
(`modules.json`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from fairlead.check.scanners.base import Place, Problem, shown
from fairlead.check.scanners.feed import Feed

__all__ = ["read_json", "scan_list"]

_MAX_TEXT = 32 << 20
_OWN = "sentence_transformers."


def read_json(feed: Feed) -> object | None:
    """The whole text as JSON; None where it is none, or larger than such a file ever is."""
    parts, room = [], _MAX_TEXT
    for chunk in feed.chunks():
        parts.append(chunk)
        room -= len(chunk)
        if room < 0:
            return None
    try:
        told: object = json.loads(b"".join(parts))
    except (ValueError, RecursionError):
        return None
    return told


def scan_list(feed: Feed, place: Place) -> Iterator[Problem]:
    """Files that are none of the artifact's, and classes that are none of the library's."""
    told = read_json(feed)
    if isinstance(told, dict) and isinstance(told.get("weight_map"), dict):
        outside = {each for each in told["weight_map"].values() if not isinstance(each, str) or _leaves(each)}
        for each in sorted(map(str, outside))[:1]:
            message = f"`{place.label}` has weights read from `{shown(each)}`, which is outside of the artifact"
            yield Problem("scan/outside-file", message, "name files of the artifact only")
    elif isinstance(told, list):
        kinds = {str(each.get("type")) for each in told if isinstance(each, dict)}
        for kind in sorted(each for each in kinds if not each.startswith(_OWN))[:1]:
            message = f"`{place.label}` has its loader import `{shown(kind)}`"
            yield Problem("scan/remote-code", message, "use modules of the library only")
    elif not isinstance(told, dict):
        message = f"`{place.label}` cannot be read, so nobody can tell what belongs to the model"
        yield Problem("scan/cannot-tell", message, "save the model again")


def _leaves(path: str) -> bool:
    return path.startswith("/") or ".." in path.split("/") or "\\" in path or path[1:2] == ":"

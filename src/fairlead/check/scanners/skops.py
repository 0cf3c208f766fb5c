"""skops' archives: a schema in JSON that names the classes and functions to be made. Its reader has a list of its own.

Source: skops' `io/_persist.py` and `io/_general.py` (`__class__`, `__module__`, `__loader__` in every node).
"""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.check.scanners.allowed import is_allowed
from fairlead.check.scanners.base import Place, Problem, shown
from fairlead.check.scanners.feed import Feed
from fairlead.check.scanners.lists import read_json

__all__ = ["scan_schema"]

_MAX_SAID = 5
_MEND = "leave custom classes and functions out of the model"


def scan_schema(feed: Feed, place: Place) -> Iterator[Problem]:
    """Each class or function once that a pickle might not import either."""
    schema = read_json(feed)
    if schema is None:
        message = f"`{place.label}` cannot be read, so nobody can tell what it makes"
        yield Problem("scan/cannot-tell", message, "save the model again")
        return
    for name in sorted(set(_named(schema)))[:_MAX_SAID]:
        yield Problem("scan/skops-object", f"`{place.label}` makes or calls `{shown(name)}`", _MEND)


def _named(schema: object) -> Iterator[str]:
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            module, name = node.get("__module__"), node.get("__class__")
            if "__loader__" in node and not is_allowed(str(module), str(name)):
                yield f"{module}.{name}"

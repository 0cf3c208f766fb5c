"""Text files that loaders act on: chat templates, and JSON that describes layers or holds a template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fairlead.check.scanners.base import Place, Problem
from fairlead.check.scanners.feed import Feed
from fairlead.check.scanners.keras import KerasWatch
from fairlead.check.scanners.templates import template_problem

__all__ = ["scan_json", "scan_template"]

_MAX_TEMPLATE = 4 << 20
_TEMPLATE_KEY = re.compile(r'"chat_template"\s*:')
_TEMPLATE_FILE = re.compile(r"(tokenizer_config|processor_config|chat_template|generation_config)[^/]*\.json$")


def scan_template(feed: Feed, place: Place) -> Iterable[Problem]:
    """A template in a file of its own."""
    problem = template_problem(_beginning(feed), place.name, place)
    return [problem] if problem else []


def scan_json(feed: Feed, place: Place) -> Iterator[Problem]:
    """Layers that Keras would build from it, and chat templates in a tokenizer's configuration."""
    if _TEMPLATE_FILE.search(place.name):
        text = _beginning(feed)
        problem = template_problem(text, "chat_template", place) if _TEMPLATE_KEY.search(text) else None
        if problem:
            yield problem
        return
    watch = KerasWatch()
    for chunk in feed.chunks():
        watch.see(chunk)
    yield from watch.problems(place)


def _beginning(feed: Feed) -> str:
    """Up to a bound, far beyond any template."""
    parts, room = [], _MAX_TEMPLATE
    while room and (part := feed.read(room)):
        parts.append(part)
        room -= len(part)
    return b"".join(parts).decode("utf-8", "replace")

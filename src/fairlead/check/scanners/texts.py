"""Text files that loaders act on: chat templates, JSON that describes layers or holds a template, tags in YAML."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

from fairlead.check.scanners.base import Place, Problem
from fairlead.check.scanners.feed import Feed
from fairlead.check.scanners.keras import KerasWatch
from fairlead.check.scanners.lists import scan_list
from fairlead.check.scanners.skops import scan_schema
from fairlead.check.scanners.templates import template_problem

__all__ = ["scan_json", "scan_template", "scan_xml", "scan_yaml"]

_MAX_TEMPLATE = 4 << 20
_TAG_LENGTH = 256
_NO_TARGETS = {*sys.stdlib_module_names, "pip", "setuptools", "hydra"}
_TARGET = re.compile(rb"(?m)^[\s-]*[\"']?_?target_?[\"']?\s*:\s*[\"']?(\w+)(?:\.\w+)+")
_LISTS = re.compile(r"(^|/)modules\.json$|\.index\.json$")
_REMOTE_CODE = re.compile(rb'"auto_map"\s*:\s*\{[^}]*--')
_ENTITY = re.compile(rb"<!ENTITY|<\?xml-stylesheet", re.IGNORECASE)
_PYTHON_TAG = re.compile(rb"!!python/|2002:python/|%TAG\s+\S+\s+tag:yaml\.org")
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
    if place.inside and place.name.rpartition("/")[2] == "schema.json":
        yield from scan_schema(feed, place)
        return
    if _LISTS.search(place.name):
        yield from scan_list(feed, place)
        return
    watch, tail, remote = KerasWatch(), b"", False
    for chunk in feed.chunks():
        watch.see(chunk)
        remote = remote or _REMOTE_CODE.search(tail + chunk) is not None
        tail = chunk[-_TAG_LENGTH:]
    yield from watch.problems(place)
    if remote:
        message = f"`{place.label}` has its loader fetch code from another repository"
        yield Problem("scan/remote-code", message, "use a model whose code is in its framework")


def scan_xml(feed: Feed, place: Place) -> Iterator[Problem]:
    """Entities, by which a reader is made to fetch files or to grow without end."""
    tail = b""
    for chunk in feed.chunks():
        if _ENTITY.search(tail + chunk):
            message = f"`{place.label}` declares entities, by which its reader reads other files"
            yield Problem("scan/xml-entity", message, "export the model again without them")
            return
        tail = chunk[-_TAG_LENGTH:]


def scan_yaml(feed: Feed, place: Place) -> Iterator[Problem]:
    """Tags by which a loader that is not a safe one makes objects, and targets that Hydra and NeMo would call."""
    tail = b""
    for chunk in feed.chunks():
        if _PYTHON_TAG.search(tail + chunk):
            message = f"`{place.label}` has tags that make objects of Python, or call it"
            yield Problem("scan/yaml-object", message, "write plain values, without `!!python` tags")
            return
        for found in _TARGET.finditer(tail + chunk):
            if found[1].decode() in _NO_TARGETS:
                message = f"`{place.label}` names a function of Python's own library to be called"
                yield Problem("scan/yaml-object", message, "name a class of the model's framework only")
                return
        tail = chunk[-_TAG_LENGTH:]


def _beginning(feed: Feed) -> str:
    """Up to a bound, far beyond any template."""
    parts, room = [], _MAX_TEMPLATE
    while room and (part := feed.read(room)):
        parts.append(part)
        room -= len(part)
    return b"".join(parts).decode("utf-8", "replace")

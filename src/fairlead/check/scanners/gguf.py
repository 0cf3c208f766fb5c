"""GGUF: the header's counts and lengths must fit the file, its tensors must lie within it, its templates are looked at.

Source: ggml's `docs/gguf.md`, "File Structure", and `ggml/src/gguf.cpp` (what its reader refuses). Versions 2 and 3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from fairlead.check.scanners.base import ANY_SIZE, Place, Problem, shown
from fairlead.check.scanners.feed import CutError, Feed
from fairlead.check.scanners.templates import template_problem

__all__ = ["scan"]

_VERSIONS = {2, 3}
_MAX_COUNT = 1_000_000
_MAX_NAME = 1 << 16
_MAX_TEMPLATE = 1 << 20
_MAX_ELEMENTS = 100_000_000
_MAX_TEXTS = 20_000_000
_MAX_DIMENSIONS = 4
_TEXT, _ARRAY = 8, 9
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_UINT32 = 4
_TEMPLATE = "tokenizer.chat_template"
_ALIGNMENT = "general.alignment"
_MAX_TYPE = 255


class _StructureError(Exception):
    """The file is not what the format allows."""


def scan(feed: Feed, place: Place) -> Iterable[Problem]:
    """At most one problem of structure, and one for each doubtful template."""
    problems: list[Problem] = []
    try:
        problems += _scan_structure(feed, place)
    except (_StructureError, CutError) as error:
        message = f"`{place.label}` is no sound GGUF file: {error}"
        problems.append(
            Problem("scan/gguf-structure", message, "convert the model again, or find out where it came from")
        )
    return problems


def _scan_structure(feed: Feed, place: Place) -> Iterator[Problem]:
    if feed.take(4) != b"GGUF":
        raise _StructureError("it does not begin as one")
    version, tensors, pairs = struct.unpack("<IQQ", feed.take(20))
    if version not in _VERSIONS:
        raise _StructureError(f"version {version} is not known")
    if max(tensors, pairs) > _MAX_COUNT:
        raise _StructureError(f"it counts more than {_MAX_COUNT} tensors or keys")
    alignment, seen = 32, set()
    for _ in range(pairs):
        key = _text(feed, _MAX_NAME)
        if key in seen:
            raise _StructureError(f"the key `{shown(key)}` is there twice")
        seen.add(key)
        if key == _ALIGNMENT:
            alignment = _alignment(feed)
        elif key.startswith(_TEMPLATE):
            yield from _scan_template(feed, key, place)
        else:
            _pass_value(feed, _integer(feed, 4), 0)
    _judge_tensors(feed, place, tensors, alignment)


def _integer(feed: Feed, width: int) -> int:
    return int.from_bytes(feed.take(width), "little")


def _text(feed: Feed, limit: int) -> str:
    length = _integer(feed, 8)
    if length > limit:
        raise _StructureError(f"a text is longer than {limit} bytes")
    return feed.take(length).decode("utf-8", "replace")


def _alignment(feed: Feed) -> int:
    if _integer(feed, 4) != _UINT32:
        raise _StructureError("its alignment has the wrong type")
    alignment = _integer(feed, 4)
    if alignment == 0 or alignment & (alignment - 1):
        raise _StructureError(f"its alignment {alignment} is no power of two")
    return alignment


def _scan_template(feed: Feed, key: str, place: Place) -> Iterator[Problem]:
    kind = _integer(feed, 4)
    if kind != _TEXT:
        _pass_value(feed, kind, 0)
        return
    problem = template_problem(_text(feed, _MAX_TEMPLATE), key, place)
    if problem:
        yield problem


def _pass_value(feed: Feed, kind: int, depth: int) -> None:
    if kind == _TEXT:
        feed.skip(_integer(feed, 8))
    elif kind == _ARRAY and depth == 0:
        item, count = _integer(feed, 4), _integer(feed, 8)
        if count > _MAX_ELEMENTS or (item not in _SIZES and count > _MAX_TEXTS):
            raise _StructureError("an array has more elements than are read")
        if item in _SIZES:
            feed.skip(_SIZES[item] * count)
        else:
            for _ in range(count):
                _pass_value(feed, item, depth + 1)
    elif kind in _SIZES:
        feed.skip(_SIZES[kind])
    else:
        raise _StructureError(f"a value has type {kind}, which is not known here")


def _judge_tensors(feed: Feed, place: Place, count: int, alignment: int) -> None:
    """Names, shapes, and offsets: each in order, aligned and within the file."""
    last, names = -1, set()
    for _ in range(count):
        name = _text(feed, _MAX_NAME)
        if name in names:
            raise _StructureError(f"the tensor `{shown(name)}` is there twice")
        names.add(name)
        dimensions = _integer(feed, 4)
        if dimensions > _MAX_DIMENSIONS:
            raise _StructureError(f"`{shown(name)}` has {dimensions} dimensions")
        elements = 1
        for _ in range(dimensions):
            elements *= _integer(feed, 8)
        kind, offset = _integer(feed, 4), _integer(feed, 8)
        if elements >= 1 << 63 or kind > _MAX_TYPE:
            raise _StructureError(f"`{shown(name)}` has no sound shape or type")
        if offset % alignment or offset <= last:
            raise _StructureError(f"`{shown(name)}` does not stand behind the tensor before it")
        last = offset
    start = feed.offset + -feed.offset % alignment
    if place.size != ANY_SIZE and count and start + last >= place.size:
        raise _StructureError("its last tensor stands behind the end of the file")

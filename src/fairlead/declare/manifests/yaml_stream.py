"""A text of several YAML documents -> plain JSON data with lines, as Kubernetes' own reader understands it.

Unlike a declaration of ours (`declare.yaml_text`), this is YAML 1.1 with merge keys, as the tools that wrote it expect:
`yes` is true and `0644` is octal, since a policy must see what the cluster will see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from fairlead.declare.manifests.yaml_values import TAG, scalar
from fairlead.declare.yaml_text import MAX_DEPTH, YamlProblemError, shorten
from fairlead.domain.infrastructure import JsonPath

__all__ = ["MAX_VALUES", "YamlDocument", "chunks", "read_document"]

MAX_VALUES = 200_000
"""Values of one document after every alias has been replaced: the bound that stops an alias bomb."""

_LETTERS = 256
"""Letters of a text that weigh as much as one more value, so that a long text cannot be multiplied either."""

_Measured = tuple[Any, int, int]
"""A value, the number of values in it, and its levels."""

_MARK = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN_TAGS = {f"{TAG}{name}" for name in ("str", "int", "float", "bool", "null", "binary", "timestamp")}
_MERGE = f"{TAG}merge"


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One document: its data (dict, list, str, int, float, bool, None), its first line, and the lines of its values."""

    data: Any
    line: int
    lines: dict[JsonPath, int]


def chunks(text: str) -> Iterator[tuple[int, str]]:
    """The text between document marks, each with its first line's number. No YAML scalar can hold such a mark."""
    line, start = 1, 0
    for mark in _MARK.finditer(text):
        if mark.start() > start:
            yield line, text[start : mark.start()]
            line += text.count("\n", start, mark.start())
        start = mark.start()
    yield line, text[start:]


def read_document(text: str, first_line: int = 1) -> YamlDocument | None:
    """The one document in `text`, or None where there is none. YamlProblemError for what cannot be read."""
    loader = _Loader(text)
    try:
        return _Composer(loader, first_line).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + first_line, mark.column + 1) if mark else (first_line, 1)
        message = error.problem or "the YAML is broken"
        raise YamlProblemError("foreign/broken-yaml", message, line, column) from error
    except yaml.reader.ReaderError as error:
        line = first_line + text.count("\n", 0, error.position)
        raise YamlProblemError("foreign/broken-yaml", f"{error.reason}", line, 1) from error
    finally:
        loader.dispose()


_Tree = Any
"""The dictionary or list that is being read; which one it is, its user asks."""


class _Frame:
    __slots__ = ("anchor", "data", "depth", "key", "line", "merged", "size")

    def __init__(self, data: _Tree, anchor: str | None, line: int) -> None:
        self.data = data
        self.anchor = anchor
        self.line = line
        self.key: str | None = None
        self.merged: list[dict[str, Any]] = []
        self.size = 1
        self.depth = 1


class _Composer:
    """Builds data from the parser's events, with a stack of its own, so that no input exhausts Python's or C's."""

    def __init__(self, loader: yaml.Loader, first_line: int) -> None:
        self._loader = loader
        self._first_line = first_line
        self._stack: list[_Frame] = []
        self._at: list[str | int] = []
        self._anchors: dict[str, _Measured] = {}
        self._lines: dict[JsonPath, int] = {}
        self._root: Any = None
        self._begun: int | None = None
        self._started = False

    def document(self) -> YamlDocument | None:
        handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document_start,
        }
        while not isinstance(event := self._loader.get_event(), yaml.StreamEndEvent):
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
        return None if self._begun is None else YamlDocument(self._root, self._begun, self._lines)

    def _document_start(self, event: yaml.Event) -> None:
        if self._started:
            raise self._refusal("several documents without `---` between them", event)
        self._started = True

    def _line(self, event: yaml.Event) -> int:
        return int(event.start_mark.line) + self._first_line

    def _refusal(self, message: str, event: yaml.Event, rule: str = "foreign/broken-yaml") -> YamlProblemError:
        return YamlProblemError(rule, message, self._line(event), event.start_mark.column + 1)

    def _waits_for_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].data, dict) and self._stack[-1].key is None

    def _scalar(self, event: yaml.Event) -> None:
        line = self._line(event)
        tag = event.tag if event.tag not in {None, "!"} else None
        if tag is not None and tag not in _PLAIN_TAGS:
            raise self._refusal(f"the tag `{shorten(tag)}` is no part of a manifest", event)
        tag = tag or (self._loader.resolve(yaml.ScalarNode, event.value, event.implicit))
        if self._waits_for_key():
            self._take_key(event, tag, line)
            return
        self._finish(event.anchor, (scalar(tag, event.value), 1 + len(event.value) // _LETTERS, 0), line, event)

    def _take_key(self, event: yaml.Event, tag: str, line: int) -> None:
        frame = self._stack[-1]
        key = event.value
        if tag == _MERGE:
            frame.key = "<<"
            return
        if key in frame.data:
            raise self._refusal(f"`{shorten(key)}` is given twice", event)
        frame.key = key
        self._lines[(*self._at, key)] = line

    def _start(self, event: yaml.Event) -> None:
        if self._waits_for_key():
            raise self._refusal("a key must be plain text", event)
        if len(self._stack) >= MAX_DEPTH:
            raise self._refusal(f"nested deeper than {MAX_DEPTH} levels", event, "foreign/too-complex")
        if event.tag not in {None, "!", f"{TAG}map", f"{TAG}seq"}:
            raise self._refusal(f"the tag `{shorten(event.tag)}` is no part of a manifest", event)
        line = self._line(event)
        if self._begun is None:
            self._begun = line
        if self._stack:
            self._at.append(self._slot())
            self._lines.setdefault(tuple(self._at), line)
        data: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._stack.append(_Frame(data, event.anchor, line))

    def _slot(self) -> str | int:
        frame = self._stack[-1]
        return len(frame.data) if isinstance(frame.data, list) else str(frame.key)

    def _end(self, event: yaml.Event) -> None:
        frame = self._stack.pop()
        if self._stack:
            self._at.pop()
        for merged in frame.merged:
            for key, value in merged.items():
                frame.data.setdefault(key, value)
        self._finish(frame.anchor, (frame.data, frame.size, frame.depth), frame.line, event)

    def _alias(self, event: yaml.Event) -> None:
        if self._waits_for_key():
            raise self._refusal("a key must be plain text", event)
        known = self._anchors.get(event.anchor)
        if known is None:
            raise self._refusal("the alias names no finished anchor", event)
        self._finish(None, known, self._line(event), event)

    def _finish(self, anchor: str | None, value: _Measured, line: int, event: yaml.Event) -> None:
        """Attach a whole value to what it stands in, within the bounds on size and depth."""
        data, size, depth = value
        if anchor is not None:
            self._anchors[anchor] = value
        if not self._stack:
            self._root = data
            self._begun = self._begun or line
            return
        frame = self._stack[-1]
        frame.size += size
        frame.depth = max(frame.depth, depth + 1)
        if frame.size > MAX_VALUES or len(self._stack) + depth > MAX_DEPTH:
            message = f"more than {MAX_VALUES} values or {MAX_DEPTH} levels, aliases replaced"
            raise self._refusal(message, event, "foreign/too-complex")
        if isinstance(frame.data, list):
            self._lines.setdefault((*self._at, len(frame.data)), line)
            frame.data.append(data)
            return
        if frame.key == "<<" and "<<" not in frame.data:
            frame.merged += self._mergeable(data, event)
        else:
            frame.data[frame.key] = data
        frame.key = None

    def _mergeable(self, data: _Tree, event: yaml.Event) -> list[dict[str, Any]]:
        parts = data if isinstance(data, list) else [data]
        if not all(isinstance(part, dict) for part in parts):
            raise self._refusal("`<<` merges mappings only", event)
        return parts

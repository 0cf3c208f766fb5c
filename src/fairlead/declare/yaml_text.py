"""YAML text -> nodes with positions, within stated limits. The only place that knows the YAML library.

Scalars are read by YAML 1.2's core schema without its surprises: `yes` is text, digits stay exact (a number with a
point becomes a Decimal from its text), keys are always text. Explicit tags, merge keys and several documents are
refused.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import yaml

__all__ = ["MAX_ALIASES", "MAX_DEPTH", "MAX_NODES", "Node", "YamlProblemError", "parse_yaml", "shorten"]

MAX_DEPTH = 64
"""Levels of nesting. Deeper input costs the scanner quadratic time, and no declaration needs it."""

MAX_ALIASES = 1_000
"""Uses of anchors in one file."""

MAX_NODES = 100_000
"""Nodes after every alias has been replaced by what it stands for: the bound that stops an alias bomb."""

# The C parser is absent where PyYAML was built without libyaml; the Python one answers the same events, slower.
_Loader: Any = getattr(yaml, "CLoader", yaml.Loader)

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,63})")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]{1,64}|[0-9]{1,64}(\.[0-9]{0,64})?)([eE][-+]?[0-9]{1,4})?")
_WORDS: dict[str, object] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


class YamlProblemError(Exception):
    """The text is not YAML that can be read; `line` and `column` count from 1."""

    def __init__(self, rule: str, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.line = line
        self.column = column


_NONE: dict[Any, Any] = {}
"""The children of every scalar: one dictionary for all of them, since most nodes are scalars."""


class Node:
    """A value with its place. `data` is plain Python (dict, tuple, str, int, bool, Decimal, None).

    `children` maps keys or indexes to nodes and `keys` maps keys to their (line, column); both are empty for a
    scalar. `size` counts the node and everything below it, aliases replaced.
    """

    __slots__ = ("children", "column", "data", "keys", "line", "size")

    def __init__(self, data: object, line: int, column: int) -> None:
        self.data: Any = data
        self.line = line
        self.column = column
        self.size = 1
        self.children: dict[Any, Node] = _NONE
        self.keys: dict[str, tuple[int, int]] = _NONE

    def at(self, location: tuple[Any, ...]) -> Node:
        """The deepest node on the way to `location`; parts that name no child are passed over."""
        node = self
        for part in location:
            node = node.children.get(part, node)
        return node

    def place(self, location: tuple[Any, ...]) -> tuple[int, int]:
        """Line and column of the key or item that `location` ends at, or of the nearest thing above it."""
        node, place = self, (self.line, self.column)
        for part in location:
            child = node.children.get(part)
            if child is not None:
                place = node.keys.get(part, (child.line, child.column))
                node = child
        return place


def parse_yaml(text: bytes) -> Node | None:
    """The document in `text` (UTF-8), or None where there is none; YamlProblemError for what cannot be read."""
    loader = _Loader(text)
    try:
        return _Builder(loader).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlProblemError("declare/broken-yaml", error.problem or "the YAML is broken", line, column) from error
    except yaml.reader.ReaderError as error:
        line, column = _place_of_byte(text, error.position)
        message = f"{error.reason} (byte {error.position})"
        raise YamlProblemError("declare/broken-yaml", message, line, column) from error
    finally:
        loader.dispose()


def _place_of_byte(text: bytes, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count(b"\n") + 1, position - (before.rfind(b"\n") + 1) + 1


class _Frame:
    """A mapping or sequence that is being read; `key` is a mapping's key that waits for its value."""

    __slots__ = ("anchor", "key", "mapping", "node")

    def __init__(self, node: Node, anchor: str | None, *, mapping: bool) -> None:
        self.node = node
        self.anchor = anchor
        self.mapping = mapping
        self.key: str | None = None


class _Builder:
    """Builds nodes from the parser's events with a stack of its own, so that no input can exhaust Python's or C's."""

    def __init__(self, loader: yaml.Loader) -> None:
        self._loader = loader
        self._root: Node | None = None
        self._stack: list[_Frame] = []
        self._anchors: dict[str, Node] = {}
        self._aliases = 0

    def document(self) -> Node | None:
        """Read all events; one document at most."""
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
        return self._root

    def _document_start(self, event: yaml.Event) -> None:
        if self._root is not None:
            raise _refusal("declare/several-documents", "the file holds more than one YAML document", event)

    def _scalar(self, event: yaml.Event) -> None:
        if event.tag is not None and event.tag != "!":
            raise _refusal("declare/yaml-tag", "explicit YAML tags are not read", event)
        frame = self._stack[-1] if self._stack else None
        if frame is not None and frame.mapping and frame.key is None:
            self._take_key(frame, event)
            return
        mark = event.start_mark
        node = Node(_resolve(event.value) if event.implicit[0] else event.value, mark.line + 1, mark.column + 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._attach(node, event)

    def _take_key(self, frame: _Frame, event: yaml.Event) -> None:
        key = event.value
        if key == "<<" and event.implicit[0]:
            raise _refusal("declare/yaml-merge", "merge keys (`<<`) are not read", event)
        if key in frame.node.keys:
            first = frame.node.keys[key][0]
            raise _refusal("declare/duplicate-key", f"`{shorten(key)}` is given twice, first in line {first}", event)
        frame.key = key
        frame.node.keys[key] = (event.start_mark.line + 1, event.start_mark.column + 1)

    def _start(self, event: yaml.Event) -> None:
        if self._stack and self._stack[-1].mapping and self._stack[-1].key is None:
            raise _refusal("declare/broken-yaml", "a key must be plain text", event)
        if event.tag is not None and event.tag != "!":
            raise _refusal("declare/yaml-tag", "explicit YAML tags are not read", event)
        if len(self._stack) >= MAX_DEPTH:
            raise _refusal("declare/too-complex", f"nested deeper than {MAX_DEPTH} levels", event)
        mapping = isinstance(event, yaml.MappingStartEvent)
        node = Node({} if mapping else [], event.start_mark.line + 1, event.start_mark.column + 1)
        node.children = {}
        if mapping:
            node.keys = {}
        self._stack.append(_Frame(node, event.anchor, mapping=mapping))

    def _end(self, event: yaml.Event) -> None:
        frame = self._stack.pop()
        if not frame.mapping:
            frame.node.data = tuple(frame.node.data)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = frame.node
        self._attach(frame.node, event)

    def _alias(self, event: yaml.Event) -> None:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise _refusal("declare/too-complex", f"more than {MAX_ALIASES} aliases", event)
        if self._stack and self._stack[-1].mapping and self._stack[-1].key is None:
            raise _refusal("declare/broken-yaml", "a key must be plain text", event)
        node = self._anchors.get(event.anchor)
        if node is None:
            raise _refusal("declare/broken-yaml", "the alias names no finished anchor", event)
        self._attach(node, event)

    def _attach(self, node: Node, event: yaml.Event) -> None:
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        parent = frame.node
        parent.size += node.size
        if parent.size > MAX_NODES:
            raise _refusal("declare/too-complex", f"more than {MAX_NODES} values, aliases replaced", event)
        if frame.mapping:
            parent.data[frame.key] = node.data
            parent.children[frame.key] = node
            frame.key = None
        else:
            parent.children[len(parent.data)] = node
            parent.data.append(node.data)


def shorten(text: str) -> str:
    """Text of the user's, short enough for a message and on one line."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in text[:60])
    return clean if len(text) <= len(clean) else f"{clean}..."


def _refusal(rule: str, message: str, event: yaml.Event) -> YamlProblemError:
    return YamlProblemError(rule, message, event.start_mark.line + 1, event.start_mark.column + 1)


def _resolve(text: str) -> object:
    """What a plain scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) and not text.startswith("0" * 2) else text

"""YAML as Kubernetes' tools read it -> plain documents with the place of every value, within stated limits.

Several documents, anchors and merge keys are read; `yes` and `on` are booleans, as for `kubectl`. Numbers with a point
are floats: what comes out is JSON for an engine.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

__all__ = ["Document", "YamlFaultError", "read_documents"]

MAX_DEPTH = 100
"""Levels of nesting."""

MAX_VALUES = 300_000
"""Values in one file, aliases replaced by what they stand for: the bound that stops an alias bomb."""

_Path = tuple[str | int, ...]

# The C parser is absent where PyYAML was built without libyaml; the Python one answers the same events, slower.
_Loader: Any = getattr(yaml, "CLoader", yaml.Loader)
_CORE = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?(0x[0-9a-fA-F_]{1,16}|0o?[0-7_]{1,22}|0b[01_]{1,64}|0|[1-9][0-9_]{0,63})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,64}|[0-9]{1,64}(\.[0-9]{0,64})?)([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}


class YamlFaultError(Exception):
    """The text is not YAML that can be read; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file. `places` tells line and column of each value; `blocks` where a literal text begins."""

    value: Any
    line: int
    places: Mapping[_Path, tuple[int, int]]
    blocks: Mapping[_Path, int]

    def line_of(self, *path: str | int) -> int:
        """The line of the value at `path`, or of the nearest thing above it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path][0] if path else self.line

    def text_line(self, *path: str | int) -> int:
        """The line at which the text of a scalar begins: below its `|` for a literal one."""
        return self.blocks.get(path) or self.line_of(*path)


def read_documents(text: str) -> tuple[Document, ...]:
    """Every document of `text` that holds anything. YamlFaultError for what cannot be read."""
    loader = None
    try:
        loader = _Loader(text.encode(errors="surrogatepass"))
        return tuple(document for document in _documents(loader) if document.value is not None)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlFaultError(error.problem or "the YAML is broken", line, column) from error
    except yaml.reader.ReaderError as error:
        before = text.encode(errors="surrogatepass")[: error.position]
        raise YamlFaultError(f"{error.reason} (byte {error.position})", before.count(b"\n") + 1, 1) from error
    finally:
        if loader is not None:
            loader.dispose()


@dataclass(slots=True)
class _Frame:
    """A mapping or sequence that is being read; `key` is a mapping's key that waits for its value."""

    value: Any
    path: _Path
    anchor: str | None
    key: str | None = None
    merged: list[Any] = field(default_factory=list)
    size: int = 1


def _documents(loader: Any) -> Iterator[Document]:  # noqa: ANN401 - PyYAML ships no types
    builder = _Builder()
    while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
        if isinstance(event, yaml.DocumentStartEvent):
            builder = _Builder()
        elif isinstance(event, yaml.DocumentEndEvent):
            yield Document(builder.root, builder.line, builder.places, builder.blocks)
        else:
            builder.take(event)


class _Builder:
    """Builds one document from the parser's events with a stack of its own, so that no input can exhaust C's."""

    def __init__(self) -> None:
        self.root: Any = None
        self.line = 1
        self.places: dict[_Path, tuple[int, int]] = {}
        self.blocks: dict[_Path, int] = {}
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._size = 0

    def take(self, event: Any) -> None:  # noqa: ANN401 - PyYAML ships no types
        """One event."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)

    def _wants_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None

    def _path(self) -> _Path:
        if not self._stack:
            return ()
        frame = self._stack[-1]
        return (*frame.path, frame.key if frame.key is not None else len(frame.value))

    def _scalar(self, event: Any) -> None:  # noqa: ANN401
        if self._wants_key():
            self._take_key(event)
            return
        path = self._path()
        if event.style in {"|", ">"}:
            self.blocks[path] = event.start_mark.line + 2
        value = _resolve(event.value) if event.implicit[0] else event.value
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        self._attach(value, 1, event)

    def _take_key(self, event: Any) -> None:  # noqa: ANN401
        frame, key = self._stack[-1], event.value
        if key in frame.value:
            raise _fault(f"the key {key[:60]!r} is given twice", event)
        frame.key = key
        self.places[(*frame.path, key)] = (event.start_mark.line + 1, event.start_mark.column + 1)

    def _start(self, event: Any) -> None:  # noqa: ANN401
        if self._wants_key():
            raise _fault("a key must be plain text", event)
        if event.tag is not None and not event.tag.startswith(_CORE) and event.tag != "!":
            raise _fault(f"the tag {event.tag[:60]!r} is not read", event)
        if len(self._stack) >= MAX_DEPTH:
            raise _fault(f"nested deeper than {MAX_DEPTH} levels", event)
        path = self._path()
        self._locate(path, event)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._stack.append(_Frame(value, path, event.anchor))

    def _end(self, event: Any) -> None:  # noqa: ANN401
        frame = self._stack.pop()
        for more in frame.merged:
            for key, value in more.items():
                frame.value.setdefault(key, value)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (frame.value, frame.size)
        self._attach(frame.value, frame.size, event)

    def _alias(self, event: Any) -> None:  # noqa: ANN401
        found = self._anchors.get(event.anchor)
        if found is None or self._wants_key():
            raise _fault(f"the alias {event.anchor[:60]!r} stands for no finished value", event)
        self._attach(*found, event)

    def _locate(self, path: _Path, event: Any) -> None:  # noqa: ANN401
        here = (event.start_mark.line + 1, event.start_mark.column + 1)
        if self.places.setdefault(path, here) is here and not path:
            self.line = here[0]

    def _attach(self, value: Any, size: int, event: Any) -> None:  # noqa: ANN401
        self._locate(self._path(), event)
        self._size += 1
        if not self._stack:
            self.root = value
            return
        frame = self._stack[-1]
        frame.size += size
        if max(frame.size, self._size) > MAX_VALUES:
            raise _fault(f"more than {MAX_VALUES} values, aliases replaced", event)
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key == "<<":
            frame.merged.extend(_merged(value, event))
            frame.key = None
        else:
            frame.value[frame.key] = value
            frame.key = None


def _merged(value: Any, event: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, dict) for part in parts):
        raise _fault("only mappings can be merged (`<<`)", event)
    return parts


def _fault(message: str, event: Any) -> YamlFaultError:  # noqa: ANN401
    return YamlFaultError(message, event.start_mark.line + 1, event.start_mark.column + 1)


def _resolve(text: str) -> object:
    """What a plain scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return _whole(text)
    number = float(text) if _FLOAT.fullmatch(text) else math.nan
    return number if math.isfinite(number) else text


def _whole(text: str) -> int | str:
    digits = text.lstrip("+-").replace("_", "")
    octal = len(digits) > 1 and digits.isdecimal() and digits.startswith("0")
    try:
        number = int(digits, 8 if octal else 0)
    except ValueError:
        return text
    return -number if text.startswith("-") else number

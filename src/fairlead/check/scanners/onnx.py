"""ONNX models: is the file whole, do its weights stay inside the artifact, and does it need operators from elsewhere?

Field numbers are those of `onnx.proto3`. Domains are those of the ONNX standard, and those that ONNX Runtime brings
along (`docs/ContribOperators.md`); an operator of another domain is code that somebody loads beside the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from posixpath import normpath
from typing import TypeVar

from fairlead.check.scanners.base import Place, Problem, shown
from fairlead.check.scanners.feed import CutError, Feed
from fairlead.check.scanners.protobuf import LENGTH, VARINT, Field, MalformedError, Wire

__all__ = ["scan"]

_IR_VERSION, _GRAPH, _OPSETS, _TRAINING, _FUNCTIONS = 1, 7, 8, 20, 25
_NODE, _INITIALIZER, _OUTPUT, _SPARSE = 1, 5, 12, 15
_TRAINING_GRAPHS = {1, 2}
_FUNCTION_NAME, _FUNCTION_NODE, _FUNCTION_DOMAIN = 1, 7, 10
_TYPE, _ATTRIBUTE, _DOMAIN = 4, 5, 7
_TENSOR_ATTRIBUTES, _GRAPH_ATTRIBUTES, _SPARSE_ATTRIBUTES = {5, 10}, {6, 11}, {22, 23}
_SPARSE_TENSORS = {1, 2}
_EXTERNAL_DATA = 13
_KEY, _VALUE = 1, 2
_NUMBERS = {"offset", "length"}
_MAX_NAME = 4_096
_MAX_DEPTH = 50
_MAX_SEEN = 10_000
_MAX_SAID = 5

_DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "ai.onnx.preview"}
_DOMAINS |= {"com.microsoft", "com.microsoft.nchwc", "com.microsoft.experimental", "com.ms.internal.nhwc"}
_RUN_PYTHON = {"PythonOp", "PythonOpGrad", "ATen", "ATenGrad"}

_EXPORT_AGAIN = "export the model again, and lock it"
_PARTS = {_IR_VERSION: "format version", _GRAPH: "graph", _OPSETS: "operator set"}


@dataclass(slots=True)
class _Seen:
    """What a walk over the model collects: outside files, operators by domain, and functions that it defines itself."""

    outside: set[str] = field(default_factory=set)
    operators: set[tuple[str, str]] = field(default_factory=set)
    functions: set[tuple[str, str]] = field(default_factory=set)
    outputs: int = 0
    depth: int = 0


def scan(feed: Feed, place: Place) -> Iterable[Problem]:
    """Walk the file's structure once; at most one problem of structure, and one for each bad file or operator."""
    wire = Wire(feed, place.size)
    seen, parts = _Seen(), set()
    try:
        for part in wire.fields():
            _expect(part, {_IR_VERSION: VARINT, _GRAPH: LENGTH, _OPSETS: LENGTH})
            parts.add(part.number)
            _walk_part(wire, part, seen)
    except (MalformedError, CutError) as error:
        message = f"the ONNX file is broken at byte {wire.offset} of {place.size}: {error}"
        return [Problem("check/broken-onnx", message, _EXPORT_AGAIN)]
    missing = [name for number, name in _PARTS.items() if number not in parts]
    missing += [] if missing or seen.outputs else ["output"]
    if missing:
        message = f"the ONNX file holds no {' and no '.join(missing)}"
        return [Problem("check/broken-onnx", message, _EXPORT_AGAIN)]
    return [*_outside_problems(seen.outside, place.files), *_operator_problems(seen)]


def _expect(part: Field, wires: dict[int, int]) -> None:
    if part.number in wires and part.wire != wires[part.number]:
        raise MalformedError(f"field {part.number} has the wrong type")


def _walk_part(wire: Wire, part: Field, seen: _Seen) -> None:
    if part.number == _GRAPH:
        # One that comes twice is merged by protobuf.
        seen.outputs += _walk_graph(wire, part.value, seen)
    elif part.number == _FUNCTIONS and part.wire == LENGTH:
        _walk_function(wire, part.value, seen)
    elif part.number == _TRAINING and part.wire == LENGTH:
        for inner in wire.fields(part.value):
            if inner.number in _TRAINING_GRAPHS and inner.wire == LENGTH:
                _walk_graph(wire, inner.value, seen)


def _walk_graph(wire: Wire, end: int, seen: _Seen) -> int:
    """The number of its outputs."""
    seen.depth += 1
    if seen.depth > _MAX_DEPTH:
        raise MalformedError(f"graphs are nested more than {_MAX_DEPTH} deep")
    outputs = 0
    for part in wire.fields(end):
        _expect(part, {_NODE: LENGTH, _INITIALIZER: LENGTH, _OUTPUT: LENGTH})
        outputs += part.number == _OUTPUT
        if part.number == _NODE:
            _walk_node(wire, part.value, seen)
        elif part.number == _INITIALIZER:
            _walk_tensor(wire, part.value, seen)
        elif part.number == _SPARSE and part.wire == LENGTH:
            _walk_sparse(wire, part.value, seen)
    seen.depth -= 1
    return outputs


def _walk_function(wire: Wire, end: int, seen: _Seen) -> None:
    names = {_FUNCTION_NAME: "", _FUNCTION_DOMAIN: ""}
    for part in wire.fields(end):
        if part.number in names and part.wire == LENGTH:
            names[part.number] = _text(wire, part)
        elif part.number == _FUNCTION_NODE and part.wire == LENGTH:
            _walk_node(wire, part.value, seen)
    _note(seen.functions, (names[_FUNCTION_DOMAIN], names[_FUNCTION_NAME]))


def _walk_node(wire: Wire, end: int, seen: _Seen) -> None:
    names = {_TYPE: "", _DOMAIN: ""}
    for part in wire.fields(end):
        if part.number in names and part.wire == LENGTH:
            names[part.number] = _text(wire, part)
        elif part.number == _ATTRIBUTE and part.wire == LENGTH:
            _walk_attribute(wire, part.value, seen)
    if names[_DOMAIN] not in _DOMAINS or names[_TYPE] in _RUN_PYTHON:
        _note(seen.operators, (names[_DOMAIN], names[_TYPE]))


def _walk_attribute(wire: Wire, end: int, seen: _Seen) -> None:
    for part in wire.fields(end):
        if part.wire != LENGTH:
            continue
        if part.number in _TENSOR_ATTRIBUTES:
            _walk_tensor(wire, part.value, seen)
        elif part.number in _GRAPH_ATTRIBUTES:
            _walk_graph(wire, part.value, seen)
        elif part.number in _SPARSE_ATTRIBUTES:
            _walk_sparse(wire, part.value, seen)


def _walk_sparse(wire: Wire, end: int, seen: _Seen) -> None:
    for part in wire.fields(end):
        if part.number in _SPARSE_TENSORS and part.wire == LENGTH:
            _walk_tensor(wire, part.value, seen)


def _walk_tensor(wire: Wire, end: int, seen: _Seen) -> None:
    for part in wire.fields(end):
        if part.number == _EXTERNAL_DATA and part.wire == LENGTH:
            key, value = _walk_entry(wire, part.value)
            if key == "location":
                _note(seen.outside, value)
            elif key == "basepath" or (key in _NUMBERS and not (value.isascii() and value.isdecimal())):
                _note(seen.outside, f"/{key}")


def _walk_entry(wire: Wire, end: int) -> tuple[str, str]:
    found = {_KEY: "", _VALUE: ""}
    for part in wire.fields(end):
        if part.number in found and part.wire == LENGTH:
            found[part.number] = _text(wire, part)
    return found[_KEY], found[_VALUE]


def _text(wire: Wire, part: Field) -> str:
    return wire.text(part.value, _MAX_NAME).decode(errors="replace")


_Noted = TypeVar("_Noted", bound=object)


def _note(seen: set[_Noted], value: _Noted) -> None:
    if len(seen) >= _MAX_SEEN and value not in seen:
        raise MalformedError(f"it names more than {_MAX_SEEN} files or operators")
    seen.add(value)


def _outside_problems(outside: Iterable[str], files: frozenset[str]) -> Iterator[Problem]:
    for location in sorted(outside):
        inside = normpath(location)
        if inside.startswith(("/", "..")) or "\\" in location or location[1:2] == ":":
            message = "the ONNX file names weights outside of its own folder"
            yield Problem("check/onnx-outside-file", message, "export it with its weights beside it")
        elif not any(path == inside or path.endswith(f"/{inside}") for path in files):
            message = f"the ONNX file keeps weights in `{shown(location)}`, which the lock does not pin"
            yield Problem("check/onnx-outside-file", message, "add the file to the artifact, and lock the model")


def _operator_problems(seen: _Seen) -> Iterator[Problem]:
    for domain, kind in sorted(seen.operators - seen.functions)[:_MAX_SAID]:
        message = (
            f"the ONNX file needs the operator `{shown(kind)}` of `{shown(domain)}`, whose code is not in the file"
        )
        yield Problem("scan/onnx-operator", message, "export the model with standard operators, or with its functions")

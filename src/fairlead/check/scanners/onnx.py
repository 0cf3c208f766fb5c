"""ONNX models: is the file whole, does it hold a graph, and do its outside weights stay inside the artifact?

Field numbers are those of `onnx.proto3` (ModelProto, GraphProto, TensorProto, StringStringEntryProto).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from fairlead.check.scanners.base import Problem
from fairlead.check.scanners.protobuf import LENGTH, VARINT, Field, MalformedError, Wire

__all__ = ["scan"]

_IR_VERSION, _GRAPH, _OPSETS = 1, 7, 8
_NODE, _INITIALIZER, _OUTPUT = 1, 5, 12
_EXTERNAL_DATA = 13
_KEY, _VALUE = 1, 2
_MAX_NAME = 4_096

_EXPORT_AGAIN = "export the model again, and lock it"


def scan(stream: BinaryIO, size: int, files: frozenset[str]) -> Iterable[Problem]:
    """Walk the file's structure once; at most one problem of structure, and one for each bad outside file."""
    wire = Wire(stream, size)
    seen: set[int] = set()
    outside: set[str] = set()
    try:
        for field in wire.fields():
            _expect(field, {_IR_VERSION: VARINT, _GRAPH: LENGTH, _OPSETS: LENGTH})
            seen.add(field.number)
            if field.number == _GRAPH:
                outside |= _walk_graph(wire, field.value)
    except MalformedError as error:
        message = f"the ONNX file is broken at byte {wire.offset} of {size}: {error}"
        return [Problem("check/broken-onnx", message, _EXPORT_AGAIN)]
    missing = [name for number, name in _PARTS.items() if number not in seen]
    if missing:
        message = f"the ONNX file holds no {' and no '.join(missing)}"
        return [Problem("check/broken-onnx", message, _EXPORT_AGAIN)]
    return list(_outside_problems(outside, files))


_PARTS = {_IR_VERSION: "format version", _GRAPH: "graph", _OPSETS: "operator set"}


def _expect(field: Field, wires: dict[int, int]) -> None:
    if field.number in wires and field.wire != wires[field.number]:
        raise MalformedError(f"field {field.number} has the wrong type")


def _walk_graph(wire: Wire, end: int) -> set[str]:
    """Outside files that the graph's weights name."""
    outputs, outside = 0, set()
    for field in wire.fields(end):
        _expect(field, {_NODE: LENGTH, _INITIALIZER: LENGTH, _OUTPUT: LENGTH})
        outputs += field.number == _OUTPUT
        if field.number == _INITIALIZER:
            outside |= _walk_tensor(wire, field.value)
    if not outputs:
        raise MalformedError("the graph has no output")
    return outside


def _walk_tensor(wire: Wire, end: int) -> set[str]:
    entries = (_walk_entry(wire, field.value) for field in wire.fields(end) if _is_external(field))
    return {value.decode(errors="replace") for key, value in entries if key == b"location"}


def _is_external(field: Field) -> bool:
    return field.number == _EXTERNAL_DATA and field.wire == LENGTH


def _walk_entry(wire: Wire, end: int) -> tuple[bytes, bytes]:
    found = {_KEY: b"", _VALUE: b""}
    for field in wire.fields(end):
        if field.number in found and field.wire == LENGTH:
            found[field.number] = wire.text(field.value, _MAX_NAME)
    return found[_KEY], found[_VALUE]


def _outside_problems(outside: Iterable[str], files: frozenset[str]) -> Iterator[Problem]:
    for location in sorted(outside):
        parts = location.split("/")
        if location.startswith("/") or ".." in parts or "\\" in location:
            message = "the ONNX file names weights outside of its own folder"
            yield Problem("check/onnx-outside-file", message, "export it with its weights beside it")
        elif not any(path == location or path.endswith(f"/{location}") for path in files):
            message = f"the ONNX file keeps weights in `{location[:80]}`, which the lock does not pin"
            yield Problem("check/onnx-outside-file", message, "add the file to the artifact, and lock the model")

"""Tensors of the Open Inference Protocol, in JSON or as raw bytes, to NumPy arrays and back.

Source: Open Inference Protocol, version 2, "Tensor Data", and its binary tensor data extension.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DATATYPES", "Array", "Refused", "TensorSpec", "from_bytes", "from_json", "to_bytes"]

Array = NDArray[Any]

DATATYPES: dict[str, tuple[str, type[np.generic]]] = {
    "tensor(bool)": ("BOOL", np.bool_),
    "tensor(uint8)": ("UINT8", np.uint8),
    "tensor(uint16)": ("UINT16", np.uint16),
    "tensor(uint32)": ("UINT32", np.uint32),
    "tensor(uint64)": ("UINT64", np.uint64),
    "tensor(int8)": ("INT8", np.int8),
    "tensor(int16)": ("INT16", np.int16),
    "tensor(int32)": ("INT32", np.int32),
    "tensor(int64)": ("INT64", np.int64),
    "tensor(float16)": ("FP16", np.float16),
    "tensor(float)": ("FP32", np.float32),
    "tensor(double)": ("FP64", np.float64),
    "tensor(string)": ("BYTES", np.object_),
}
"""ONNX type -> datatype of the protocol and of NumPy."""

_LENGTH_BYTES = 4


class Refused(Exception):  # noqa: N818 - it is an answer, not a defect
    """The request cannot be served as it is; says why and with which status."""

    def __init__(self, reason: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """An input or output of a model; -1 in the shape is any size."""

    name: str
    datatype: str
    dtype: type[np.generic]
    shape: tuple[int, ...]

    def check(self, datatype: object, shape: object) -> tuple[int, ...]:
        """The shape that a request states, if it fits."""
        if datatype != self.datatype:
            raise Refused(f"input {self.name!r} is {datatype!r}, the model wants {self.datatype}")
        if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
            raise Refused(f"input {self.name!r}: shape must be a list of whole numbers")
        fits = len(shape) == len(self.shape) and all(
            wanted in (-1, size) for wanted, size in zip(self.shape, shape, strict=True)
        )
        if not fits:
            raise Refused(f"input {self.name!r} has shape {shape}, the model wants {list(self.shape)}")
        return tuple(shape)


def _flat(data: list[Any]) -> list[Any]:
    while data and isinstance(data[0], list):
        data = [item for row in data for item in (row if isinstance(row, list) else [row])]
    return data


def from_json(spec: TensorSpec, shape: tuple[int, ...], data: object) -> Array:
    """An array from `data`, flat or nested; Refused where count or values do not fit the shape and datatype."""
    if not isinstance(data, list):
        raise Refused(f"input {spec.name!r}: data must be a list")
    flat = _flat(data)
    if len(flat) != math.prod(shape):
        raise Refused(f"input {spec.name!r} has {len(flat)} values, its shape {list(shape)} needs {math.prod(shape)}")
    if spec.datatype == "BYTES":
        if not all(isinstance(value, str) for value in flat):
            raise Refused(f"input {spec.name!r}: BYTES are strings in JSON")
        return np.array(flat, dtype=np.object_).reshape(shape)
    try:
        array = np.array(flat, dtype=spec.dtype) if flat else np.empty(0, dtype=spec.dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise Refused(f"input {spec.name!r}: {error}") from error
    if array.ndim != 1:
        raise Refused(f"input {spec.name!r}: rows differ in length")
    return array.reshape(shape)


def _strings(raw: memoryview, name: str) -> list[str]:
    values: list[str] = []
    at = 0
    while at < len(raw):
        size = int.from_bytes(raw[at : at + _LENGTH_BYTES], "little")
        end = at + _LENGTH_BYTES + size
        if end > len(raw):
            raise Refused(f"input {name!r}: a string ends beyond its data")
        values.append(bytes(raw[at + _LENGTH_BYTES : end]).decode("utf-8", "surrogateescape"))
        at = end
    return values


def from_bytes(spec: TensorSpec, shape: tuple[int, ...], raw: memoryview) -> Array:
    """An array from little-endian raw bytes; strings have their length in four bytes before them."""
    if spec.datatype == "BYTES":
        return from_json(spec, shape, _strings(raw, spec.name))
    wanted = math.prod(shape) * np.dtype(spec.dtype).itemsize
    if len(raw) != wanted:
        raise Refused(f"input {spec.name!r} has {len(raw)} bytes, its shape {list(shape)} needs {wanted}")
    return np.frombuffer(raw, dtype=spec.dtype).reshape(shape)


def to_bytes(array: Array) -> bytes:
    """Little-endian raw bytes of an output."""
    if array.dtype.kind != "O":
        return array.tobytes()
    texts = [str(value).encode("utf-8", "surrogateescape") for value in array.ravel()]
    return b"".join(len(text).to_bytes(_LENGTH_BYTES, "little") + text for text in texts)

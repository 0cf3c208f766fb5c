"""Requests and answers of the Open Inference Protocol, as plain JSON: what fits a model's metadata, and what does not.

Source: Open Inference Protocol, version 2, "Inference Request JSON Object" and "Model Metadata Response JSON Object".
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.assure.numerals import number_of

__all__ = [
    "Interface",
    "TensorShape",
    "Unfit",
    "flat",
    "read_interface",
    "read_json",
    "request_problems",
    "response_problems",
]


class Unfit(Exception):  # noqa: N818 - what the model tells of itself, no defect of this program
    """A model, its data or its answer do not fit one another; says why."""


@dataclass(frozen=True, slots=True)
class TensorShape:
    """An input or an output: its datatype, and its sizes, of which -1 is any."""

    name: str
    datatype: str
    shape: tuple[int, ...]

    @property
    def is_float(self) -> bool:
        """Whether it holds floating point numbers."""
        return self.datatype.startswith(("FP", "BF"))

    def problem(self, datatype: object, shape: object) -> str:
        """Why a tensor does not fit; '' where it does."""
        if datatype != self.datatype:
            return f"is {datatype}, the metadata says {self.datatype}"
        sizes = shape if isinstance(shape, list) else []
        fits = len(sizes) == len(self.shape) and all(
            type(size) is int and want in (-1, size) for want, size in zip(self.shape, sizes, strict=True)
        )
        return "" if fits else f"has shape {shape}, the metadata says {list(self.shape)}"


@dataclass(frozen=True, slots=True)
class Interface:
    """What a model takes and gives, by name and in its own order."""

    inputs: Mapping[str, TensorShape]
    outputs: Mapping[str, TensorShape]


def read_json(data: bytes) -> Any:  # noqa: ANN401 - JSON's own types have no other name
    """What `data` holds, its numbers as int or Decimal. Unfit where it is no JSON, or holds NaN or an infinity."""
    try:
        return json.loads(data, parse_float=number_of, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise Unfit(f"this is no JSON: {reason}") from error


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number")


def read_interface(metadata: object) -> Interface:
    """The interface in a metadata response. Unfit where it has another shape than the protocol says."""
    if not isinstance(metadata, dict):
        raise Unfit("the model's metadata is no JSON object")
    return Interface(_named(metadata.get("inputs"), "inputs"), _named(metadata.get("outputs"), "outputs"))


def _named(raw: object, side: str) -> dict[str, TensorShape]:
    tensors = [each for each in raw if isinstance(each, dict)] if isinstance(raw, list) else []
    if not tensors:
        raise Unfit(f"the model's metadata names no {side}")
    return {str(each.get("name")): _tensor(each, side) for each in tensors}


def _tensor(raw: Mapping[str, Any], side: str) -> TensorShape:
    shape = raw.get("shape")
    sizes = [int(size) for size in shape if _is_size(size)] if isinstance(shape, list) else []
    if not isinstance(shape, list) or len(sizes) != len(shape) or not isinstance(raw.get("datatype"), str):
        raise Unfit(f"the model's metadata has {side} without datatype or shape")
    return TensorShape(str(raw.get("name")), raw["datatype"], tuple(sizes))


def _is_size(size: object) -> bool:
    return isinstance(size, int) or (isinstance(size, str) and size.lstrip("-").isdigit())


def request_problems(request: object, interface: Interface) -> Iterator[str]:
    """Where a request does not fit what the model says that it takes."""
    inputs = request.get("inputs") if isinstance(request, dict) else None
    yield from _problems(inputs, interface.inputs, "input")


def response_problems(response: object, interface: Interface) -> Iterator[str]:
    """Where an answer does not fit what the model says that it gives. Outputs may be left out."""
    outputs = response.get("outputs") if isinstance(response, dict) else None
    yield from _problems(outputs, interface.outputs, "output")


def _problems(tensors: object, known: Mapping[str, TensorShape], side: str) -> Iterator[str]:
    if not isinstance(tensors, list) or not tensors:
        yield f"there is no {side}"
        return
    for tensor in tensors:
        name = tensor.get("name") if isinstance(tensor, dict) else None
        if not isinstance(tensor, dict) or name not in known:
            yield f"{side} `{name}` is not in the metadata, which has: {', '.join(known)}"
            continue
        problem = known[str(name)].problem(tensor.get("datatype"), tensor.get("shape")) or _count_problem(tensor)
        if problem:
            yield f"{side} `{name}` {problem}"


def _count_problem(tensor: Mapping[str, Any]) -> str:
    if "data" not in tensor:
        return ""
    count, wanted = len(flat(tensor["data"])), math.prod(tensor["shape"])
    return "" if count == wanted else f"has {count} values, its shape {tensor['shape']} needs {wanted}"


def flat(data: object) -> Sequence[Any]:
    """The values of a tensor's `data`, which may be nested."""
    values: list[Any] = data if isinstance(data, list) else []
    while values and isinstance(values[0], list):
        values = [value for row in values for value in (row if isinstance(row, list) else [row])]
    return values

"""A request of the Open Inference Protocol, read, run and answered; knows nothing of HTTP but a length header."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fairlead.serve.oip.model import Model
from fairlead.serve.oip.tensors import Array, Refused, TensorSpec, from_bytes, from_json, to_bytes

__all__ = ["Answer", "Question", "answer", "metadata", "question"]

# `json.dumps` with separators makes an encoder for every answer.
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False, allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Question:
    """A request that fits the model: arrays by input, wanted outputs (true: as raw bytes), and the id to echo."""

    id: str | None
    inputs: Mapping[str, Array]
    outputs: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Answer:
    """Body of the response; `json_bytes` is the length of its JSON part where raw bytes follow, else None."""

    body: bytes
    json_bytes: int | None


def _tensor(spec: TensorSpec, raw: Mapping[str, Any], rest: memoryview, at: int) -> tuple[Array, int]:
    shape = spec.check(raw.get("datatype"), raw.get("shape"))
    parameters = raw.get("parameters")
    size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
    if size is None:
        return from_json(spec, shape, raw.get("data")), at
    if type(size) is not int or size < 0 or at + size > len(rest):
        raise Refused(f"input {spec.name!r}: binary_data_size does not fit the request's length")
    return from_bytes(spec, shape, rest[at : at + size]), at + size


def _inputs(model: Model, raw: object, rest: memoryview) -> dict[str, Array]:
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        raise Refused("inputs must be a list of tensors")
    arrays: dict[str, Array] = {}
    at = 0
    for one in raw:
        spec = model.inputs.get(one.get("name"))
        if spec is None:
            raise Refused(f"unknown input {one.get('name')!r}; the model takes: {', '.join(model.inputs)}")
        arrays[spec.name], at = _tensor(spec, one, rest, at)
    missing = [name for name in model.inputs if name not in arrays]
    if missing:
        raise Refused(f"missing input: {', '.join(missing)}")
    return arrays


def _outputs(model: Model, raw: object, *, binary: bool) -> dict[str, bool]:
    if raw is None or raw == []:
        return dict.fromkeys(model.outputs, binary)
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        raise Refused("outputs must be a list of objects with a name")
    wanted: dict[str, bool] = {}
    for one in raw:
        name = one.get("name")
        if name not in model.outputs:
            raise Refused(f"unknown output {name!r}; the model gives: {', '.join(model.outputs)}")
        parameters = one.get("parameters")
        own = parameters.get("binary_data", binary) if isinstance(parameters, dict) else binary
        wanted[name] = bool(own)
    return wanted


def question(model: Model, body: bytes, json_bytes: int | None) -> Question:
    """Read a request body; Refused says what does not fit. `json_bytes` is its length header, where it has one."""
    if json_bytes is not None and not 0 <= json_bytes <= len(body):
        raise Refused("Inference-Header-Content-Length does not fit the request's length")
    try:
        raw = json.loads((body if json_bytes is None else body[:json_bytes]).decode())
    except (ValueError, RecursionError) as error:
        raise Refused(f"the request is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise Refused("the request must be a JSON object")
    parameters = raw.get("parameters")
    binary = bool(parameters.get("binary_data_output")) if isinstance(parameters, dict) else False
    outputs = _outputs(model, raw.get("outputs"), binary=binary)
    rest = memoryview(b"" if json_bytes is None else body)[json_bytes or 0 :]
    identity = raw.get("id")
    return Question(identity if isinstance(identity, str) else None, _inputs(model, raw.get("inputs"), rest), outputs)


def answer(name: str, model: Model, asked: Question, arrays: Sequence[Array]) -> Answer:
    """The response to `asked`, whose outputs are `arrays` in that order; Refused for NaN, which JSON cannot hold."""
    tensors: list[dict[str, Any]] = []
    raw: list[bytes] = []
    for (output, binary), array in zip(asked.outputs.items(), arrays, strict=True):
        tensor: dict[str, Any] = {
            "name": output,
            "datatype": model.outputs[output].datatype,
            "shape": list(array.shape),
        }
        if binary:
            raw.append(to_bytes(array))
            tensor["parameters"] = {"binary_data_size": len(raw[-1])}
        else:
            tensor["data"] = array.ravel().tolist()
        tensors.append(tensor)
    response: dict[str, Any] = {"model_name": name, "outputs": tensors}
    if asked.id is not None:
        response["id"] = asked.id
    try:
        head = _encode(response).encode()
    except ValueError as error:
        raise Refused(
            "the answer holds NaN or an infinity, which JSON cannot; ask for it with binary_data",
            HTTPStatus.INTERNAL_SERVER_ERROR,
        ) from error
    return Answer(b"".join((head, *raw)), len(head) if raw else None)


def metadata(name: str, model: Model) -> dict[str, Any]:
    """The model's metadata response."""

    def described(specs: Mapping[str, TensorSpec]) -> list[dict[str, Any]]:
        return [{"name": one.name, "datatype": one.datatype, "shape": list(one.shape)} for one in specs.values()]

    return {
        "name": name,
        "versions": [],
        "platform": "onnx_onnxv1",
        "inputs": described(model.inputs),
        "outputs": described(model.outputs),
    }

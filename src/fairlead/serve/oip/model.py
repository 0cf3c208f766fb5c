"""One ONNX model in memory: what it takes and gives, and whether it is small enough for the event loop."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

# Official builds keep a device id and send usage to their maker; the runtime reads this once, while it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from fairlead.serve.oip.tensors import DATATYPES, Array, TensorSpec

__all__ = ["BrokenModelError", "Model", "load"]

INLINE_SECONDS = 0.001
INLINE_BYTES = 64 * 1024
_PROBES = 5
_SILENT = 4
RUNTIME_ERRORS: tuple[type[Exception], ...] = (
    RuntimeError,
    ort_errors.EPFail,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
"""What the runtime raises; its classes have no ancestor of their own."""


class BrokenModelError(Exception):
    """The folder holds no model that can be served; one line says why."""


def _spec(node: ort.NodeArg) -> TensorSpec | None:
    if node.type not in DATATYPES:
        return None
    datatype, dtype = DATATYPES[node.type]
    shape = tuple(size if isinstance(size, int) and size >= 0 else -1 for size in node.shape)
    return TensorSpec(node.name, datatype, dtype, shape)


class Model:
    """A session with its inputs and outputs by name."""

    def __init__(self, session: ort.InferenceSession) -> None:
        """Take a session; outputs that are no tensors (an ONNX map or sequence) are not offered."""
        self._session = session
        found = [(node, _spec(node)) for node in session.get_inputs()]
        odd = [f"{node.name} ({node.type})" for node, spec in found if spec is None]
        if odd:
            raise BrokenModelError(f"inputs that the protocol cannot carry: {', '.join(odd)}")
        self.inputs = {spec.name: spec for _, spec in found if spec is not None}
        specs = [_spec(node) for node in session.get_outputs()]
        self.outputs = {spec.name: spec for spec in specs if spec is not None}
        if not self.outputs:
            raise BrokenModelError("none of its outputs is a tensor")
        self.quick = self._probe() <= INLINE_SECONDS

    def run(self, outputs: Sequence[str], inputs: Mapping[str, Array]) -> list[Array]:
        """Infer. ValueError, with the runtime's reason, for inputs that the graph itself refuses."""
        try:
            answers: list[Array] = self._session.run(outputs, inputs)
        except RUNTIME_ERRORS as error:
            raise ValueError(str(error).splitlines()[0]) from error
        return answers

    def inline(self, body_bytes: int) -> bool:
        """Whether a request runs on the event loop itself.

        The rule: one row of zeros took at most 1 ms (median of five, at load) and the request is at most 64 KiB.
        A hop to a thread costs about 0.1 ms, more than such an inference; a longer one would hold all others up.
        """
        return self.quick and body_bytes <= INLINE_BYTES

    def _probe(self) -> float:
        zeros = {
            spec.name: np.full([max(size, 1) for size in spec.shape], "" if spec.datatype == "BYTES" else 0, spec.dtype)
            for spec in self.inputs.values()
        }
        spans: list[float] = []
        for _ in range(_PROBES):
            begun = time.perf_counter()
            try:
                self.run(list(self.outputs), zeros)
            except ValueError:
                return float("inf")  # a graph that refuses zeros is not measured, hence never run inline
            spans.append(time.perf_counter() - begun)
        return statistics.median(spans)


def _model_file(folder: Path) -> Path:
    files = sorted(folder.rglob("*.onnx"))
    named = [path for path in files if path.name == "model.onnx"]
    chosen = named if len(named) == 1 else files
    if len(chosen) != 1:
        found = ", ".join(str(path.relative_to(folder)) for path in files) or "none"
        raise BrokenModelError(f"{folder}: exactly one .onnx file is needed, found: {found}")
    return chosen[0]


def load(folder: Path, threads: int) -> Model:
    """The folder's only `.onnx` file, or its only `model.onnx`. BrokenModelError says in one line what is wrong."""
    path = _model_file(folder)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _SILENT
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    ort.set_default_logger_severity(_SILENT)
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except RUNTIME_ERRORS as error:
        reason = str(error).strip().splitlines()[0]
        raise BrokenModelError(f"{path.name}: not an ONNX model that can be loaded: {reason}") from error
    return Model(session)

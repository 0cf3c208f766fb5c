"""`python -m`: serves digits as the built-in server does, but in batches of a fixed size; for `runtime: command`.

The chapter about cost events serves it with the batch size of a nightly job. Each call fills one row of such a batch,
and the rest is work for nothing: its answers are right, and dear.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import uvicorn

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # official builds send usage to their maker

import onnxruntime as ort

from fairlead.serve.oip.app import build_app
from fairlead.serve.oip.model import Model

if TYPE_CHECKING:
    from fairlead.serve.oip.tensors import Array

__all__ = ["BatchedModel"]


class BatchedModel(Model):
    """A model of one input whose every inference is of `batch` rows, as of one that was compiled for them."""

    def __init__(self, weights: Path, batch: int) -> None:
        """Load an ONNX file."""
        self._batch = batch
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        super().__init__(ort.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"]))

    def run(self, outputs: Sequence[str], inputs: Mapping[str, Array]) -> list[Array]:
        """Infer, with rows of zeros up to the batch's size; answers have as many rows as were asked."""
        ((name, asked),) = inputs.items()
        rows = np.zeros((max(self._batch, len(asked)), *asked.shape[1:]), asked.dtype)
        rows[: len(asked)] = asked
        return [answer[: len(asked)] for answer in super().run(outputs, {name: rows})]


def main() -> None:
    """Load the weights, then serve them until SIGTERM."""
    parser = argparse.ArgumentParser(description="Serve the demo's digits in batches.")
    parser.add_argument("--model-dir", type=Path, required=True, help="folder with `model.onnx`")
    parser.add_argument("--name", required=True, help="the model's name in requests")
    parser.add_argument("--port", type=int, required=True, help="port on loopback")
    parser.add_argument("--batch-size", type=int, required=True, help="rows of each inference")
    given = parser.parse_args()
    app = build_app(given.name, BatchedModel(given.model_dir / "model.onnx", given.batch_size))
    uvicorn.run(
        app, host="127.0.0.1", port=given.port, loop="uvloop", http="httptools", log_level="warning",
        access_log=False, lifespan="off", timeout_keep_alive=75,
    )  # fmt: skip


if __name__ == "__main__":
    main()
